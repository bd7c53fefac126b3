public import Authentication
internal import GRPCCore
internal import GRPCNGHTTP2Transport
public import WireBytes
public import WireFormat

/// A teacher behind a socket.
public final class GRPCTeacher: TeacherUpstream {
  /// Where the teacher is.
  public let address: String
  private let client: GRPCClient<NGHTTP2ClientTransport>

  /// Names the teacher; calls succeed while ``run()`` does.
  ///
  /// - Parameter access: With what to come to it.
  /// - Throws: `TransportError` where the address is not `HOST:PORT`.
  public init(address: String, access: ClientAccess = .plain) throws {
    self.address = address
    client = try access.client(to: NetworkAddress(parsing: address))
  }

  /// Keeps the connection until cancelled.
  public func run() async throws { try await client.runConnections() }

  /// Asks who the teacher is.
  public func describe() async throws -> WireModelDescription {
    let response = try await TeacherServiceRPC.Client(wrapping: client).describe(TeacherServiceDescribeRequest())
    guard let model = response.model else {
      throw RPCError(code: .internalError, message: "Describe answered without a model")
    }
    return model
  }

  /// Sends one request; returns the whole reply.
  public func reply(to request: WireBytes, of method: TeacherMethod) async throws -> [WireBytes] {
    switch method {
    case .generate:
      try await client.serverStreaming(
        request: ClientRequest(message: request), descriptor: TeacherServiceRPC.Method.Generate.descriptor,
        serializer: PassThroughSerializer(), deserializer: PassThroughDeserializer(), options: .defaults
      ) { try await Self.collect($0) }
    case .score:
      try await client.bidirectionalStreaming(
        request: StreamingClientRequest { writer in try await writer.write(request) },
        descriptor: TeacherServiceRPC.Method.Score.descriptor,
        serializer: PassThroughSerializer(), deserializer: PassThroughDeserializer(), options: .defaults
      ) { try await Self.collect($0) }
    }
  }

  private static func collect(_ response: StreamingClientResponse<WireBytes>) async throws -> [WireBytes] {
    var messages: [WireBytes] = []
    for try await message in response.messages { messages.append(message) }
    return messages
  }
}
