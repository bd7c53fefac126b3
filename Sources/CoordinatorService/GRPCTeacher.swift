public import Authentication
internal import GRPCCore
internal import GRPCNGHTTP2Transport
public import WireBytes
public import WireFormat

/// A teacher behind a socket, or several that are the same: calls go to all of its addresses in turn.
public final class GRPCTeacher: TeacherUpstream {
  /// Where the teacher is.
  public let address: String
  private let client: GRPCClient<NGHTTP2ClientTransport>
  private let deadline: Duration

  /// Names the teacher; calls succeed while ``run()`` does.
  ///
  /// - Parameters:
  ///   - access: With what to come to it.
  ///   - deadline: The longest that one request may take.
  /// - Throws: `TransportError` where the address is not a target, such as `HOST:PORT` or `dns:HOST:PORT`.
  public init(address: String, access: ClientAccess = .plain, deadline: Duration = .seconds(3600)) throws {
    (self.address, self.deadline) = (address, deadline)
    var configuration = NGHTTP2ClientTransport.Configuration()
    configuration.loadBalancing = .roundRobin
    let transport = try access.transport(to: ServiceTarget(parsing: address), configuration: configuration)
    client = GRPCClient(transport: transport, interceptors: access.interceptors)
  }

  /// Keeps the connection until cancelled.
  public func run() async throws { try await client.runConnections() }

  /// Asks who the teacher is.
  public func describe() async throws -> WireModelDescription {
    let response = try await described()
    guard let model = response.model else {
      throw RPCError(code: .internalError, message: "Describe answered without a model")
    }
    return model
  }

  /// Describe is answered from memory: a teacher that takes long over it is away.
  private func described() async throws -> TeacherServiceDescribeResponse {
    do {
      return try await TeacherServiceRPC.Client(wrapping: client).describe(
        TeacherServiceDescribeRequest(), options: .deadline(min(.seconds(30), deadline)))
    } catch let error as RPCError where error.code == .deadlineExceeded {
      throw RPCError(code: .unavailable, message: "no answer to Describe: \(error.message)")
    }
  }

  /// Sends one request and passes the reply on as it comes.
  public func reply(
    to request: WireBytes, of method: TeacherMethod, receive: @escaping @Sendable (WireBytes) async throws -> Void
  ) async throws {
    let (serializer, deserializer) = (PassThroughSerializer(), PassThroughDeserializer())
    let passOn: @Sendable (StreamingClientResponse<WireBytes>) async throws -> Void = { response in
      for try await message in response.messages { try await receive(message) }
    }
    switch method {
    case .generate, .outputHead:
      try await client.serverStreaming(
        request: ClientRequest(message: request), descriptor: method.descriptor, serializer: serializer,
        deserializer: deserializer, options: .deadline(deadline), onResponse: passOn)
    case .score:
      try await client.bidirectionalStreaming(
        request: StreamingClientRequest { writer in try await writer.write(request) }, descriptor: method.descriptor,
        serializer: serializer, deserializer: deserializer, options: .deadline(deadline), onResponse: passOn)
    }
  }
}

extension CallOptions {
  /// Options of a call that may take so long.
  static func deadline(_ limit: Duration) -> CallOptions {
    var options = CallOptions.defaults
    options.timeout = limit
    return options
  }
}

extension TeacherMethod {
  /// The method as gRPC names it.
  var descriptor: MethodDescriptor {
    switch self {
    case .generate: TeacherServiceRPC.Method.Generate.descriptor
    case .score: TeacherServiceRPC.Method.Score.descriptor
    case .outputHead: TeacherServiceRPC.Method.GetOutputHead.descriptor
    }
  }
}
