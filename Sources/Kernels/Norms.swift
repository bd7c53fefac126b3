import CKernels

/// Normalisation of rows, with the derivatives. Letters: n rows of d columns.
public enum Norms {
  /// `y = x · rstd · weight`, `rstd = 1 / √(mean(x²) + ε)`. Shapes: x, y `[n, d]`; weight `[d]`; rstd `[n]`.
  public static func rms(_ x: FloatView, weight: FloatView, epsilon: Float, into y: FloatView, rstd: FloatView) {
    let (n, d) = (rstd.count, weight.count)
    precondition(x.count == n * d && y.count == n * d, "rms norm of \(x.count) into \(y.count), [\(n), \(d)]")
    unsafe retort_rms_norm(x.pointer, weight.pointer, epsilon, Int64(n), Int64(d), y.pointer, rstd.pointer)
  }

  /// Differentiates ``rms(_:weight:epsilon:into:rstd:)``: adds to `dx` and `dWeight`.
  public static func rmsBackward(
    _ dy: FloatView, x: FloatView, weight: FloatView, rstd: FloatView, addingTo dx: FloatView, dWeight: FloatView
  ) {
    let (n, d) = (rstd.count, weight.count)
    precondition(
      dy.count == n * d && x.count == n * d && dx.count == n * d && dWeight.count == d,
      "rms norm backward of \(dy.count), \(x.count), \(dx.count), [\(n), \(d)]")
    unsafe retort_rms_norm_backward(
      dy.pointer, x.pointer, weight.pointer, rstd.pointer, Int64(n), Int64(d), dx.pointer, dWeight.pointer)
  }

  /// `y = (x − mean) · rstd · weight + bias`, `rstd = 1 / √(var(x) + ε)`. Shapes as in ``rms(_:weight:epsilon:into:rstd:)``; mean `[n]`.
  public static func layer(
    _ x: FloatView, weight: FloatView, bias: FloatView, epsilon: Float, into y: FloatView, mean: FloatView,
    rstd: FloatView
  ) {
    let (n, d) = (rstd.count, weight.count)
    precondition(
      x.count == n * d && y.count == n * d && bias.count == d && mean.count == n,
      "layer norm of \(x.count) into \(y.count), [\(n), \(d)]")
    unsafe retort_layer_norm(
      x.pointer, weight.pointer, bias.pointer, epsilon, Int64(n), Int64(d), y.pointer, mean.pointer, rstd.pointer)
  }

  /// Differentiates ``layer(_:weight:bias:epsilon:into:mean:rstd:)``: adds to `dx`, `dWeight` and `dBias`.
  public static func layerBackward(
    _ dy: FloatView, x: FloatView, weight: FloatView, mean: FloatView, rstd: FloatView, addingTo dx: FloatView,
    dWeight: FloatView, dBias: FloatView
  ) {
    let (n, d) = (rstd.count, weight.count)
    precondition(
      dy.count == n * d && x.count == n * d && dx.count == n * d && dWeight.count == d && dBias.count == d
        && mean.count == n, "layer norm backward of \(dy.count), \(x.count), \(dx.count), [\(n), \(d)]")
    unsafe retort_layer_norm_backward(
      dy.pointer, x.pointer, weight.pointer, mean.pointer, rstd.pointer, Int64(n), Int64(d), dx.pointer,
      dWeight.pointer, dBias.pointer)
  }
}
