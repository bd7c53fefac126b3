import CKernels

/// Sums over exponentials of a row of logits.
public enum Softmax {
  /// `log Σ exp(x)`: exponentials in float, their sum in double.
  public static func logSumExp(_ x: FloatView) -> Double {
    precondition(x.count > 0, "log-sum-exp of no elements")
    return unsafe retort_log_sum_exp(x.pointer, Int64(x.count))
  }

  /// `−Σ exp(l) · l` with `l = x − logSumExp`, in nats.
  public static func entropy(_ x: FloatView, logSumExp: Double) -> Double {
    unsafe retort_entropy(x.pointer, Int64(x.count), logSumExp)
  }
}
