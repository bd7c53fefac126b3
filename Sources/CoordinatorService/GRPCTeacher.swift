public import Authentication
internal import GRPCCore
public import GRPCNGHTTP2Transport
public import Logging
internal import WireBytes
internal import WireFormat

/// A teacher behind a socket.
final class GRPCTeacher: TeacherConnection {
  /// Where the teacher is.
  let address: String
  private let client: GRPCClient<NGHTTP2ClientTransport>
  private let deadline: Duration

  /// Names the teacher; calls succeed while ``run()`` does.
  ///
  /// - Parameters:
  ///   - place: Where it is; of a host name, one of its addresses.
  ///   - access: With what to come to it.
  ///   - deadline: The longest that one request may take.
  init(at place: ServerAddress, access: ClientAccess = .plain, deadline: Duration = .seconds(3600)) throws {
    (address, self.deadline) = ("\(place)", deadline)
    var configuration = NGHTTP2ClientTransport.Configuration()
    // Who is away is asked for again and again by whoever needs it: it is found soon after it is back.
    configuration.backoff = ConnectionBackoff(initial: .milliseconds(200), maximum: .seconds(2))
    if place.socket != place.origin { configuration.resolver = OneAddress(socket: place.socket) }
    let transport = try access.transport(to: ServiceTarget([place.origin]), configuration: configuration)
    client = GRPCClient(transport: transport, interceptors: access.interceptors)
  }

  /// Keeps the connection until cancelled.
  func run() async throws { try await client.runConnections() }

  /// Asks who the teacher is.
  func describe() async throws -> WireModelDescription { try await identify().model }

  /// Asks who the teacher is, and which of several services it is.
  func identify() async throws -> (model: WireModelDescription, instanceID: String) {
    let response = try await described()
    guard let model = response.model else {
      throw RPCError(code: .internalError, message: "Describe answered without a model")
    }
    return (model, response.instanceID)
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
  func reply(
    to request: WireBytes, of method: TeacherMethod, receive: @escaping @Sendable (WireBytes) async throws -> Void
  ) async throws {
    let (serializer, deserializer) = (PassThroughSerializer(), PassThroughDeserializer())
    let passOn: @Sendable (StreamingClientResponse<WireBytes>) async throws -> Void = { response in
      for try await message in response.messages { try await receive(message) }
    }
    switch method {
    case .generate, .outputHead:
      try await client.serverStreaming(
        request: ClientRequest(message: request, metadata: CallMetadata.ofTask), descriptor: method.descriptor,
        serializer: serializer,
        deserializer: deserializer, options: .deadline(deadline), onResponse: passOn)
    case .score:
      try await client.bidirectionalStreaming(
        request: StreamingClientRequest(metadata: CallMetadata.ofTask) { writer in try await writer.write(request) },
        descriptor: method.descriptor,
        serializer: serializer, deserializer: deserializer, options: .deadline(deadline), onResponse: passOn)
    }
  }
}

/// Knows one of a host name's addresses and no other.
private struct OneAddress: NameResolver {
  let socket: NetworkAddress

  func addresses(of host: String, port: Int) -> [NetworkAddress] { [socket] }
}

extension TeacherGroup {
  /// Names a teacher; nothing is asked before ``run()``.
  ///
  /// - Parameters:
  ///   - target: All of its replicas.
  ///   - access: With what to come to them.
  ///   - deadline: The longest that one request may take.
  /// - Throws: `AuthenticationError` where a token would leave this machine unencrypted.
  public convenience init(
    target: ServiceTarget, access: ClientAccess = .plain, deadline: Duration = .seconds(3600), logger: Logger
  ) throws {
    // What is wrong with the access is found now, and not when a host name is known.
    if target.hasNames { _ = try access.transport(to: target) }
    try self.init(target: target, logger: logger) { try GRPCTeacher(at: $0, access: access, deadline: deadline) }
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
