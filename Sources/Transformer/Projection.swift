import Kernels

/// One projection: where its matrix and bias stand and how the matrix is stored.
struct Projection: Sendable {
  let weightOffset: Int
  let biasOffset: Int?
  let inputWidth: Int
  let outputWidth: Int
  /// True for `[out, in]` (`Linear`), false for `[in, out]` (`Conv1D`).
  let isOutputMajor: Bool

  func weight(_ parameters: ParameterBuffer) -> Matrix {
    Matrix(
      parameters.view.window(weightOffset, inputWidth * outputWidth),
      rows: isOutputMajor ? outputWidth : inputWidth, columns: isOutputMajor ? inputWidth : outputWidth)
  }

  func bias(_ parameters: ParameterBuffer) -> FloatView? {
    biasOffset.map { parameters.view.window($0, outputWidth) }
  }
}

extension Projection {
  /// `y = x W + b`, or `y += x W + b`. Shapes: x `[N, in]`, y `[N, out]`.
  func apply(_ x: FloatView, _ parameters: ParameterBuffer, into y: FloatView, rows: Int, adding: Bool = false) {
    let weight = weight(parameters)
    Matrix.multiply(
      Matrix(x, rows: rows, columns: inputWidth), isOutputMajor ? weight.transposed : weight,
      into: Matrix(y, rows: rows, columns: outputWidth), keep: adding ? 1 : 0)
    if let bias = bias(parameters) { Elementwise.addBias(bias, to: y) }
  }

  /// Differentiates ``apply``: overwrites `dx`, adds to the gradients of W and b.
  func backward(
    _ dy: FloatView, x: FloatView, _ parameters: ParameterBuffer, _ gradients: ParameterBuffer, into dx: FloatView,
    rows: Int
  ) {
    let dy2 = Matrix(dy, rows: rows, columns: outputWidth)
    let x2 = Matrix(x, rows: rows, columns: inputWidth)
    let weight = weight(parameters)
    Matrix.multiply(
      dy2, isOutputMajor ? weight : weight.transposed, into: Matrix(dx, rows: rows, columns: inputWidth))
    let (left, right) = isOutputMajor ? (dy2, x2) : (x2, dy2)
    Matrix.multiply(left.transposed, right, into: self.weight(gradients), keep: 1)
    if let bias = bias(gradients) { Elementwise.addColumnSums(of: dy, to: bias) }
  }
}
