import Kernels
public import Sequences

extension Transformer {
  /// Adds the gradients of all parameters but the head's, from the tape's hidden-state gradient.
  ///
  /// `batch`, `parameters` and `tape` are those of the forward pass before it.
  public func backward(
    _ batch: SequenceBatch, tape: Tape, parameters: ParameterBuffer, gradients: ParameterBuffer,
    rowGroups: [Range<Int>]? = nil
  ) {
    tape.rowGroups = rowGroups ?? batch.sequenceRows
    precondition(tape.keepsActivations, "backward on a tape that keeps no activations")
    precondition(gradients.count == layout.count, "\(gradients.count) gradients of \(layout.count)")
    precondition(tape.tokenIDs == batch.tokenIDs, "backward of a batch that the tape has not read")
    tape.backwardScratch.resize(rows: tape.rowCount, configuration)
    let places = Array(zip(batch.sequenceStarts, batch.sequenceLengths))
    let pass = BackwardPass(transformer: self, parameters: parameters, gradients: gradients, tape: tape)
    pass.run(places)
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

  func run(_ places: [(Int, Int)]) {
    stream.fill(0)
    normalize(
      tape.hiddenGradient, x: tape.output.view, transformer.plan.finalNorm, mean: tape.finalMean.view,
      scale: tape.finalScale.view)
    for layer in (0..<model.layerCount).reversed() {
      feedForward(layer)
      attend(layer, places)
    }
    embed()
  }

  /// Of `x' = middle + activation(norm(middle) Wᵢ) W_d`.
  private func feedForward(_ layer: Int) {
    let (block, kept, rows) = (transformer.plan.blocks[layer], tape.block(layer), tape.rowCount)
    let (dActivated, dInner, dNormed) = (scratch.activated.view, scratch.inner.view, scratch.normed.view)
    block.feedForwardOutput.backward(
      stream, x: kept.activated.view, parameters, gradients, into: dActivated, rows: rows)
    switch model.family {
    case .llama:
      Activations.siluProductBackward(dActivated, x: kept.inner.view, width: model.feedForwardWidth, into: dInner)
    case .gpt2: Activations.geluBackward(dActivated, x: kept.inner.view, into: dInner)
    }
    block.feedForwardInput.backward(
      dInner, x: kept.feedForwardNormed.view, parameters, gradients, into: dNormed, rows: rows)
    normalize(
      dNormed, x: kept.middle.view, block.feedForwardNorm, mean: kept.feedForwardMean.view,
      scale: kept.feedForwardScale.view)
  }

  /// Of `middle = x + attention(norm(x)) Wₒ`.
  private func attend(_ layer: Int, _ places: [(Int, Int)]) {
    let (block, kept, rows) = (transformer.plan.blocks[layer], tape.block(layer), tape.rowCount)
    let (dAttended, dNormed) = (scratch.attended.view, scratch.normed.view)
    block.attentionOutput.backward(stream, x: kept.attended.view, parameters, gradients, into: dAttended, rows: rows)
    let projected = Matrix(kept.projected.view, rows: rows, columns: model.attentionInputWidth)
    let dProjected = Matrix(scratch.projected.view, rows: rows, columns: model.attentionInputWidth)
    let dAttendedRows = Matrix(dAttended, rows: rows, columns: model.queryWidth)
    for (start, length) in places {
      transformer.attention.backward(
        dAttendedRows.rows(start, length), projected: projected.rows(start, length),
        into: dProjected.rows(start, length), scratch: tape.attentionScratch.view)
    }
    if model.family == .llama {
      let heads = model.headCount + model.keyValueHeadCount
      tape.rotary.rotate(dProjected, heads: heads, positions: tape.positions, backwards: true)
    }
    block.attentionInput.backward(
      scratch.projected.view, x: kept.attentionNormed.view, parameters, gradients, into: dNormed, rows: rows)
    normalize(
      dNormed, x: kept.input.view, block.attentionNorm, mean: kept.attentionMean.view,
      scale: kept.attentionScale.view)
  }

  /// Adds a norm's part to the stream and to its parameters' gradients.
  private func normalize(_ dy: FloatView, x: FloatView, _ norm: NormPlan, mean: FloatView, scale: FloatView) {
    let weight = parameters.view.window(norm.weightOffset, model.width)
    let dWeight = gradients.view.window(norm.weightOffset, model.width)
    if let dBias = norm.biasOffset.map({ gradients.view.window($0, model.width) }) {
      Norms.layerBackward(
        dy, x: x, weight: weight, mean: mean, rstd: scale, addingTo: stream, dWeight: dWeight, dBias: dBias)
    } else {
      Norms.rmsBackward(dy, x: x, weight: weight, rstd: scale, addingTo: stream, dWeight: dWeight)
    }
  }

  /// Of `x = E[token] (+ P[position])`.
  private func embed() {
    let width = model.width
    for (row, token) in tape.tokenIDs.enumerated() {
      let gradient = stream.window(row * width, width)
      Elementwise.add(
        gradient, to: gradients.view.window(transformer.plan.embedding + Int(token) * width, width))
      if let table = transformer.plan.positionEmbedding {
        Elementwise.add(gradient, to: gradients.view.window(table + Int(tape.positions[row]) * width, width))
      }
    }
  }
}
