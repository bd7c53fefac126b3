public import Kernels

/// What a forward pass keeps for the backward pass. Reused from batch to batch; one pass uses it at a time.
public final class Tape: @unchecked Sendable {
  // SAFETY: one pass uses a tape at a time.
  /// Makes an empty tape for passes of `transformer`; it grows with the batches.
  public init(_ transformer: Transformer) {}
  /// Hidden states after the final norm. Shape: `[N, D]`.
  public var hidden: FloatView { FloatStorage(count: 0).view }
}
