public import GRPCCore
internal import WireBytes

/// Packs messages straight into the memory from which the transport sends them.
public struct ProtobufCSerializer<Message: WireMessage>: MessageSerializer {
  /// Makes a serializer.
  public init() {}

  /// Returns the message's protobuf encoding.
  public func serialize<Bytes: GRPCContiguousBytes>(_ message: Message) throws -> Bytes {
    let timing = Message.codec.beginEncoding()
    return try message.withEncoding { encoding in
      defer { Message.codec.didEncode(bytes: encoding.byteCount, timing) }
      if Bytes.self == WireBytes.self,
        let bytes = unsafe WireBytes(capacity: encoding.byteCount, initializingWith: encoding.pack(into:)) as? Bytes
      {
        return bytes
      }
      var bytes = Bytes(repeating: 0, count: encoding.byteCount)
      _ = unsafe bytes.withUnsafeMutableBytes { unsafe encoding.pack(into: $0) }
      return bytes
    }
  }
}

/// Reads messages under a budget of memory. What cannot be read fails the call with one line.
public struct ProtobufCDeserializer<Message: WireMessage>: MessageDeserializer {
  /// Makes a deserializer.
  public init() {}

  /// Returns the message with this protobuf encoding.
  public func deserialize<Bytes: GRPCContiguousBytes>(_ serializedMessageBytes: Bytes) throws -> Message {
    do {
      let timing = Message.codec.beginDecoding()
      let message = try unsafe serializedMessageBytes.withUnsafeBytes { try unsafe Message(decoding: $0) }
      Message.codec.didDecode(bytes: serializedMessageBytes.count, timing)
      return message
    } catch let error as WireFormatError {
      // The message's name says which side is at fault: responses are read by clients alone.
      throw Message.protoName.hasSuffix("Response") ? error.asResponseError : RPCError(error)
    }
  }
}
