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

  /// Query rows whose probabilities are held at once: what lies right of a block's diagonal is not computed.
  private static let blockRows = 128

  /// Floats of scratch that T positions need.
  public func scratchCount(_ length: Int) -> Int { 2 * min(length, Attention.blockRows) * length }

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
      "attention [\(projected.rows), \(projected.columns)] into [\(output.rows), \(output.columns)], \(scratch.count) scratch"
    )
  }

  /// The query rows of each block, from the first.
  private func blocks(_ length: Int) -> [Range<Int>] {
    stride(from: 0, to: length, by: Attention.blockRows).map { $0..<min($0 + Attention.blockRows, length) }
  }

  /// `probabilities = softmax(q kᵀ / √headWidth)` of one block of n queries against the t keys up to its end. Shape: `[n, t]`.
  private func weigh(_ index: Int, _ block: Range<Int>, _ projected: Matrix, into probabilities: Matrix) {
    let q = head(.query, index, of: projected).rows(block.lowerBound, block.count)
    let k = head(.key, index, of: projected).rows(0, block.upperBound)
    Matrix.multiply(q, k.transposed, into: probabilities)
    unsafe retort_causal_softmax(
      probabilities.view.pointer, Int64(block.count), Int64(block.upperBound), Int64(block.lowerBound), scale)
  }

  /// `output = softmax(q kᵀ / √headWidth) v`. Shapes: projected `[T, projectedWidth]`, output `[T, outputWidth]`.
  public func forward(_ projected: Matrix, into output: Matrix, scratch: FloatView) {
    check(projected, output, scratch)
    for block in blocks(projected.rows) {
      let p = Matrix(scratch, rows: block.count, columns: block.upperBound)  // [n, t]
      for index in 0..<headCount {
        weigh(index, block, projected, into: p)
        Matrix.multiply(
          p, head(.value, index, of: projected).rows(0, block.upperBound),
          into: output.columns(index * headWidth, headWidth).rows(block.lowerBound, block.count))
      }
    }
  }

  /// Differentiates ``forward(_:into:scratch:)``: overwrites `dProjected`. The probabilities are computed again.
  ///
  /// The last block reaches all keys and comes first, so that it writes what the others add to.
  public func backward(_ dOutput: Matrix, projected: Matrix, into dProjected: Matrix, scratch: FloatView) {
    check(projected, dOutput, scratch)
    for block in blocks(projected.rows).reversed() {
      for index in 0..<headCount { backward(index, block, dOutput, projected, dProjected, scratch) }
    }
  }

  private func backward(
    _ index: Int, _ block: Range<Int>, _ dOutput: Matrix, _ projected: Matrix, _ dProjected: Matrix,
    _ scratch: FloatView
  ) {
    let (n, t) = (block.count, block.upperBound)
    let isFirst = t == projected.rows && index % (headCount / keyValueHeadCount) == 0
    let keep: Float = isFirst ? 0 : 1
    let p = Matrix(scratch.window(0, n * t), rows: n, columns: t)  // [n, t]
    let dp = Matrix(scratch.window(n * t, n * t), rows: n, columns: t)  // [n, t]
    let dHead = dOutput.columns(index * headWidth, headWidth).rows(block.lowerBound, n)
    weigh(index, block, projected, into: p)
    // output = p v
    Matrix.multiply(p.transposed, dHead, into: head(.value, index, of: dProjected).rows(0, t), keep: keep)
    Matrix.multiply(dHead, head(.value, index, of: projected).rows(0, t).transposed, into: dp)
    // p = softmax(scale · q kᵀ)
    unsafe retort_causal_softmax_backward(
      p.view.pointer, dp.view.pointer, Int64(n), Int64(t), Int64(block.lowerBound), scale)
    Matrix.multiply(
      dp, head(.key, index, of: projected).rows(0, t),
      into: head(.query, index, of: dProjected).rows(block.lowerBound, n))
    Matrix.multiply(
      dp.transposed, head(.query, index, of: projected).rows(block.lowerBound, n),
      into: head(.key, index, of: dProjected).rows(0, t), keep: keep)
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
