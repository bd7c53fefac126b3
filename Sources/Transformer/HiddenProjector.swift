public import Kernels

/// Linear, GELU, Linear: brings a student's hidden states to those of a teacher.
///
/// Its tensors have the names and shapes of PyTorch's `Sequential(Linear(D_s, D_t), GELU(), Linear(D_t, D_t))`.
public final class HiddenProjector: Sendable {
  /// D_s, the width of the student's hidden states.
  public let inputWidth: Int
  /// D_t, the width of the teacher's.
  public let outputWidth: Int
  /// `0.weight` `[D_t, D_s]`, `0.bias` `[D_t]`, `2.weight` `[D_t, D_t]`, `2.bias` `[D_t]`.
  public let layout: ParameterLayout
  /// The numbers, or their gradients.
  public let values: ParameterBuffer

  /// A projector of zeros.
  public init(from inputWidth: Int, to outputWidth: Int) {
    precondition(inputWidth > 0 && outputWidth > 0, "a projector from \(inputWidth) to \(outputWidth)")
    (self.inputWidth, self.outputWidth) = (inputWidth, outputWidth)
    layout = ParameterLayout([
      ("0.weight", [outputWidth, inputWidth]), ("0.bias", [outputWidth]),
      ("2.weight", [outputWidth, outputWidth]), ("2.bias", [outputWidth]),
    ])
    values = ParameterBuffer(count: layout.count)
  }

  /// Sets fresh parameters as PyTorch's `Linear` does: weights and biases uniform in ±1/√in.
  public func initialize(using generator: inout some RandomNumberGenerator) {
    for (index, entry) in layout.entries.enumerated() {
      let bound = 1 / Double(index < 2 ? inputWidth : outputWidth).squareRoot()
      let view = values.view(entry)
      for place in 0..<view.count { view[place] = Float((Double(generator.next() >> 11) * 0x1p-52 - 1) * bound) }
    }
  }

  func view(_ place: Int) -> FloatView { values.view(layout.entries[place]) }

  /// A layer's matrix, `[D_t, in]`.
  func matrix(_ layer: Int) -> Matrix {
    Matrix(view(2 * layer), rows: outputWidth, columns: layer == 0 ? inputWidth : outputWidth)
  }
}

/// Forward and backward passes of a projector over rows; its room is reused from pass to pass.
///
/// Products keep groups of rows apart and add gradients group after group, as ``ParallelProduct`` does: no bit depends on threads
/// or on other groups.
public final class ProjectorPass {
  private let projector: HiddenProjector
  private var input = GrowingFloats()  // [n, D_s]
  private var inner = GrowingFloats()  // [n, D_t], before GELU
  private var activated = GrowingFloats()  // [n, D_t]
  private var output = GrowingFloats()  // [n, D_t]
  private var innerGradients = GrowingFloats()  // [n, D_t]
  private var inputGradients = GrowingFloats()  // [n, D_s]
  private var groups: [Range<Int>] = []

  /// Makes passes of a projector.
  public init(_ projector: HiddenProjector) { self.projector = projector }

  /// Projects some rows of a tape's hidden states; valid until the next call. Shape: `[rows.count, D_t]`.
  ///
  /// - Parameter groups: Ranges of the places in `rows`, in order.
  public func project(_ rows: ArraySlice<Int>, of tape: Tape, groups: [Range<Int>]) -> FloatView {
    let (width, count) = (projector.inputWidth, rows.count)
    precondition(tape.hidden.count % width == 0, "hidden states \(tape.hidden.count) of width \(width)")
    self.groups = groups
    input.resize(count * width)
    for (place, row) in rows.enumerated() {
      input.view.window(place * width, width).copy(from: tape.hidden.window(row * width, width))
    }
    inner.resize(count * projector.outputWidth)
    activated.resize(count * projector.outputWidth)
    output.resize(count * projector.outputWidth)
    // y = W₂ gelu(W₁ x + b₁) + b₂
    apply(0, input.view, into: inner.view)
    if count > 0 { Activation.gelu.apply(inner.view, width: projector.outputWidth, into: activated.view) }
    apply(1, activated.view, into: output.view)
    return output.view
  }

  private func apply(_ layer: Int, _ rows: FloatView, into result: FloatView) {
    ProductRows.float32(rows).multiply(
      WeightMatrix(projector.matrix(layer).transposed), into: result, rowGroups: groups)
    if rows.count > 0 { Elementwise.addBias(projector.view(2 * layer + 1), to: result) }
  }

  /// Adds what gradients of ``project(_:of:groups:)``'s result say about the parameters to `gradients`, and about the hidden states to the tape.
  ///
  /// - Parameters:
  ///   - rows: As given to it.
  ///   - outputGradients: Shape: `[rows.count, D_t]`.
  public func backward(
    _ rows: ArraySlice<Int>, outputGradients: FloatView, tape: Tape, gradients: HiddenProjector
  ) {
    guard !rows.isEmpty else { return }
    let (width, output) = (projector.inputWidth, ProductRows.float32(outputGradients))
    innerGradients.resize(inner.view.count)
    inputGradients.resize(input.view.count)
    // y = W₂ a + b₂
    output.addTransposedProduct(.float32(activated.view), to: gradients.matrix(1), rowGroups: groups)
    Elementwise.addColumnSums(of: outputGradients, to: gradients.view(3), rowGroups: groups)
    output.multiply(WeightMatrix(projector.matrix(1)), into: innerGradients.view, rowGroups: groups)
    // a = gelu(u)
    Activation.gelu.backward(
      innerGradients.view, x: inner.view, width: projector.outputWidth, into: innerGradients.view)
    // u = W₁ x + b₁
    let inside = ProductRows.float32(innerGradients.view)
    inside.addTransposedProduct(.float32(input.view), to: gradients.matrix(0), rowGroups: groups)
    Elementwise.addColumnSums(of: innerGradients.view, to: gradients.view(1), rowGroups: groups)
    inside.multiply(WeightMatrix(projector.matrix(0)), into: inputGradients.view, rowGroups: groups)
    for (place, row) in rows.enumerated() {
      Elementwise.add(
        inputGradients.view.window(place * width, width), to: tape.hiddenGradient.window(row * width, width))
    }
  }
}
