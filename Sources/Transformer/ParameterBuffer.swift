public import Kernels

/// A flat array of parameters, of gradients or of moments, in the order of a ``ParameterLayout``.
///
/// Several threads may read at once. Who writes must be alone: a trainer updates parameters while no forward pass runs,
/// and each micro-batch adds to gradients of its own.
public final class ParameterBuffer: Sendable {
  private let storage: FloatStorage

  /// Makes zeros, aligned to 64 bytes.
  public init(count: Int) { storage = FloatStorage(count: count) }

  /// Number of elements.
  public var count: Int { storage.count }

  /// All elements; windows on it are parts, such as one tensor.
  public var view: FloatView { storage.view }

  /// One tensor.
  public func view(_ entry: ParameterEntry) -> FloatView { view.window(entry.offset, entry.count) }

  /// Another buffer with the same elements.
  public func copy() -> ParameterBuffer {
    let other = ParameterBuffer(count: count)
    other.view.copy(from: view)
    return other
  }
}
