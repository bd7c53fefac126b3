import Kernels

/// One projection: where its matrix and bias stand and how the matrix is stored.
struct Projection: Sendable {
  let weightOffset: Int
  let biasOffset: Int?
  let inputWidth: Int
  let outputWidth: Int
  /// True for `[out, in]` (`Linear`), false for `[in, out]` (`Conv1D`).
  let isOutputMajor: Bool

  /// W as a factor of `x W`. Shape: `[in, out]`.
  private func weight(_ parameters: ParameterBuffer) -> WeightMatrix {
    isOutputMajor
      ? parameters.matrix(at: weightOffset, rows: outputWidth, columns: inputWidth).transposed
      : parameters.matrix(at: weightOffset, rows: inputWidth, columns: outputWidth)
  }

  private func bias(_ parameters: ParameterBuffer) -> FloatView? {
    biasOffset.map { parameters.view.window($0, outputWidth) }
  }

  /// `y = x W + b`, or `y += x W + b`. Shapes: x `[N, in]`, y `[N, out]`.
  ///
  /// - Parameter rowGroups: Ranges of the N rows that are computed apart: no row's result depends on another group.
  func apply(
    _ x: ProductRows, _ parameters: ParameterBuffer, into y: FloatView, rowGroups: [Range<Int>], adding: Bool = false
  ) {
    if let packed = parameters.packed?[weightOffset], case .float32(let rows) = x {
      return packed.multiply(
        rows, rows: rows.count / inputWidth, into: y, bias: bias(parameters), adding: adding)
    }
    x.multiply(weight(parameters), into: y, rowGroups: rowGroups, keep: adding ? 1 : 0)
    if let bias = bias(parameters) { Elementwise.addBias(bias, to: y) }
  }

  /// Differentiates ``apply(_:_:into:rowGroups:adding:)``: overwrites `dx`, adds to the gradients of W and b, group after group,
  /// where these are kept.
  func backward(
    _ dy: ProductRows, x: ProductRows, _ parameters: ParameterBuffer, _ gradients: ParameterBuffer,
    into dx: FloatView, rowGroups: [Range<Int>]
  ) {
    let toInput = dy.product(weight(parameters).transposed, into: dx, rowGroups: rowGroups)
    guard !gradients.isFrozen else { return ParallelProduct.run([toInput]) }
    let (left, right) = isOutputMajor ? (dy, x) : (x, dy)
    let (rows, columns) = isOutputMajor ? (outputWidth, inputWidth) : (inputWidth, outputWidth)
    let toWeight = left.transposedProduct(
      right, to: Matrix(gradients.view.window(weightOffset, rows * columns), rows: rows, columns: columns),
      rowGroups: rowGroups)
    ParallelProduct.run([toInput, toWeight])
  }

  /// Adds the column sums of `dy` to the bias's gradient, where there is a bias.
  func backwardBias(_ dy: FloatView, _ gradients: ParameterBuffer, rowGroups: [Range<Int>]) {
    guard !gradients.isFrozen, let bias = bias(gradients) else { return }
    Elementwise.addColumnSums(of: dy, to: bias, rowGroups: rowGroups)
  }
}
