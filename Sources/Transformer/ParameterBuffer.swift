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
  /// Low-rank adapters that passes add to the matrices, or, beside gradients, those of the adapters; nil: there are none.
  public let adapters: Adapters?
  /// Number of elements, of gradients that nobody keeps too.
  public let count: Int

  /// Makes zeros, aligned to 64 bytes.
  ///
  /// - Parameter isSparse: Whether most of them will never be touched, and so take no memory.
  public init(count: Int, isSparse: Bool = false) {
    storage = FloatStorage(count: count, isSparse: isSparse)
    (packed, adapters, self.count) = (nil, nil, count)
  }

  private init(_ other: ParameterBuffer, packed: GenerationWeights) {
    storage = other.storage
    self.packed = packed
    (adapters, count) = (other.adapters, other.count)
  }

  private init(_ storage: FloatStorage, count: Int, adapters: Adapters) {
    (self.storage, self.count, packed, self.adapters) = (storage, count, nil, adapters)
  }

  /// The same parameters with adapters: passes add these, and learn them alone.
  public func adapted(by adapters: Adapters) -> ParameterBuffer {
    ParameterBuffer(storage, count: count, adapters: adapters)
  }

  /// Gradients of adapted parameters: those of adapters alone are kept, and the others not computed.
  public static func gradients(of adapters: AdapterLayout, count: Int) -> ParameterBuffer {
    ParameterBuffer(FloatStorage(count: 0), count: count, adapters: Adapters(zeros: adapters))
  }

  /// What learns: the adapters' parameters where there are adapters, else these.
  public var learning: ParameterBuffer { adapters?.values ?? self }

  /// Of gradients: whether those of the model's own parameters are neither kept nor computed.
  var isFrozen: Bool { storage.count < count }

  /// Of gradients: where those of some parameters are added; room that nobody reads where they are not kept.
  func room(_ offset: Int, _ count: Int) -> FloatView {
    isFrozen ? FloatStorage(count: count).view : view.window(offset, count)
  }

  /// The same parameters, whose float32 products read packed copies.
  func reading(_ weights: GenerationWeights) -> ParameterBuffer { ParameterBuffer(self, packed: weights) }

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
