public import Kernels

extension Transformer {
  /// Computes the logits of some packed rows of the tape's batch, in the tape's precision. Shape of `logits`: `[rows.count, V]`.
  ///
  /// - Parameter groups: Ranges of the places in `rows`, in order: no row's logits depend on another group. Nil: one group.
  public func logits(
    rows: ArraySlice<Int>, groups: [Range<Int>]? = nil, tape: Tape, parameters: ParameterBuffer, into logits: FloatView
  ) {
    self.logits(
      hidden: select(rows, tape), groups: groups ?? [0..<rows.count], parameters: parameters, into: logits)
  }

  /// Computes the logits of hidden states `[n, E]`. Shape of `logits`: `[n, V]`.
  func logits(hidden: ProductRows, groups: [Range<Int>], parameters: ParameterBuffer, into logits: FloatView) {
    if let packed = parameters.packed?[plan.head], case .float32(let rows) = hidden {
      packed.multiply(rows, rows: rows.count / configuration.embeddingWidth, into: logits)
    } else {
      hidden.multiply(head(parameters).transposed, into: logits, rowGroups: groups)
    }
    if let cap = configuration.block.logitSoftCap { Elementwise.softCap(logits, cap: cap) }
  }

  /// Makes gradients of capped logits those of the product with the head, which ``backwardLogits(rows:groups:logitGradients:tape:parameters:gradients:)``
  /// takes; does nothing where a model caps no logits. `logits` are as ``logits(rows:groups:tape:parameters:into:)`` left them.
  public func uncap(_ gradients: FloatView, logits: FloatView) {
    if let cap = configuration.block.logitSoftCap { Elementwise.softCapBackward(gradients, y: logits, cap: cap) }
  }

  /// Adds what gradients of logits `[rows.count, V]` say about the head to `gradients`, group after group, and about the
  /// hidden states to the tape. `rows` and `groups` are as given to ``logits(rows:groups:tape:parameters:into:)``; a row
  /// may come several times.
  public func backwardLogits(
    rows: ArraySlice<Int>, groups: [Range<Int>]? = nil, logitGradients: ProductRows, tape: Tape,
    parameters: ParameterBuffer, gradients: ParameterBuffer
  ) {
    precondition(tape.keepsActivations, "backward on a tape that keeps no activations")
    let (width, groups) = (configuration.embeddingWidth, groups ?? [0..<rows.count])
    tape.selectedGradients.resize(rows.count * width)
    let dHidden = tape.selectedGradients.view
    // logits = hidden headᵀ
    var products = [logitGradients.product(head(parameters), into: dHidden, rowGroups: groups)]
    if !gradients.isFrozen {
      products.append(
        logitGradients.transposedProduct(select(rows, tape), to: head(gradients).values, rowGroups: groups))
    }
    ParallelProduct.run(products)
    for (index, row) in rows.enumerated() {
      Elementwise.add(dHidden.window(index * width, width), to: tape.hiddenGradient.window(row * width, width))
    }
  }

  /// The head's matrix, `[V, E]`; the embedding's where they are tied.
  private func head(_ buffer: ParameterBuffer) -> WeightMatrix {
    buffer.matrix(at: plan.head, rows: configuration.vocabSize, columns: configuration.embeddingWidth)
  }

  /// The rows of the head for the first `vocabSize` ids. Shape: `[vocabSize, E]`.
  public func outputHead(_ parameters: ParameterBuffer, vocabSize: Int) -> FloatView {
    parameters.view.window(plan.head, vocabSize * configuration.embeddingWidth)
  }

  /// Hidden states of some rows, side by side, in the tape's precision.
  private func select(_ rows: ArraySlice<Int>, _ tape: Tape) -> ProductRows {
    let width = configuration.embeddingWidth
    tape.selectedHidden.resize(rows.count * width)
    let selected = tape.selectedHidden.view
    for (index, row) in rows.enumerated() {
      selected.window(index * width, width).copy(from: tape.hidden.window(row * width, width))
    }
    return tape.selectedRows.take(selected, tape.precision)
  }
}
