public import Kernels
public import Sequences

extension Transformer {
  /// Adds the gradients of all parameters but the head's, from the tape's hidden-state gradient; of adapted parameters, those of
  /// the adapters alone.
  ///
  /// `batch`, `parameters` and `tape` are those of the forward pass before it. Gradients are added row group after row group of
  /// that pass, and do not depend on which groups are in one pass.
  ///
  /// - Parameters:
  ///   - addsEmbeddings: False leaves the gradients of tokens' embeddings in ``Tape/embeddedGradient``, for
  ///     ``addEmbeddingGradients(of:_:gradients:)`` later: a head tied to the embedding then has all its own gradients first,
  ///     whatever the passes.
  ///   - finished: Called with the number of each block, from the last to the first, when its gradients are there.
  public func backward(
    _ batch: SequenceBatch, tape: Tape, parameters: ParameterBuffer, gradients: ParameterBuffer,
    addsEmbeddings: Bool = true, finished: ((_ layer: Int) -> Void)? = nil
  ) {
    precondition(tape.keepsActivations, "backward on a tape that keeps no activations")
    precondition(gradients.count == layout.count, "\(gradients.count) gradients of \(layout.count)")
    precondition(tape.tokenIDs == batch.tokenIDs, "backward of a batch that the tape has not read")
    tape.backwardScratch.resize(rows: tape.rowCount, configuration)
    let pass = BackwardPass(transformer: self, parameters: parameters, gradients: gradients, tape: tape)
    pass.run(finished)
    if addsEmbeddings { addEmbeddingGradients(of: batch, tape.embeddedGradient, gradients: gradients) }
  }

  /// Adds the gradients of tokens' embeddings, row after row.
  ///
  /// `embedded` are gradients of the embedded rows of `batch`. Shape: `[N, E]`.
  public func addEmbeddingGradients(of batch: SequenceBatch, _ embedded: FloatView, gradients: ParameterBuffer) {
    guard !gradients.isFrozen else { return }
    let (width, model) = (configuration.embeddingWidth, configuration)
    // x = E[token] · scale
    Elementwise.addRows(
      embedded, at: batch.tokenIDs.map { Int($0) },
      to: gradients.view.window(plan.embedding, model.vocabSize * width), width: width,
      factor: model.block.embeddingScale)
  }
}

/// One backward pass, from the last block to the embedding. `stream` is the residual stream's gradient, `[N, D]`.
private struct BackwardPass {
  let transformer: Transformer
  let parameters: ParameterBuffer
  let gradients: ParameterBuffer
  let tape: Tape

  private var model: ModelConfiguration { transformer.configuration }
  private var scratch: BackwardScratch { tape.backwardScratch }
  private var stream: FloatView { tape.backwardScratch.stream.view }
  private var rows: Int { tape.rowCount }

  func run(_ finished: ((_ layer: Int) -> Void)?) {
    leaveLastBlock()
    for layer in (0..<model.layerCount).reversed() {
      if tape.memory == .blockInputs, layer < model.layerCount - 1 { computeAgain(layer) }
      backward(layer)
      finished?(layer)
    }
    embeddings()
  }

  /// From the gradient of hidden states to that of what the last block left.
  private func leaveLastBlock() {
    var gradient = tape.hiddenGradient
    if let projection = transformer.plan.outputProjection {
      backward(projection, gradient, x: tape.unprojected, into: scratch.normed.view)
      gradient = scratch.normed.view
    }
    guard let norm = transformer.plan.finalNorm else { return stream.copyInParallel(from: gradient) }
    stream.fill(0)
    normalize(
      gradient, x: tape.stream(model.layerCount), norm, NormTape(mean: tape.finalMean, scale: tape.finalScale),
      addingTo: stream)
  }

  /// Of `x = E[token] · scale (Wᵢ) (+ P[position])`, all but E.
  private func embeddings() {
    if let table = transformer.plan.positionEmbedding, !gradients.isFrozen {
      Elementwise.addRows(
        stream, at: tape.positions.map { Int($0) },
        to: gradients.view.window(table, model.contextLength * model.width), width: model.width)
    }
    guard let projection = transformer.plan.inputProjection else { return }
    backward(projection, stream, x: tape.embedded, into: scratch.embedded.view)
  }

  /// Leaves what the forward pass left of a block, from what the block found.
  private func computeAgain(_ layer: Int) {
    BlockPass(transformer: transformer, layer: layer, parameters: parameters, tape: tape).forward {
      layer, projected, attended in
      transformer.attention(ofLayer: layer).forward(projected, into: attended, sequences: tape.sequences)
    }
  }

  /// Of `y = x + A(x)`, `x' = y + F(y)`; in parallel of `x' = x + A(x) + F(x)`, where A reads the stream's gradient before
  /// F adds its part to it.
  private func backward(_ layer: Int) {
    let isParallel = model.block.residual == .parallel
    if isParallel { attentionOutput(layer) }
    feedForward(layer)
    if !isParallel { attentionOutput(layer) }
    attention(layer)
  }

  /// Of `p₂(activation(n₂(y) Wᵢ) W_d)`.
  private func feedForward(_ layer: Int) {
    let (block, kept, feedForward) = (transformer.plan.blocks[layer], tape.block(layer), model.block.feedForward)
    let (dActivated, dInner, dNormed) = (scratch.activated.view, scratch.inner.view, scratch.normed.view)
    beforeSumNorm(block.feedForwardNorm, x: kept.feedForwardOutput, kept.feedForwardNorm)
    let dOutput = beforeNorm(block.feedForwardPostNorm, x: kept.feedForwardOutput, kept.feedForwardPostNorm)
    backward(block.feedForwardOutput, dOutput, x: kept.activated, into: dActivated)
    if feedForward.isGated {
      feedForward.activation.backwardGated(dActivated, x: kept.inner.view, width: feedForward.width, into: dInner)
    } else {
      feedForward.activation.backward(dActivated, x: kept.inner.view, width: feedForward.width, into: dInner)
    }
    backward(block.feedForwardInput, dInner, x: kept.feedForwardNormed, into: dNormed)
    let input = model.block.residual == .parallel ? tape.stream(layer) : kept.middle.view
    addInput(dNormed, x: input, block.feedForwardNorm, kept.feedForwardNorm)
  }

  /// Of `p₁(attended Wₒ)`.
  private func attentionOutput(_ layer: Int) {
    let (block, kept) = (transformer.plan.blocks[layer], tape.block(layer))
    beforeSumNorm(block.attentionNorm, x: kept.attentionOutput, kept.attentionNorm)
    let dOutput = beforeNorm(block.attentionPostNorm, x: kept.attentionOutput, kept.attentionPostNorm)
    backward(block.attentionOutput, dOutput, x: kept.attended, into: scratch.attended.view)
  }

  /// Of `attended = attention(n₁(x) W)`.
  private func attention(_ layer: Int) {
    let (block, kept, dNormed) = (transformer.plan.blocks[layer], tape.block(layer), scratch.normed.view)
    let projected = Matrix(kept.projected.view, rows: rows, columns: model.attentionInputWidth)
    let dProjected = Matrix(scratch.projected.view, rows: rows, columns: model.attentionInputWidth)
    transformer.attention(ofLayer: layer).backward(
      Matrix(scratch.attended.view, rows: rows, columns: model.queryWidth), projected: projected, into: dProjected,
      sequences: tape.sequences)
    tape.turn(dProjected, columns: transformer.headColumns, backwards: true)
    normalizeHeads(layer, dProjected)
    backward(block.attentionInput, scratch.projected.view, x: kept.attentionNormed, into: dNormed)
    addInput(dNormed, x: tape.stream(layer), block.attentionNorm, kept.attentionNorm)
  }

  /// Of `y = x W + b`: overwrites `dx`, adds to the gradients of W and b.
  private func backward(_ projection: Projection, _ dy: FloatView, x: InputRows, into dx: FloatView) {
    let dyRows = tape.backwardScratch.rounded.take(dy, tape.precision)
    projection.backward(dyRows, x: x.rows, parameters, gradients, into: dx, rowGroups: tape.rowGroups)
    projection.backwardBias(dy, gradients, rowGroups: tape.rowGroups)
    if let adapters = parameters.adapters, let adapterGradients = gradients.adapters {
      AdapterPass(adapters: adapters, projection: projection, tape: tape)
        .backward(dyRows, x: x.rows, into: dx, gradients: adapterGradients)
    }
  }

  /// Makes the stream's gradient that of a sum, from that of the normalised sum, where sums are normalised.
  private func beforeSumNorm(_ norm: NormPlan, x: GrowingFloats, _ statistics: NormTape) {
    guard model.block.normalizesSums else { return }
    stream.copyInParallel(from: beforeNorm(norm, x: x, statistics))
  }

  /// Adds to the stream's gradient what a part says about what it read.
  private func addInput(_ dRead: FloatView, x: FloatView, _ norm: NormPlan, _ statistics: NormTape) {
    guard !model.block.normalizesSums else { return Elementwise.add(dRead, to: stream) }
    normalize(dRead, x: x, norm, statistics, addingTo: stream)
  }

  /// The gradient of what a part gives: the stream's, or, where a norm follows, that of the norm's input.
  private func beforeNorm(_ norm: NormPlan?, x: GrowingFloats, _ statistics: NormTape) -> FloatView {
    guard let norm else { return stream }
    let gradient = scratch.output.view
    gradient.fill(0)
    normalize(stream, x: x.view, norm, statistics, addingTo: gradient)
    return gradient
  }

  /// Adds a norm's part to the gradient of its input and to its parameters' gradients.
  private func normalize(
    _ dy: FloatView, x: FloatView, _ norm: NormPlan, _ statistics: NormTape, addingTo dx: FloatView
  ) {
    let weight = parameters.view.window(norm.weightOffset, model.width)
    let dWeight = gradients.room(norm.weightOffset, model.width)
    switch model.block.norm {
    case .layer:
      let dBias = gradients.room(norm.biasOffset ?? -1, model.width)
      Norms.layerBackward(
        dy, x: x, weight: weight, mean: statistics.mean.view, rstd: statistics.scale.view, addingTo: dx,
        dWeight: dWeight, dBias: dBias, segments: tape.rowGroups)
    case .rms(let shift):
      Norms.rmsBackward(
        dy, x: x, weight: weight, shift: shift, rstd: statistics.scale.view, addingTo: dx, dWeight: dWeight,
        segments: tape.rowGroups)
    }
  }

  /// Of the norms of query and key heads.
  private func normalizeHeads(_ layer: Int, _ dProjected: Matrix) {
    guard let norms = transformer.plan.blocks[layer].headNorms else { return }
    let (kept, columns, width) = (tape.block(layer), transformer.headColumns, model.headWidth)
    Norms.headsBackward(
      dProjected.from(columns.queries), heads: model.headCount, headStride: columns.stride,
      weight: parameters.view.window(norms.query, width), kept: kept.queries.view, rstd: kept.queryScale.view,
      dWeight: gradients.room(norms.query, width), segments: tape.rowGroups)
    Norms.headsBackward(
      dProjected.from(columns.keys), heads: model.keyValueHeadCount, headStride: columns.stride,
      weight: parameters.view.window(norms.key, width), kept: kept.keys.view, rstd: kept.keyScale.view,
      dWeight: gradients.room(norms.key, width), segments: tape.rowGroups)
  }
}
