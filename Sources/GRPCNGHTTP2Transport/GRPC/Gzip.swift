internal import CZlib
package import NIOCore
package import WireBytes

/// gzip (RFC 1952) of whole messages, by zlib.
package enum Gzip {
  /// Why bytes could not be inflated.
  package enum Failure: Error, Sendable, Hashable {
    /// They are more than `limit` bytes when inflated; nothing beyond was inflated.
    case oversize(limit: Int)
    /// They are not one whole gzip member.
    case malformed
    /// zlib had no memory.
    case noMemory
  }

  /// A window of 32 KiB, and gzip's header and checksum around it.
  private static let windowBits: Int32 = 15 + 16
  /// What deflate can make of one byte at most, rounded up: a size hint beyond it is a lie.
  private static let maxExpansion = 1040

  /// Compresses a message; returns its prefix, with the flag set, and its bytes, or nil when they would not be fewer.
  package static func deflate(_ message: WireBytes) -> ByteBuffer? {
    unsafe message.withUnsafeBytes { input -> ByteBuffer? in
      guard input.count > 1 else { return nil }
      var buffer = ByteBufferAllocator().buffer(capacity: WireBytes.prefixLength + input.count)
      buffer.writeInteger(1 as UInt8)
      buffer.writeInteger(0 as UInt32)
      let count = unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: input.count) { output in
        unsafe deflate(input, into: UnsafeMutableRawBufferPointer(rebasing: output[..<(input.count - 1)]))
      }
      guard count > 0 else { return nil }
      buffer.setInteger(UInt32(count), at: buffer.readerIndex + 1)
      return buffer
    }
  }

  /// Returns the bytes written, or 0 when there is no room for all.
  private static func deflate(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int {
    var stream = unsafe z_stream()
    let size = Int32(unsafe MemoryLayout<z_stream>.size)
    let result = unsafe deflateInit2_(
      &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
    guard result == Z_OK else { return 0 }
    defer { unsafe deflateEnd(&stream) }
    unsafe stream.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
    unsafe stream.avail_in = UInt32(input.count)
    unsafe stream.next_out = output.bindMemory(to: UInt8.self).baseAddress
    unsafe stream.avail_out = UInt32(output.count)
    guard unsafe CZlib.deflate(&stream, Z_FINISH) == Z_STREAM_END else { return 0 }
    return unsafe output.count - Int(stream.avail_out)
  }

  /// Inflates a message that arrived compressed.
  ///
  /// - Parameter limit: The most bytes that the message may have. Inflating stops one byte beyond.
  /// - Throws: ``Failure``.
  package static func inflate(_ message: WireBytes, limit: Int) throws(Failure) -> WireBytes {
    let result = unsafe message.withUnsafeBytes { input in unsafe inflate(input, limit: limit) }
    return try result.get()
  }

  private static func inflate(_ input: UnsafeRawBufferPointer, limit: Int) -> Result<WireBytes, Failure> {
    var stream = unsafe z_stream()
    let size = Int32(unsafe MemoryLayout<z_stream>.size)
    guard unsafe inflateInit2_(&stream, windowBits, ZLIB_VERSION, size) == Z_OK else { return .failure(.noMemory) }
    defer { unsafe inflateEnd(&stream) }
    unsafe stream.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
    unsafe stream.avail_in = UInt32(input.count)
    let hint = unsafe sizeHint(input, limit: limit)
    var buffer = ByteBufferAllocator().buffer(capacity: WireBytes.prefixLength + hint)
    buffer.writeInteger(0 as UInt8)
    buffer.writeInteger(0 as UInt32)
    var total = 0
    while true {
      var code = Z_OK
      let room = min(limit + 1 - total, max(total, hint))
      total += unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { output in
        unsafe stream.next_out = output.bindMemory(to: UInt8.self).baseAddress
        unsafe stream.avail_out = UInt32(room)
        code = unsafe CZlib.inflate(&stream, Z_NO_FLUSH)
        return unsafe room - Int(stream.avail_out)
      }
      guard total <= limit else { return .failure(.oversize(limit: limit)) }
      switch code {
      case Z_STREAM_END:
        guard unsafe stream.avail_in == 0 else { return .failure(.malformed) }
        buffer.setInteger(UInt32(total), at: buffer.readerIndex + 1)
        return .success(WireBytes(inflated: buffer))
      case Z_OK where unsafe stream.avail_out == 0: continue
      case Z_MEM_ERROR: return .failure(.noMemory)
      default: return .failure(.malformed)
      }
    }
  }

  /// Room to begin with: what the last four bytes say, and one byte more to see the end, if that can be true.
  private static func sizeHint(_ input: UnsafeRawBufferPointer, limit: Int) -> Int {
    let announced = unsafe input.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    guard announced <= min(limit, input.count * maxExpansion) else { return min(limit, 4096) + 1 }
    return announced + 1
  }
}
