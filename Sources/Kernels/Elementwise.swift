import CKernels

/// Form of the vector loops on this machine: `avx512`, `avx2` or `generic`. The last bits of results depend on it.
public let kernelForm: String = unsafe String(cString: retort_kernel_form())

/// Loops over elements and rows.
public enum Elementwise {
  /// Elements of a piece of a loop that runs in parallel.
  private static let pieceSize = 1 << 15

  /// `y[n, d] += bias[d]`, in parallel.
  public static func addBias(_ bias: FloatView, to y: FloatView) {
    let d = bias.count
    precondition(d > 0 && y.count % d == 0, "bias of \(d) on \(y.count)")
    ComputePool.forEachPiece(of: y.count / d, size: max(1, pieceSize / d)) { rows in
      let part = y.window(rows.lowerBound * d, rows.count * d)
      unsafe retort_add_bias(part.pointer, bias.pointer, Int64(rows.count), Int64(d))
    }
  }

  /// `sums[d] += Σ_n y[n, d]`, group after group: each group's rows are summed before they are added. Parallel over columns.
  public static func addColumnSums(of y: FloatView, to sums: FloatView, rowGroups: [Range<Int>]) {
    let d = sums.count
    precondition(
      d > 0 && y.count % d == 0 && rowGroups.allSatisfy { $0.lowerBound >= 0 && $0.upperBound * d <= y.count },
      "\(d) column sums of \(y.count)")
    ComputePool.forEachPiece(of: d, size: 256) { columns in
      let partial = FloatStorage(count: columns.count).view
      for rows in rowGroups where !rows.isEmpty {
        partial.fill(0)
        let first = y.window(rows.lowerBound * d + columns.lowerBound, (rows.count - 1) * d + columns.count)
        unsafe retort_add_column_sums(
          first.pointer, Int64(rows.count), Int64(columns.count), Int64(d), partial.pointer)
        add(partial, to: sums.window(columns.lowerBound, columns.count))
      }
    }
  }

  /// `y += x`.
  public static func add(_ x: FloatView, to y: FloatView) {
    precondition(x.count == y.count, "\(x.count) added to \(y.count)")
    unsafe retort_add(y.pointer, x.pointer, Int64(x.count))
  }

  /// `y = exp(scale · (x − shift))`.
  public static func exponential(_ x: FloatView, shift: Float = 0, scale: Float = 1, into y: FloatView) {
    precondition(x.count == y.count, "exp of \(x.count) into \(y.count)")
    unsafe retort_exp(x.pointer, Int64(x.count), shift, scale, y.pointer)
  }

  /// `y = x − shift`, each difference taken in double.
  public static func subtract(_ shift: Double, from x: FloatView, into y: FloatView) {
    precondition(x.count == y.count, "difference of \(x.count) into \(y.count)")
    unsafe retort_subtract(x.pointer, Int64(x.count), shift, y.pointer)
  }

  /// `Σ x`, in double.
  public static func sum(_ x: FloatView) -> Double { unsafe retort_sum(x.pointer, Int64(x.count)) }

  /// `Σ x²`, in double.
  public static func sumOfSquares(_ x: FloatView) -> Double {
    unsafe retort_sum_of_squares(x.pointer, Int64(x.count))
  }

  /// The largest element of a window that is not empty.
  public static func maximum(_ x: FloatView) -> Float {
    precondition(x.count > 0, "maximum of no elements")
    return unsafe retort_maximum(x.pointer, Int64(x.count))
  }

  /// `x = cap · tanh(x / cap)`.
  public static func softCap(_ x: FloatView, cap: Float) {
    RowPieces.forEach(x.count, width: 1) { rows in
      unsafe retort_soft_cap(x.pointer + rows.lowerBound, Int64(rows.count), cap)
    }
  }

  /// Differentiates ``softCap(_:cap:)`` from its result `y`: `dy` becomes the gradient of x.
  public static func softCapBackward(_ dy: FloatView, y: FloatView, cap: Float) {
    precondition(dy.count == y.count, "soft cap backward of \(dy.count), \(y.count)")
    RowPieces.forEach(y.count, width: 1) { rows in
      unsafe retort_soft_cap_backward(
        dy.pointer + rows.lowerBound, y.pointer + rows.lowerBound, Int64(rows.count), cap)
    }
  }

  /// `x *= factor`.
  public static func scale(_ x: FloatView, by factor: Float) {
    unsafe retort_scale(x.pointer, Int64(x.count), factor)
  }

  /// `table[index] += rows[i]` for each row i and its index, row after row. Columns are cut into pieces for the pool.
  ///
  /// Shapes: rows `[indices.count, d]`; table `[any, d]`.
  public static func addRows(_ rows: FloatView, at indices: [Int], to table: FloatView, width d: Int, factor: Float = 1)
  {
    precondition(
      rows.count == indices.count * d && indices.allSatisfy { $0 >= 0 && ($0 + 1) * d <= table.count },
      "\(rows.count) floats in rows of \(d) at \(indices.count) places of \(table.count)")
    let step = max(64, (1 << 15) / max(indices.count, 1))
    ComputePool.forEach((d + step - 1) / step) { piece in
      let (first, count) = (piece * step, min(step, d - piece * step))
      for (row, index) in indices.enumerated() {
        unsafe retort_add_scaled(
          table.pointer + index * d + first, rows.pointer + row * d + first, factor, Int64(count))
      }
    }
  }
}
