internal import CRetortProtos

/// A message laid out for protobuf-c. Valid only inside the closure that received it.
@safe public struct MessageEncoding {
  private let message: UnsafePointer<ProtobufCMessage>

  /// Number of bytes of the encoding.
  public let byteCount: Int

  init(_ message: UnsafePointer<ProtobufCMessage>) {
    unsafe self.message = unsafe message
    self.byteCount = unsafe protobuf_c_message_get_packed_size(message)
  }

  /// Writes the encoding at the start of `buffer`, which has room for `byteCount` bytes, and returns that number.
  public func pack(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    precondition(buffer.count >= byteCount, "\(byteCount) bytes into room for \(buffer.count)")
    guard byteCount > 0, let start = buffer.baseAddress else { return 0 }
    return unsafe protobuf_c_message_pack(message, start.assumingMemoryBound(to: UInt8.self))
  }
}
