public import GRPCCore
package import NIOCore

/// The bytes of one gRPC message, with room for its five-byte length prefix in front.
///
/// A transport sends the prefix and the message as they lie in memory, and a serializer packs straight into
/// the place from which they are sent: neither a copy nor a zero fill. Copies share storage until one is written to.
///
///     let bytes = try WireBytes(capacity: packedSize) { buffer in pack(message, into: buffer) }
public struct WireBytes: GRPCContiguousBytes, Sendable {
  /// Bytes of the prefix of a message: one of flags, four of length, most significant first.
  public static let prefixLength = 5

  /// Prefix and message; always holds at least the prefix, whose length field is the message's.
  package private(set) var framed: ByteBuffer

  /// Whether the message was compressed on its way here.
  public private(set) var wasCompressed = false

  /// Makes a message of at most `capacity` bytes in memory that is not cleared first.
  ///
  /// - Parameters:
  ///   - capacity: The most bytes that `initialize` may write.
  ///   - initialize: Writes from the buffer's start and returns how many bytes it wrote.
  public init(capacity: Int, initializingWith initialize: (UnsafeMutableRawBufferPointer) throws -> Int) rethrows {
    precondition(capacity >= 0 && capacity <= UInt32.max, "a message has 0...2^32-1 bytes, not \(capacity)")
    var buffer = ByteBufferAllocator().buffer(capacity: Self.prefixLength + capacity)
    buffer.writeInteger(0 as UInt8)
    buffer.writeInteger(0 as UInt32)
    let count = try unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { free in
      try unsafe initialize(UnsafeMutableRawBufferPointer(rebasing: free[..<capacity]))
    }
    precondition(count >= 0 && count <= capacity, "\(count) bytes written into room for \(capacity)")
    buffer.setInteger(UInt32(count), at: buffer.readerIndex + 1)
    self.framed = buffer
  }

  /// Makes a message of `count` bytes equal to `byte`.
  public init(repeating byte: UInt8, count: Int) {
    unsafe self.init(capacity: count) { buffer in
      unsafe buffer.initializeMemory(as: UInt8.self, repeating: byte)
      return count
    }
  }

  /// Makes a message of the bytes of a sequence.
  public init<Bytes: Sequence>(_ sequence: Bytes) where Bytes.Element == UInt8 {
    var buffer = ByteBufferAllocator().buffer(capacity: Self.prefixLength + sequence.underestimatedCount)
    buffer.writeInteger(0 as UInt8)
    buffer.writeInteger(0 as UInt32)
    let count = buffer.writeBytes(sequence)
    buffer.setInteger(UInt32(count), at: buffer.readerIndex + 1)
    self.framed = buffer
  }

  /// Takes a buffer that holds a prefix and, after it, exactly the bytes that the prefix announces.
  package init(framed: ByteBuffer) {
    precondition(framed.readableBytes >= Self.prefixLength, "no prefix: \(framed.readableBytes) bytes")
    self.framed = framed
  }

  /// Takes a buffer like ``init(framed:)``, of a message that came compressed.
  package init(inflated framed: ByteBuffer) {
    self.init(framed: framed)
    self.wasCompressed = true
  }

  /// Whether the bytes are compressed still: the prefix says so.
  package var isCompressed: Bool {
    framed.getInteger(at: framed.readerIndex, as: UInt8.self) == 1
  }

  /// Bytes of the message, without the prefix.
  public var count: Int { framed.readableBytes - Self.prefixLength }

  /// Calls `body` with the message, without the prefix.
  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try unsafe framed.withUnsafeReadableBytes { bytes in
      try unsafe body(UnsafeRawBufferPointer(rebasing: bytes[Self.prefixLength...]))
    }
  }

  /// Calls `body` with the message, without the prefix, to be changed in place; copies the storage first if it is shared.
  public mutating func withUnsafeMutableBytes<R>(
    _ body: (UnsafeMutableRawBufferPointer) throws -> R
  ) rethrows -> R {
    try unsafe framed.withUnsafeMutableReadableBytes { bytes in
      try unsafe body(UnsafeMutableRawBufferPointer(rebasing: bytes[Self.prefixLength...]))
    }
  }
}

extension WireBytes: Hashable {
  /// Whether two messages have the same bytes.
  public static func == (one: WireBytes, other: WireBytes) -> Bool { one.framed == other.framed }

  /// Feeds the message to a hasher.
  public func hash(into hasher: inout Hasher) { hasher.combine(framed) }
}
