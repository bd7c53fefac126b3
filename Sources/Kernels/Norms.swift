import CKernels

/// Normalisation of rows, with the derivatives. Letters: n rows of d columns.
///
/// Rows are cut into pieces for the ``ComputePool``. Gradients of weights and biases are summed piece after piece; a piece
/// never leaves its segment, a range of rows: the sums are the same whatever segments are worked on together. Without
/// segments all rows are one.
public enum Norms {
  /// `y = x · rstd · (weight + shift)`, `rstd = 1 / √(mean(x²) + ε)`. Shapes: x, y `[n, d]`; weight `[d]`; rstd `[n]`.
  public static func rms(
    _ x: FloatView, weight: FloatView, shift: Float = 0, epsilon: Float, into y: FloatView, rstd: FloatView
  ) {
    let (n, d) = (rstd.count, weight.count)
    precondition(x.count == n * d && y.count == n * d, "rms norm of \(x.count) into \(y.count), [\(n), \(d)]")
    RowPieces.forEach(n, width: d) { rows in
      unsafe retort_rms_norm(
        x.pointer + rows.lowerBound * d, weight.pointer, shift, epsilon, Int64(rows.count), Int64(d),
        y.pointer + rows.lowerBound * d, rstd.pointer + rows.lowerBound)
    }
  }

  /// Differentiates ``rms(_:weight:shift:epsilon:into:rstd:)``: adds to `dx` and `dWeight`.
  public static func rmsBackward(
    _ dy: FloatView, x: FloatView, weight: FloatView, shift: Float = 0, rstd: FloatView, addingTo dx: FloatView,
    dWeight: FloatView, segments: [Range<Int>] = []
  ) {
    let (n, d) = (rstd.count, weight.count)
    precondition(
      dy.count == n * d && x.count == n * d && dx.count == n * d && dWeight.count == d,
      "rms norm backward of \(dy.count), \(x.count), \(dx.count), [\(n), \(d)]")
    let total: @Sendable (FloatView) -> Void = { Elementwise.add($0, to: dWeight) }
    RowPieces.sum(rows: n, segments: segments, width: d, into: total) { rows, partial in
      let first = rows.lowerBound
      unsafe retort_rms_norm_backward(
        dy.pointer + first * d, x.pointer + first * d, weight.pointer, shift, rstd.pointer + first, Int64(rows.count),
        Int64(d), dx.pointer + first * d, partial.pointer)
    }
  }

  /// `y = (x − mean) · rstd · weight + bias`, `rstd = 1 / √(var(x) + ε)`. Shapes as in
  /// ``rms(_:weight:shift:epsilon:into:rstd:)``; mean `[n]`.
  public static func layer(
    _ x: FloatView, weight: FloatView, bias: FloatView, epsilon: Float, into y: FloatView, mean: FloatView,
    rstd: FloatView
  ) {
    let (n, d) = (rstd.count, weight.count)
    precondition(
      x.count == n * d && y.count == n * d && bias.count == d && mean.count == n,
      "layer norm of \(x.count) into \(y.count), [\(n), \(d)]")
    RowPieces.forEach(n, width: d) { rows in
      let first = rows.lowerBound
      unsafe retort_layer_norm(
        x.pointer + first * d, weight.pointer, bias.pointer, epsilon, Int64(rows.count), Int64(d),
        y.pointer + first * d, mean.pointer + first, rstd.pointer + first)
    }
  }

  /// Differentiates ``layer(_:weight:bias:epsilon:into:mean:rstd:)``: adds to `dx`, `dWeight` and `dBias`.
  public static func layerBackward(
    _ dy: FloatView, x: FloatView, weight: FloatView, mean: FloatView, rstd: FloatView, addingTo dx: FloatView,
    dWeight: FloatView, dBias: FloatView, segments: [Range<Int>] = []
  ) {
    let (n, d) = (rstd.count, weight.count)
    precondition(
      dy.count == n * d && x.count == n * d && dx.count == n * d && dWeight.count == d && dBias.count == d
        && mean.count == n, "layer norm backward of \(dy.count), \(x.count), \(dx.count), [\(n), \(d)]")
    let total: @Sendable (FloatView) -> Void = { partial in
      Elementwise.add(partial.window(0, d), to: dWeight)
      Elementwise.add(partial.window(d, d), to: dBias)
    }
    RowPieces.sum(rows: n, segments: segments, width: 2 * d, into: total) { rows, partial in
      let first = rows.lowerBound
      unsafe retort_layer_norm_backward(
        dy.pointer + first * d, x.pointer + first * d, weight.pointer, mean.pointer + first, rstd.pointer + first,
        Int64(rows.count), Int64(d), dx.pointer + first * d, partial.pointer, partial.pointer + d)
    }
  }
}

extension Norms {
  /// Normalises heads in place, each over its own width w: `x = x · rstd · weight`.
  ///
  /// `x` begins at the first head's first column; heads of a row are `headStride` columns apart.
  /// Shapes: weight `[w]`; kept, what was there before, `[n, heads, w]`; rstd `[n, heads]`.
  public static func heads(
    _ x: Matrix, heads: Int, headStride: Int, weight: FloatView, epsilon: Float, kept: FloatView, rstd: FloatView
  ) {
    let (n, width) = (x.rows, weight.count)
    checkHeads(x, heads, headStride, width, kept, rstd)
    RowPieces.forEach(n, width: heads * width) { rows in
      let first = rows.lowerBound
      unsafe retort_head_norm(
        x.view.pointer + first * x.stride, Int64(x.stride), Int64(rows.count), Int64(heads), Int64(headStride),
        Int64(width), weight.pointer, epsilon, kept.pointer + first * heads * width, rstd.pointer + first * heads)
    }
  }

  /// Differentiates ``heads(_:heads:headStride:weight:epsilon:kept:rstd:)``: `dy` becomes the gradient of x; adds to `dWeight`.
  public static func headsBackward(
    _ dy: Matrix, heads: Int, headStride: Int, weight: FloatView, kept: FloatView, rstd: FloatView, dWeight: FloatView,
    segments: [Range<Int>] = []
  ) {
    let (n, width) = (dy.rows, weight.count)
    checkHeads(dy, heads, headStride, width, kept, rstd)
    precondition(dWeight.count == width, "\(dWeight.count) gradients of \(width) weights")
    let total: @Sendable (FloatView) -> Void = { Elementwise.add($0, to: dWeight) }
    RowPieces.sum(rows: n, segments: segments, width: width, into: total) { rows, partial in
      let first = rows.lowerBound
      unsafe retort_head_norm_backward(
        dy.view.pointer + first * dy.stride, Int64(dy.stride), Int64(rows.count), Int64(heads), Int64(headStride),
        Int64(width), weight.pointer, kept.pointer + first * heads * width, rstd.pointer + first * heads,
        partial.pointer)
    }
  }

  private static func checkHeads(
    _ x: Matrix, _ heads: Int, _ headStride: Int, _ width: Int, _ kept: FloatView, _ rstd: FloatView
  ) {
    precondition(
      heads > 0 && (heads - 1) * headStride + width <= x.columns && kept.count == x.rows * heads * width
        && rstd.count == x.rows * heads,
      "\(heads) heads of \(width) in \(x.columns) columns, \(kept.count) kept, \(rstd.count) factors")
  }
}
