import GRPCCore

/// A message that is its text: gRPC needs no protobuf.
struct TextCoding: MessageSerializer, MessageDeserializer {
  func serialize<Bytes: GRPCContiguousBytes>(_ message: String) throws -> Bytes {
    Bytes(message.utf8)
  }

  func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> String {
    try bytes.withUnsafeBytes { buffer in
      guard let text = String(validating: buffer, as: UTF8.self) else {
        throw RPCError(code: .invalidArgument, message: "the message is not UTF-8")
      }
      return text
    }
  }
}

/// The service: what `protoc` would generate for three lines of a proto file.
enum Echo {
  static let say = MethodDescriptor(fullyQualifiedService: "example.Echo", method: "Say", type: .unary)
  static let count = MethodDescriptor(fullyQualifiedService: "example.Echo", method: "Count", type: .serverStreaming)
}
