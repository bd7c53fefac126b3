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
}

/// Nonlinearities of the feed-forward part.
public enum Activations {
  /// `y[n, d] = silu(gate) · up`, where a row of `x[n, 2d]` is gate, then up.
  public static func siluProduct(_ x: FloatView, width d: Int, into y: FloatView) {
    precondition(x.count == 2 * y.count && y.count % d == 0, "silu product of \(x.count) into \(y.count)")
    unsafe retort_silu_product(x.pointer, Int64(y.count / d), Int64(d), y.pointer)
  }

  /// Differentiates ``siluProduct(_:width:into:)``: overwrites `dx`.
  public static func siluProductBackward(_ dy: FloatView, x: FloatView, width d: Int, into dx: FloatView) {
    precondition(
      x.count == 2 * dy.count && dx.count == x.count && dy.count % d == 0,
      "silu product backward of \(dy.count), \(x.count) into \(dx.count)")
    unsafe retort_silu_product_backward(dy.pointer, x.pointer, Int64(dy.count / d), Int64(d), dx.pointer)
  }

  /// `y = x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`, GPT-2's GELU.
  public static func gelu(_ x: FloatView, into y: FloatView) {
    precondition(x.count == y.count, "gelu of \(x.count) into \(y.count)")
    unsafe retort_gelu(x.pointer, Int64(x.count), y.pointer)
  }

  /// Differentiates ``gelu(_:into:)``: overwrites `dx`.
  public static func geluBackward(_ dy: FloatView, x: FloatView, into dx: FloatView) {
    precondition(x.count == dy.count && dx.count == x.count, "gelu backward of \(dy.count), \(x.count)")
    unsafe retort_gelu_backward(dy.pointer, x.pointer, Int64(x.count), dx.pointer)
  }
}
