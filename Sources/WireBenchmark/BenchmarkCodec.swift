public import GRPCCore

/// How a stack makes, writes and reads the one message of the benchmark, `Parcel` of `Benchmarks/Protos`.
public protocol BenchmarkCodec: Sendable {
  /// The message as the stack holds it.
  associatedtype Message: Sendable
  /// What writes it.
  associatedtype Serializer: MessageSerializer<Message>
  /// What reads it.
  associatedtype Deserializer: MessageDeserializer<Message>

  /// What writes it.
  static var serializer: Serializer { get }
  /// What reads it.
  static var deserializer: Deserializer { get }

  /// A message of `rows` token ids and `rows` log-probs: eight bytes per row.
  static func columns(rows: Int) -> Message
  /// A message of opaque bytes.
  static func payload(byteCount: Int) -> Message
  /// A request for `messageCount` messages of `rows` rows each.
  static func order(messageCount: Int, rows: Int) -> Message
  /// What a request asks for.
  static func readOrder(_ message: Message) -> (messageCount: Int, rows: Int)
  /// Bytes of the message's columns and payload; reads the first and last value of each, as any use would.
  static func contentBytes(of message: Message) -> Int
}

/// The methods of `retort.benchmark.v1.WireBenchmark`.
enum BenchmarkMethod {
  static let service = "retort.benchmark.v1.WireBenchmark"
  static let echo = MethodDescriptor(fullyQualifiedService: service, method: "Echo", type: .unary)
  static let pull = MethodDescriptor(fullyQualifiedService: service, method: "Pull", type: .serverStreaming)
  static let push = MethodDescriptor(fullyQualifiedService: service, method: "Push", type: .clientStreaming)
}
