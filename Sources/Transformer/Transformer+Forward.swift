import Kernels
public import Sequences

extension Transformer {
  /// Reads all sequences of a batch and leaves ``Tape/hidden``; its gradient starts at zero.
  ///
  /// Ids are below V and sequences within the context: ``check(_:vocabSize:)`` says so beforehand.
  ///
  /// - Parameter rowGroups: Ranges of packed rows, each of whole sequences: no row's result depends on another group. Nil:
  ///   one for each sequence.
  public func forward(
    _ batch: SequenceBatch, parameters: ParameterBuffer, tape: Tape, rowGroups: [Range<Int>]? = nil
  ) {
    tape.tokenIDs = batch.tokenIDs
    tape.positions = batch.sequenceLengths.flatMap { 0..<Int32($0) }
    tape.sequences = batch.sequenceRows
    run(parameters: parameters, tape: tape, rowGroups: rowGroups ?? tape.sequences) { layer, projected, attended in
      attention(ofLayer: layer).forward(projected, into: attended, sequences: tape.sequences)
    }
  }

  /// The attention of a layer: its heads, where they stand in a row of queries, keys and values, the scale and cap of its
  /// scores, its window.
  func attention(ofLayer layer: Int) -> Attention {
    let heads = configuration.block.attention
    return Attention(
      headCount: heads.headCount, keyValueHeadCount: heads.keyValueHeadCount, headWidth: heads.headWidth,
      columns: headColumns, scale: Float(heads.scoreScale / (heads.dividesScoresByLayer ? Double(layer + 1) : 1)),
      softCap: heads.softCap.map { Float($0) }, window: heads.window(ofLayer: layer))
  }

  /// Where heads stand in a row of queries, keys and values.
  var headColumns: HeadColumns {
    let heads = configuration.block.attention
    return heads.isInterleaved
      ? .interleaved(width: heads.headWidth)
      : .sideBySide(headCount: heads.headCount, keyValueHeadCount: heads.keyValueHeadCount, width: heads.headWidth)
  }

  /// Reads `tape.tokenIDs` at `tape.positions` through all blocks; `attend(layer, projected, attended)` is the attention
  /// over rotated queries, keys and values.
  ///
  /// - Parameter rowGroups: As of ``forward(_:parameters:tape:rowGroups:)``. Nil: one.
  func run(
    parameters: ParameterBuffer, tape: Tape, rowGroups: [Range<Int>]? = nil,
    attend: (_ layer: Int, _ projected: Matrix, _ attended: Matrix) -> Void
  ) {
    precondition(parameters.count == layout.count, "\(parameters.count) parameters of \(layout.count)")
    tape.rowGroups = rowGroups ?? [0..<tape.tokenIDs.count]
    tape.resize(rows: tape.tokenIDs.count)
    embed(parameters, tape)
    if configuration.rotary != nil { tape.rotary.reserve(Int(tape.positions.max() ?? 0) + 1) }
    for layer in 0..<configuration.layerCount {
      let block = BlockPass(transformer: self, layer: layer, parameters: parameters, tape: tape)
      block.forward(attend)
      block.leave()
    }
    leaveHidden(parameters, tape)
  }

  /// `x = E[token] · scale`, projected where the widths differ, `(+ P[position])`.
  private func embed(_ parameters: ParameterBuffer, _ tape: Tape) {
    let stream = tape.stream(0)  // [N, D]
    if let projection = plan.inputProjection {
      tape.fill(tape.embedded) { embedTokens(parameters, tape, into: $0) }
      apply(projection, tape.embedded, parameters, tape, into: stream)
    } else {
      embedTokens(parameters, tape, into: stream)
    }
    addPositions(parameters, tape, to: stream)
  }

  /// Shape of `rows`: `[N, E]`.
  private func embedTokens(_ parameters: ParameterBuffer, _ tape: Tape, into rows: FloatView) {
    let width = configuration.embeddingWidth
    for (row, token) in tape.tokenIDs.enumerated() {
      precondition(token < configuration.vocabSize, "token \(token) of \(configuration.vocabSize)")
      let target = rows.window(row * width, width)
      target.copy(from: parameters.view.window(plan.embedding + Int(token) * width, width))
    }
    if configuration.block.embeddingScale != 1 { Elementwise.scale(rows, by: configuration.block.embeddingScale) }
  }

  private func addPositions(_ parameters: ParameterBuffer, _ tape: Tape, to stream: FloatView) {
    guard let table = plan.positionEmbedding else { return }
    let width = configuration.width
    for (row, position) in tape.positions.enumerated() {
      precondition(position < configuration.contextLength, "position \(position)")
      Elementwise.add(
        parameters.view.window(table + Int(position) * width, width), to: stream.window(row * width, width))
    }
  }

  /// What the head reads of what the last block leaves: normalised and projected, where a model does so.
  private func leaveHidden(_ parameters: ParameterBuffer, _ tape: Tape) {
    func normalized(into y: FloatView) {
      let stream = tape.stream(configuration.layerCount)
      guard let norm = plan.finalNorm else { return y.copyInParallel(from: stream) }
      normalize(stream, norm, parameters, into: y, mean: tape.finalMean.view, scale: tape.finalScale.view)
    }
    guard let projection = plan.outputProjection else { return normalized(into: tape.hiddenStates.view) }
    tape.fill(tape.unprojected) { normalized(into: $0) }
    apply(projection, tape.unprojected, parameters, tape, into: tape.hiddenStates.view)
  }

  /// `y = x W + b`, or `y += x W + b`; with what adapters add.
  func apply(
    _ projection: Projection, _ x: InputRows, _ parameters: ParameterBuffer, _ tape: Tape, into y: FloatView,
    adding: Bool = false
  ) {
    projection.apply(x.rows, parameters, into: y, rowGroups: tape.rowGroups, adding: adding)
    if let adapters = parameters.adapters {
      AdapterPass(adapters: adapters, projection: projection, tape: tape).forward(x.rows, into: y)
    }
  }

  /// Normalises the rows of `x`.
  func normalize(
    _ x: FloatView, _ norm: NormPlan, _ parameters: ParameterBuffer, into y: FloatView, mean: FloatView,
    scale: FloatView
  ) {
    let weight = parameters.view.window(norm.weightOffset, configuration.width)
    let epsilon = Float(configuration.normEpsilon)
    switch configuration.block.norm {
    case .layer:
      let bias = parameters.view.window(norm.biasOffset ?? -1, configuration.width)
      Norms.layer(x, weight: weight, bias: bias, epsilon: epsilon, into: y, mean: mean, rstd: scale)
    case .rms(let shift): Norms.rms(x, weight: weight, shift: shift, epsilon: epsilon, into: y, rstd: scale)
    }
  }
}

/// One block read by all rows of a tape. Letters: x what the block finds, A attention, F the feed-forward part, n₁ and n₂
/// the norms before them, p₁ and p₂ those after them, or nothing. Where sums are normalised, A reads x, F reads `middle`, and n₁
/// and n₂ stand after the sums.
struct BlockPass {
  let transformer: Transformer
  let layer: Int
  let parameters: ParameterBuffer
  let tape: Tape

  private var model: ModelConfiguration { transformer.configuration }
  private var plan: BlockPlan { transformer.plan.blocks[layer] }
  private var kept: BlockTape { tape.block(layer) }
  private var rows: Int { tape.rowCount }

  /// All but the last sum: leaves what the backward pass needs, and what ``leave()`` adds.
  func forward(_ attend: (_ layer: Int, _ projected: Matrix, _ attended: Matrix) -> Void) {
    attentionPart(attend)
    feedForwardPart()
  }

  /// `middle = x + p₁(A(n₁(x)))`, or `n₁(x + A(x))`.
  private func attentionPart(_ attend: (Int, Matrix, Matrix) -> Void) {
    let (plan, kept, x) = (plan, kept, tape.stream(layer))
    read(x, plan.attentionNorm, into: kept.attentionNormed, kept.attentionNorm)
    apply(plan.attentionInput, kept.attentionNormed, into: kept.projected.view)
    let projected = Matrix(kept.projected.view, rows: rows, columns: model.attentionInputWidth)
    normalizeHeads(projected)
    tape.turn(projected, columns: transformer.headColumns)
    tape.fill(kept.attended) { attend(layer, projected, Matrix($0, rows: rows, columns: model.queryWidth)) }
    guard !model.block.normalizesSums else {
      sum(x, plan.attentionOutput, of: kept.attended, into: kept.attentionOutput)
      return normalize(kept.attentionOutput.view, plan.attentionNorm, into: kept.middle.view, kept.attentionNorm)
    }
    kept.middle.view.copyInParallel(from: x)
    add(
      plan.attentionOutput, of: kept.attended, plan.attentionPostNorm, kept.attentionOutput, kept.attentionPostNorm,
      to: kept.middle.view)
  }

  /// Leaves what F's second projection reads, from `n₂(middle)`, or from `n₂(x)` where A and F are parallel.
  private func feedForwardPart() {
    let (plan, kept, feedForward) = (plan, kept, model.block.feedForward)
    let input = model.block.residual == .parallel ? tape.stream(layer) : kept.middle.view
    read(input, plan.feedForwardNorm, into: kept.feedForwardNormed, kept.feedForwardNorm)
    apply(plan.feedForwardInput, kept.feedForwardNormed, into: kept.inner.view)
    tape.fill(kept.activated) { activated in
      if feedForward.isGated {
        feedForward.activation.applyGated(kept.inner.view, width: feedForward.width, into: activated)
      } else {
        feedForward.activation.apply(kept.inner.view, width: feedForward.width, into: activated)
      }
    }
    // What p₂ or n₂ reads and its statistics are kept for the backward pass, so they belong to what is computed again.
    guard !model.block.normalizesSums else {
      sum(kept.middle.view, plan.feedForwardOutput, of: kept.activated, into: kept.feedForwardOutput)
      return normalize(
        kept.feedForwardOutput.view, plan.feedForwardNorm, into: tape.normScratch(), kept.feedForwardNorm)
    }
    guard let norm = plan.feedForwardPostNorm else { return }
    apply(plan.feedForwardOutput, kept.activated, into: kept.feedForwardOutput.view)
    _ = normalizeOutput(kept.feedForwardOutput, norm, kept.feedForwardPostNorm)
  }

  /// `x' = middle + p₂(F)`, or `n₂(middle + F)`: what the next block finds.
  func leave() {
    let (plan, kept, output) = (plan, kept, tape.stream(layer + 1))
    guard !model.block.normalizesSums else { return output.copyInParallel(from: tape.normScratch()) }
    output.copyInParallel(from: kept.middle.view)
    if plan.feedForwardPostNorm == nil {
      apply(plan.feedForwardOutput, kept.activated, into: output, adding: true)
    } else {
      Elementwise.add(tape.normScratch(), to: output)
    }
  }

  private func apply(_ projection: Projection, _ x: InputRows, into y: FloatView, adding: Bool = false) {
    transformer.apply(projection, x, parameters, tape, into: y, adding: adding)
  }

  /// `y = x + inner W + b`.
  private func sum(_ x: FloatView, _ projection: Projection, of inner: InputRows, into y: GrowingFloats) {
    y.view.copyInParallel(from: x)
    apply(projection, inner, into: y.view, adding: true)
  }

  private func add(
    _ projection: Projection, of x: InputRows, _ norm: NormPlan?, _ product: GrowingFloats, _ statistics: NormTape,
    to sum: FloatView
  ) {
    guard let norm else { return apply(projection, x, into: sum, adding: true) }
    apply(projection, x, into: product.view)
    Elementwise.add(normalizeOutput(product, norm, statistics), to: sum)
  }

  /// Normalises what a part gives; the result stays in the tape's scratch until the next call.
  private func normalizeOutput(_ x: GrowingFloats, _ norm: NormPlan, _ statistics: NormTape) -> FloatView {
    let normed = tape.normScratch()
    normalize(x.view, norm, into: normed, statistics)
    return normed
  }

  /// What a part reads: the normalised stream, or the stream as it is where sums are normalised.
  private func read(_ x: FloatView, _ norm: NormPlan, into y: InputRows, _ statistics: NormTape) {
    tape.fill(y) {
      if model.block.normalizesSums { $0.copyInParallel(from: x) } else { normalize(x, norm, into: $0, statistics) }
    }
  }

  private func normalize(_ x: FloatView, _ norm: NormPlan, into y: FloatView, _ statistics: NormTape) {
    transformer.normalize(x, norm, parameters, into: y, mean: statistics.mean.view, scale: statistics.scale.view)
  }

  /// Normalises queries and keys, head by head.
  private func normalizeHeads(_ projected: Matrix) {
    guard let norms = plan.headNorms else { return }
    let (columns, width, epsilon) = (transformer.headColumns, model.headWidth, Float(model.normEpsilon))
    Norms.heads(
      projected.from(columns.queries), heads: model.headCount, headStride: columns.stride,
      weight: parameters.view.window(norms.query, width), epsilon: epsilon, kept: kept.queries.view,
      rstd: kept.queryScale.view)
    Norms.heads(
      projected.from(columns.keys), heads: model.keyValueHeadCount, headStride: columns.stride,
      weight: parameters.view.window(norms.key, width), epsilon: epsilon, kept: kept.keys.view,
      rstd: kept.keyScale.view)
  }
}

extension Tape {
  /// Turns queries and keys by their rows' positions, where positions are rotary; `backwards` turns gradients back.
  func turn(_ projected: Matrix, columns: HeadColumns, backwards: Bool = false) {
    guard model.rotary != nil else { return }
    rotary.rotate(
      projected.from(columns.queries), heads: model.headCount, headStride: columns.stride, positions: positions,
      backwards: backwards)
    rotary.rotate(
      projected.from(columns.keys), heads: model.keyValueHeadCount, headStride: columns.stride, positions: positions,
      backwards: backwards)
  }
}

extension Matrix {
  /// The columns from one on.
  func from(_ column: Int) -> Matrix { columns(column, columns - column) }
}
