public import Kernels

extension Transformer {
  /// Computes the logits of some packed rows of the tape's batch. Shape of `logits`: `[rows.count, V]`.
  public func logits(rows: ArraySlice<Int>, tape: Tape, parameters: ParameterBuffer, into logits: FloatView) {
    self.logits(hidden: select(rows, tape).view, parameters: parameters, into: logits)
  }

  /// Computes the logits of hidden states `[n, D]`. Shape of `logits`: `[n, V]`.
  func logits(hidden: FloatView, parameters: ParameterBuffer, into logits: FloatView) {
    let rows = hidden.count / configuration.width
    Matrix.multiply(
      Matrix(hidden, rows: rows, columns: configuration.width), head(parameters).transposed,
      into: Matrix(logits, rows: rows, columns: configuration.vocabSize))
  }

  /// Adds what gradients of logits `[rows.count, V]` say about the head to `gradients`, and about the hidden states to
  /// the tape. `rows` are as given to ``logits(rows:tape:parameters:into:)``; a row may come several times.
  public func backwardLogits(
    rows: ArraySlice<Int>, logitGradients: FloatView, tape: Tape, parameters: ParameterBuffer,
    gradients: ParameterBuffer
  ) {
    precondition(tape.keepsActivations, "backward on a tape that keeps no activations")
    let hidden = select(rows, tape)  // [n, D]
    let dLogits = Matrix(logitGradients, rows: rows.count, columns: configuration.vocabSize)  // [n, V]
    // logits = hidden headᵀ
    Matrix.multiply(dLogits.transposed, hidden, into: head(gradients), keep: 1)
    let width = configuration.width
    tape.selectedGradients.resize(rows.count * width)
    let dHidden = tape.selectedGradients.view
    Matrix.multiply(dLogits, head(parameters), into: Matrix(dHidden, rows: rows.count, columns: width))
    for (index, row) in rows.enumerated() {
      Elementwise.add(dHidden.window(index * width, width), to: tape.hiddenGradient.window(row * width, width))
    }
  }

  /// The head's matrix, `[V, D]`; the embedding's where they are tied.
  private func head(_ buffer: ParameterBuffer) -> Matrix {
    Matrix(
      buffer.view.window(plan.head, configuration.vocabSize * configuration.width), rows: configuration.vocabSize,
      columns: configuration.width)
  }

  /// The rows of the head for the first `vocabSize` ids. Shape: `[vocabSize, D]`.
  public func outputHead(_ parameters: ParameterBuffer, vocabSize: Int) -> FloatView {
    parameters.view.window(plan.head, vocabSize * configuration.width)
  }

  private func select(_ rows: ArraySlice<Int>, _ tape: Tape) -> Matrix {
    let width = configuration.width
    tape.selectedHidden.resize(rows.count * width)
    let selected = tape.selectedHidden.view
    for (index, row) in rows.enumerated() {
      selected.window(index * width, width).copy(from: tape.hidden.window(row * width, width))
    }
    return Matrix(selected, rows: rows.count, columns: width)
  }
}
