import CKernels

/// Causal attention of one sequence, head by head.
///
/// A row of `projected` holds H query heads, then the key heads, then as many value heads. Query head h reads key and value
/// head `h / (H / keyValueHeads)`.
public struct Attention: Sendable {
  /// H.
  public let headCount: Int
  /// Key heads, and value heads.
  public let keyValueHeadCount: Int
  /// Width of a head.
  public let headWidth: Int

  /// Describes the heads.
  public init(headCount: Int, keyValueHeadCount: Int, headWidth: Int) {
    precondition(headCount % keyValueHeadCount == 0, "\(headCount) heads on \(keyValueHeadCount)")
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount
    self.headWidth = headWidth
  }

  /// Columns of `projected`.
  public var projectedWidth: Int { (headCount + 2 * keyValueHeadCount) * headWidth }
  /// Columns of the output.
  public var outputWidth: Int { headCount * headWidth }
  private var scale: Float { 1 / Float(headWidth).squareRoot() }

  /// Floats of scratch that T positions need.
  public func scratchCount(_ length: Int) -> Int { 2 * length * length }

  private enum Part { case query, key, value }

  private func head(_ part: Part, _ head: Int, of projected: Matrix) -> Matrix {
    let group = headCount / keyValueHeadCount
    let column =
      switch part {
      case .query: head
      case .key: headCount + head / group
      case .value: headCount + keyValueHeadCount + head / group
      }
    return projected.columns(column * headWidth, headWidth)
  }

  private func check(_ projected: Matrix, _ output: Matrix, _ scratch: FloatView) {
    precondition(
      projected.columns == projectedWidth && output.columns == outputWidth && projected.rows == output.rows
        && scratch.count >= scratchCount(projected.rows),
      "attention [\(projected.rows), \(projected.columns)] into [\(output.rows), \(output.columns)], \(scratch.count) scratch")
  }

  /// `probabilities = softmax(q kᵀ / √headWidth)` below and on the diagonal. Shape: `[T, T]`.
  private func weigh(_ index: Int, _ projected: Matrix, into probabilities: Matrix) {
    let (q, k) = (head(.query, index, of: projected), head(.key, index, of: projected))
    Matrix.multiply(q, k.transposed, into: probabilities)
    unsafe retort_causal_softmax(probabilities.view.pointer, Int64(probabilities.rows), scale)
  }

  /// `output = softmax(q kᵀ / √headWidth) v`. Shapes: projected `[T, projectedWidth]`, output `[T, outputWidth]`.
  public func forward(_ projected: Matrix, into output: Matrix, scratch: FloatView) {
    check(projected, output, scratch)
    let length = projected.rows
    let probabilities = Matrix(scratch, rows: length, columns: length)  // [T, T]
    for index in 0..<headCount {
      weigh(index, projected, into: probabilities)
      Matrix.multiply(probabilities, head(.value, index, of: projected), into: output.columns(index * headWidth, headWidth))
    }
  }

  /// Differentiates ``forward(_:into:scratch:)``: overwrites `dProjected`. The probabilities are computed again.
  public func backward(_ dOutput: Matrix, projected: Matrix, into dProjected: Matrix, scratch: FloatView) {
    check(projected, dOutput, scratch)
    let length = projected.rows
    let p = Matrix(scratch.window(0, length * length), rows: length, columns: length)  // [T, T]
    let dp = Matrix(scratch.window(length * length, length * length), rows: length, columns: length)  // [T, T]
    let group = headCount / keyValueHeadCount
    for index in 0..<headCount {
      let dHead = dOutput.columns(index * headWidth, headWidth)
      let keep: Float = index % group == 0 ? 0 : 1
      weigh(index, projected, into: p)
      // output = p v
      Matrix.multiply(p.transposed, dHead, into: head(.value, index, of: dProjected), keep: keep)
      Matrix.multiply(dHead, head(.value, index, of: projected).transposed, into: dp)
      // p = softmax(scale · q kᵀ)
      unsafe retort_causal_softmax_backward(p.view.pointer, dp.view.pointer, Int64(length), scale)
      Matrix.multiply(dp, head(.key, index, of: projected), into: head(.query, index, of: dProjected))
      Matrix.multiply(
        dp.transposed, head(.query, index, of: projected), into: head(.key, index, of: dProjected), keep: keep)
    }
  }

  /// One new query of one head against T kept positions: `output = softmax(q kᵀ / √headWidth) v`.
  ///
  /// Shapes: query, output `[headWidth]`; keys `[headWidth, capacity]`, transposed; values `[capacity, headWidth]`; scratch `[T]`.
  public func attend(
    query: FloatView, keys: FloatView, values: FloatView, length: Int, into output: FloatView, scratch: FloatView
  ) {
    let capacity = keys.count / headWidth
    precondition(
      query.count == headWidth && output.count == headWidth && keys.count == values.count && length <= capacity
        && length > 0 && scratch.count >= length,
      "attention of \(query.count) over \(length) of \(capacity) positions, \(scratch.count) scratch")
    unsafe retort_attend(
      query.pointer, keys.pointer, values.pointer, Int64(length), Int64(capacity), Int64(headWidth), scale,
      scratch.pointer, output.pointer)
  }
}
