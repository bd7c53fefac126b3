import NIOCore
package import WireBytes

/// Why the bytes of a stream are not a message that may be taken.
package enum MessageError: Error, Sendable, Hashable {
  /// A message announces more bytes than are allowed.
  case oversize(announced: Int, limit: Int)
  /// A message says that it is compressed, though no encoding was agreed.
  case compressed
  /// The prefix has a flag that gRPC does not know.
  case badFlag(UInt8)
  /// The connection holds too many bytes of messages that are not complete.
  case tooManyIncomplete(limit: Int)
}

/// Cuts the DATA of a stream into gRPC messages, copying each byte once, into memory of the message's size.
package struct MessageAssembler: Sendable {
  /// Whether the stream's headers named an encoding for messages whose flag says that they are compressed.
  package var takesCompressed = false
  private let limit: Int
  private var prefix: [UInt8] = []
  private var message: ByteBuffer?
  private var missing = 0

  /// Makes an assembler of messages of at most `limit` bytes each, as they come: compressed ones are not inflated.
  package init(limit: Int) {
    self.limit = limit
  }

  /// Bytes of a message that is not complete.
  package var incompleteBytes: Int { message?.readableBytes ?? 0 }

  /// Whether the stream may end here.
  package var isAtBoundary: Bool { prefix.isEmpty && message == nil }

  /// Takes the next bytes of the stream and hands out each message that they complete.
  ///
  /// - Throws: ``MessageError`` at a prefix, before memory is taken for its message.
  package mutating func append(
    _ bytes: UnsafeRawBufferPointer, emit: (WireBytes) -> Void
  ) throws(MessageError) {
    var rest = unsafe bytes[...]
    while unsafe !rest.isEmpty || (message != nil && missing == 0) {
      if var buffer = message {
        message = nil
        let count = unsafe min(missing, rest.count)
        unsafe buffer.writeBytes(UnsafeRawBufferPointer(rebasing: rest.prefix(count)))
        unsafe rest = rest.dropFirst(count)
        missing -= count
        if missing == 0 { emit(WireBytes(framed: buffer)) } else { message = buffer }
      } else {
        let count = unsafe min(WireBytes.prefixLength - prefix.count, rest.count)
        unsafe prefix.append(contentsOf: rest.prefix(count))
        unsafe rest = rest.dropFirst(count)
        if prefix.count == WireBytes.prefixLength { try begin() }
      }
    }
  }

  private mutating func begin() throws(MessageError) {
    guard prefix[0] <= 1 else { throw .badFlag(prefix[0]) }
    guard prefix[0] == 0 || takesCompressed else { throw .compressed }
    let length = prefix[1...].reduce(0) { $0 << 8 | Int($1) }
    guard length <= limit else { throw .oversize(announced: length, limit: limit) }
    var buffer = ByteBufferAllocator().buffer(capacity: WireBytes.prefixLength + length)
    buffer.writeBytes(prefix)
    prefix.removeAll(keepingCapacity: true)
    message = buffer
    missing = length
  }
}
