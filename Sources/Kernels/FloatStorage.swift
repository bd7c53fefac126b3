import CKernels
import Foundation

/// A fixed number of floats on the heap, aligned to 64 bytes, zero at first.
///
/// Several threads may read at once; a thread that writes must be the only one that touches those elements then.
@safe
public final class FloatStorage: @unchecked Sendable {
  // SAFETY: the pointers never change; who may write when is the rule above.
  private let room: UnsafeMutableRawPointer
  fileprivate let base: UnsafeMutablePointer<Float>
  /// Number of floats.
  public let count: Int

  /// Allocates zeros. What is never touched takes no memory.
  ///
  /// - Parameter isSparse: Whether most of it will never be touched: then its memory comes in small pages.
  public init(count: Int, isSparse: Bool = false) {
    precondition(count >= 0, "count \(count) of a storage")
    let floats = max(count, 16)
    let bytes = floats * MemoryLayout<Float>.stride + FloatStorage.alignment
    guard let room = unsafe retort_allocate_zeros(bytes, isSparse) else {
      preconditionFailure("no memory for \(bytes) bytes")
    }
    unsafe self.room = room
    unsafe base = room.alignedUp(toMultipleOf: FloatStorage.alignment).bindMemory(to: Float.self, capacity: floats)
    self.count = count
  }

  deinit { unsafe free(room) }

  private static let alignment = 64

  /// All elements.
  public var view: FloatView { FloatView(self) }
}

/// A window on floats: bounds are checked when it is made, and it keeps its storage alive.
@safe
public struct FloatView: @unchecked Sendable {
  // SAFETY: points into `owner`, whose rule of one writer holds for its windows.
  private let start: UnsafeMutablePointer<Float>
  private let owner: FloatStorage?
  /// Number of floats.
  public let count: Int

  init(_ storage: FloatStorage) {
    unsafe start = storage.base
    owner = storage
    count = storage.count
  }

  private init(start: UnsafeMutablePointer<Float>, owner: FloatStorage?, count: Int) {
    unsafe self.start = start
    self.owner = owner
    self.count = count
  }

  /// A window on memory that the caller keeps alive and initialised while the window is used.
  @unsafe
  public init(unsafe buffer: UnsafeMutableBufferPointer<Float>) {
    precondition(unsafe buffer.baseAddress != nil || buffer.isEmpty, "a buffer without an address")
    unsafe start = buffer.baseAddress ?? FloatView.nowhere.base
    owner = nil
    count = buffer.count
  }

  private static let nowhere = FloatStorage(count: 0)

  /// The part `offset ..< offset + count`.
  public func window(_ offset: Int, _ count: Int) -> FloatView {
    precondition(
      offset >= 0 && count >= 0 && offset <= self.count - count,
      "window \(offset) + \(count) of \(self.count) floats")
    return unsafe FloatView(start: start + offset, owner: owner, count: count)
  }

  /// One element.
  public subscript(index: Int) -> Float {
    get {
      precondition(index >= 0 && index < count, "index \(index) of \(count) floats")
      return unsafe start[index]
    }
    nonmutating set {
      precondition(index >= 0 && index < count, "index \(index) of \(count) floats")
      unsafe start[index] = newValue
    }
  }

  /// Sets every element.
  public func fill(_ value: Float) { unsafe start.update(repeating: value, count: count) }

  /// Does ``fill(_:)`` in pieces that run in parallel.
  public func fillInParallel(_ value: Float) {
    ComputePool.forEachPiece(of: count, size: 1 << 18) { window($0.lowerBound, $0.count).fill(value) }
  }

  /// Copies all elements of `source`, of the same count.
  public func copy(from source: FloatView) {
    precondition(source.count == count, "copy of \(source.count) floats into \(count)")
    unsafe start.update(from: source.start, count: count)
  }

  /// Does ``copy(from:)`` in pieces that run in parallel.
  public func copyInParallel(from source: FloatView) {
    precondition(source.count == count, "copy of \(source.count) floats into \(count)")
    ComputePool.forEachPiece(of: count, size: 1 << 17) {
      window($0.lowerBound, $0.count).copy(from: source.window($0.lowerBound, $0.count))
    }
  }

  /// Adds all elements of `other`, of the same count, in pieces that run in parallel.
  public func addInParallel(_ other: FloatView) {
    precondition(other.count == count, "\(other.count) floats added to \(count)")
    ComputePool.forEachPiece(of: count, size: 1 << 17) {
      Elementwise.add(other.window($0.lowerBound, $0.count), to: window($0.lowerBound, $0.count))
    }
  }

  /// Copies all elements of an array of the same count.
  public func copy(from source: [Float]) {
    precondition(source.count == count, "copy of \(source.count) floats into \(count)")
    unsafe start.update(from: source, count: count)
  }

  /// The elements as an array.
  public var array: [Float] { unsafe Array(UnsafeBufferPointer(start: start, count: count)) }

  /// Calls `body` with the elements.
  public func withSpan<Result>(_ body: (Span<Float>) throws -> Result) rethrows -> Result {
    try body(unsafe UnsafeBufferPointer(start: start, count: count).span)
  }

  /// Calls `body` with the elements, to be changed.
  public func withMutableSpan<Result>(_ body: (inout MutableSpan<Float>) throws -> Result) rethrows -> Result {
    var span = unsafe UnsafeMutableBufferPointer(start: start, count: count).mutableSpan
    return try body(&span)
  }

  /// The address of the first element; valid while the storage lives. For kernels.
  @unsafe
  package var pointer: UnsafeMutablePointer<Float> { unsafe start }
}
