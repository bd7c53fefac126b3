internal import CRetortProtos

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Bounds the memory that decoding one message may take: a few hostile bytes can ask for fifty times their size.
struct AllocationBudget {
  /// Bytes that may still be asked for; what is freed is not given back.
  private var remaining: Int
  /// True once a request was refused.
  private(set) var isExceeded = false

  /// A budget of six times the input, and 64 KiB: packed one-byte varints need four times, a list of short messages five.
  init(inputBytes: Int) { remaining = 6 * inputBytes + 65_536 }

  private mutating func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
    guard size <= remaining else {
      isExceeded = true
      return nil
    }
    remaining -= size
    return unsafe malloc(size)
  }

  /// Calls `body` with an allocator that asks this budget.
  mutating func withAllocator<R>(_ body: (UnsafeMutablePointer<ProtobufCAllocator>) throws -> R) rethrows -> R {
    try unsafe withUnsafeMutablePointer(to: &self) { budget in
      var allocator = unsafe ProtobufCAllocator(
        alloc: { data, size in unsafe data?.assumingMemoryBound(to: AllocationBudget.self).pointee.allocate(size) },
        free: { _, block in unsafe free(block) },
        allocator_data: budget)
      return try unsafe body(&allocator)
    }
  }
}
