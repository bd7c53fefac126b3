public import GRPCCore
public import WireBytes

/// Sends a message that is already encoded: what a façade passes on unread.
public struct PassThroughSerializer: MessageSerializer {
  /// Makes a serializer.
  public init() {}

  /// Returns the bytes; shares their storage where the transport's bytes are `WireBytes`.
  public func serialize<Bytes: GRPCContiguousBytes>(_ message: WireBytes) throws -> Bytes {
    if let bytes = message as? Bytes { return bytes }
    return unsafe message.withUnsafeBytes { unsafe Bytes($0) }
  }
}

/// Takes a message as bytes, unread.
public struct PassThroughDeserializer: MessageDeserializer {
  /// Makes a deserializer.
  public init() {}

  /// Returns the bytes; shares their storage where the transport's bytes are `WireBytes`.
  public func deserialize<Bytes: GRPCContiguousBytes>(_ serializedMessageBytes: Bytes) throws -> WireBytes {
    if let bytes = serializedMessageBytes as? WireBytes { return bytes }
    return unsafe serializedMessageBytes.withUnsafeBytes { source in
      unsafe WireBytes(capacity: source.count) { buffer in
        unsafe buffer.copyMemory(from: source)
        return source.count
      }
    }
  }
}
