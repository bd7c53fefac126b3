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
    tape.rowGroups = rowGroups ?? batch.sequenceRows
    let longest = batch.sequenceLengths.max() ?? 0
    tape.tokenIDs = batch.tokenIDs
    tape.positions = batch.sequenceLengths.flatMap { 0..<Int32($0) }
    tape.attentionScratch.resize(attention.scratchCount(longest))
    let places = Array(zip(batch.sequenceStarts, batch.sequenceLengths))
    run(parameters: parameters, tape: tape) { _, projected, attended in
      for (start, length) in places {
        attention.forward(
          projected.rows(start, length), into: attended.rows(start, length), scratch: tape.attentionScratch.view)
      }
    }
  }

  /// The attention heads.
  var attention: Attention {
    Attention(
      headCount: configuration.headCount, keyValueHeadCount: configuration.keyValueHeadCount,
      headWidth: configuration.headWidth)
  }

  /// Reads `tape.tokenIDs` at `tape.positions` through all blocks; `attend(layer, projected, attended)` is the attention
  /// over rotated queries, keys and values.
  func run(
    parameters: ParameterBuffer, tape: Tape, attend: (_ layer: Int, _ projected: Matrix, _ attended: Matrix) -> Void
  ) {
    precondition(parameters.count == layout.count, "\(parameters.count) parameters of \(layout.count)")
    tape.resize(rows: tape.tokenIDs.count)
    embed(parameters, tape)
    if configuration.family == .llama { tape.rotary.reserve(Int(tape.positions.max() ?? 0) + 1) }
    for layer in 0..<configuration.layerCount {
      attendBlock(layer, parameters, tape, attend)
      feedForwardBlock(layer, parameters, tape)
    }
    normalize(
      tape.output.view, plan.finalNorm, parameters, into: tape.hiddenStates.view, mean: tape.finalMean.view,
      scale: tape.finalScale.view)
  }

  /// `x = E[token] (+ P[position])`.
  private func embed(_ parameters: ParameterBuffer, _ tape: Tape) {
    let width = configuration.width
    let stream = tape.input(ofBlock: 0)  // [N, D]
    for (row, token) in tape.tokenIDs.enumerated() {
      precondition(token < configuration.vocabSize, "token \(token) of \(configuration.vocabSize)")
      let target = stream.window(row * width, width)
      target.copy(from: parameters.view.window(plan.embedding + Int(token) * width, width))
      if let table = plan.positionEmbedding {
        precondition(tape.positions[row] < configuration.contextLength, "position \(tape.positions[row])")
        Elementwise.add(parameters.view.window(table + Int(tape.positions[row]) * width, width), to: target)
      }
    }
  }

  /// `middle = x + attention(norm(x)) Wₒ`.
  private func attendBlock(
    _ layer: Int, _ parameters: ParameterBuffer, _ tape: Tape, _ attend: (Int, Matrix, Matrix) -> Void
  ) {
    let (block, kept, rows) = (plan.blocks[layer], tape.block(layer), tape.rowCount)
    let input = kept.input.view  // [N, D]
    normalize(
      input, block.attentionNorm, parameters, into: kept.attentionNormed.view, mean: kept.attentionMean.view,
      scale: kept.attentionScale.view)
    block.attentionInput.apply(kept.attentionNormed.view, parameters, into: kept.projected.view, rows: rows)
    let projected = Matrix(kept.projected.view, rows: rows, columns: configuration.attentionInputWidth)
    if configuration.family == .llama {
      let heads = configuration.headCount + configuration.keyValueHeadCount
      tape.rotary.rotate(projected, heads: heads, positions: tape.positions)
    }
    attend(layer, projected, Matrix(kept.attended.view, rows: rows, columns: configuration.queryWidth))
    kept.middle.view.copy(from: input)
    block.attentionOutput.apply(kept.attended.view, parameters, into: kept.middle.view, rows: rows, adding: true)
  }

  /// `x' = middle + activation(norm(middle) Wᵢ) W_d`.
  private func feedForwardBlock(_ layer: Int, _ parameters: ParameterBuffer, _ tape: Tape) {
    let (block, kept, rows) = (plan.blocks[layer], tape.block(layer), tape.rowCount)
    normalize(
      kept.middle.view, block.feedForwardNorm, parameters, into: kept.feedForwardNormed.view,
      mean: kept.feedForwardMean.view, scale: kept.feedForwardScale.view)
    block.feedForwardInput.apply(kept.feedForwardNormed.view, parameters, into: kept.inner.view, rows: rows)
    switch configuration.family {
    case .llama:
      Activations.siluProduct(kept.inner.view, width: configuration.feedForwardWidth, into: kept.activated.view)
    case .gpt2: Activations.gelu(kept.inner.view, into: kept.activated.view)
    }
    let output = tape.input(ofBlock: layer + 1)
    output.copy(from: kept.middle.view)
    block.feedForwardOutput.apply(kept.activated.view, parameters, into: output, rows: rows, adding: true)
  }

  private func normalize(
    _ x: FloatView, _ norm: NormPlan, _ parameters: ParameterBuffer, into y: FloatView, mean: FloatView,
    scale: FloatView
  ) {
    let weight = parameters.view.window(norm.weightOffset, configuration.width)
    let epsilon = Float(configuration.normEpsilon)
    if let bias = norm.biasOffset.map({ parameters.view.window($0, configuration.width) }) {
      Norms.layer(x, weight: weight, bias: bias, epsilon: epsilon, into: y, mean: mean, rstd: scale)
    } else {
      Norms.rms(x, weight: weight, epsilon: epsilon, into: y, rstd: scale)
    }
  }
}
