import CKernels

/// Nonlinearities of the feed-forward part, plain or gated.
public enum Activation: Sendable, Hashable, CaseIterable {
  /// `x · sigmoid(x)`.
  case silu
  /// `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`, GPT-2's GELU.
  case tanhGELU
  /// `x · Φ(x)`, Φ being the normal distribution function.
  case gelu
  /// `max(x, 0)`.
  case relu

  private var kind: Int32 {
    switch self {
    case .silu: Int32(RETORT_SILU)
    case .tanhGELU: Int32(RETORT_GELU_TANH)
    case .gelu: Int32(RETORT_GELU)
    case .relu: Int32(RETORT_RELU)
    }
  }

  /// `y = f(x)`; x has n rows of `width`.
  public func apply(_ x: FloatView, width d: Int, into y: FloatView) {
    precondition(x.count == y.count && x.count % d == 0, "activation of \(x.count) into \(y.count)")
    RowPieces.forEach(x.count / d, width: d) { [kind] rows in
      let first = rows.lowerBound * d
      unsafe retort_activation(kind, x.pointer + first, Int64(rows.count * d), y.pointer + first)
    }
  }

  /// Differentiates ``apply(_:width:into:)``: overwrites `dx`.
  public func backward(_ dy: FloatView, x: FloatView, width d: Int, into dx: FloatView) {
    precondition(
      x.count == dy.count && dx.count == x.count && x.count % d == 0, "activation backward of \(dy.count), \(x.count)")
    RowPieces.forEach(x.count / d, width: d) { [kind] rows in
      let first = rows.lowerBound * d
      unsafe retort_activation_backward(
        kind, dy.pointer + first, x.pointer + first, Int64(rows.count * d), dx.pointer + first)
    }
  }

  /// `y[n, d] = f(gate) · up`, where a row of `x[n, 2d]` is gate, then up.
  public func applyGated(_ x: FloatView, width d: Int, into y: FloatView) {
    precondition(x.count == 2 * y.count && y.count % d == 0, "gated activation of \(x.count) into \(y.count)")
    RowPieces.forEach(y.count / d, width: d) { [kind] rows in
      let first = rows.lowerBound * d
      unsafe retort_gated_activation(kind, x.pointer + 2 * first, Int64(rows.count), Int64(d), y.pointer + first)
    }
  }

  /// Differentiates ``applyGated(_:width:into:)``: overwrites `dx`.
  public func backwardGated(_ dy: FloatView, x: FloatView, width d: Int, into dx: FloatView) {
    precondition(
      x.count == 2 * dy.count && dx.count == x.count && dy.count % d == 0,
      "gated activation backward of \(dy.count), \(x.count) into \(dx.count)")
    RowPieces.forEach(dy.count / d, width: d) { [kind] rows in
      let first = rows.lowerBound * d
      unsafe retort_gated_activation_backward(
        kind, dy.pointer + first, x.pointer + 2 * first, Int64(rows.count), Int64(d), dx.pointer + 2 * first)
    }
  }
}
