public import Kernels
import Synchronization

/// A flat array of parameters, of gradients or of moments, in the order of a ``ParameterLayout``.
///
/// Several threads may read at once. Who writes must be alone: a trainer updates parameters while no forward pass runs.
public final class ParameterBuffer: Sendable {
  private let storage: FloatStorage
  private let roundedCopy = Mutex<BFloat16Storage?>(nil)
  /// Packed copies of the matrices, which products read instead; nil: products read the parameters.
  let packed: GenerationWeights?

  /// Makes zeros, aligned to 64 bytes.
  public init(count: Int) {
    storage = FloatStorage(count: count)
    packed = nil
  }

  private init(_ other: ParameterBuffer, packed: GenerationWeights) {
    storage = other.storage
    self.packed = packed
  }

  /// The same parameters, whose float32 products read packed copies.
  func reading(_ weights: GenerationWeights) -> ParameterBuffer { ParameterBuffer(self, packed: weights) }

  /// Number of elements.
  public var count: Int { storage.count }

  /// All elements; windows on it are parts, such as one tensor.
  public var view: FloatView { storage.view }

  /// One tensor.
  public func view(_ entry: ParameterEntry) -> FloatView { view.window(entry.offset, entry.count) }

  /// The copy that bfloat16 products read, as ``updateRounded()`` left it; nil before its first call.
  public var rounded: BFloat16View? { roundedCopy.withLock { $0?.view } }

  /// Makes or renews the bfloat16 copy: after loading, and after each change of the parameters.
  public func updateRounded() {
    let copy = roundedCopy.withLock { copy in
      let storage = copy ?? BFloat16Storage(count: count)
      copy = storage
      return storage
    }
    copy.view.roundInParallel(view)
  }

  /// Another buffer with the same elements, without a bfloat16 copy.
  public func copy() -> ParameterBuffer {
    let other = ParameterBuffer(count: count)
    other.view.copy(from: view)
    return other
  }

  /// Part of the buffer as a matrix that products read.
  func matrix(at offset: Int, rows: Int, columns: Int) -> WeightMatrix {
    WeightMatrix(
      Matrix(view.window(offset, rows * columns), rows: rows, columns: columns),
      rounded: rounded.map { BFloat16Matrix($0.window(offset, rows * columns), rows: rows, columns: columns) })
  }
}
