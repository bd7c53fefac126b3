import CKernels

/// A fixed number of bfloat16s on the heap, aligned to 64 bytes, zero at first.
///
/// Several threads may read at once; a thread that writes must be the only one that touches those elements then.
@safe
public final class BFloat16Storage: @unchecked Sendable {
  // SAFETY: the pointer never changes; who may write when is the rule above.
  fileprivate let base: UnsafeMutablePointer<UInt16>
  /// Number of elements.
  public let count: Int

  /// Allocates zeros.
  public init(count: Int) {
    precondition(count >= 0, "count \(count) of a storage")
    let room = max(count, 32)
    let raw = UnsafeMutableRawPointer.allocate(byteCount: room * MemoryLayout<UInt16>.stride, alignment: 64)
    unsafe base = raw.bindMemory(to: UInt16.self, capacity: room)
    unsafe base.initialize(repeating: 0, count: room)
    self.count = count
  }

  deinit { unsafe base.deallocate() }

  /// All elements.
  public var view: BFloat16View { BFloat16View(self) }
}

/// A window on bfloat16s: bounds are checked when it is made, and it keeps its storage alive.
@safe
public struct BFloat16View: @unchecked Sendable {
  // SAFETY: points into `owner`, whose rule of one writer holds for its windows.
  private let start: UnsafeMutablePointer<UInt16>
  private let owner: BFloat16Storage
  /// Number of elements.
  public let count: Int

  init(_ storage: BFloat16Storage) {
    unsafe start = storage.base
    owner = storage
    count = storage.count
  }

  private init(start: UnsafeMutablePointer<UInt16>, owner: BFloat16Storage, count: Int) {
    unsafe self.start = start
    self.owner = owner
    self.count = count
  }

  /// The part `offset ..< offset + count`.
  public func window(_ offset: Int, _ count: Int) -> BFloat16View {
    precondition(
      offset >= 0 && count >= 0 && offset <= self.count - count,
      "window \(offset) + \(count) of \(self.count) bfloat16s")
    return unsafe BFloat16View(start: start + offset, owner: owner, count: count)
  }

  /// One element, exactly.
  public subscript(index: Int) -> Float {
    precondition(index >= 0 && index < count, "index \(index) of \(count) bfloat16s")
    return unsafe Float(bitPattern: UInt32(start[index]) << 16)
  }

  /// Takes the nearest bfloat16s of as many floats, ties to even.
  public func round(_ source: FloatView) {
    precondition(source.count == count, "\(source.count) floats rounded into \(count)")
    unsafe retort_round_bfloat16(source.pointer, Int64(count), start)
  }

  /// Does ``round(_:)`` in pieces that run in parallel.
  public func roundInParallel(_ source: FloatView) {
    precondition(source.count == count, "\(source.count) floats rounded into \(count)")
    ComputePool.forEachPiece(of: count, size: 1 << 16) {
      window($0.lowerBound, $0.count).round(source.window($0.lowerBound, $0.count))
    }
  }

  /// The address of the first element; valid while the storage lives. For kernels.
  @unsafe
  package var pointer: UnsafeMutablePointer<UInt16> { unsafe start }
}
