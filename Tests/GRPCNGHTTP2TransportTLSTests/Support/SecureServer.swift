import GRPCCore
import GRPCNGHTTP2Transport
import GRPCNGHTTP2TransportTLS
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import WireBytes
import WireFormat

/// Answers with its request, and in metadata with the number of certificates that the client showed; `none` without TLS.
struct Echo: RegistrableRPCService {
  static let method = MethodDescriptor(fullyQualifiedService: "test.Echo", method: "Echo", type: .unary)

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    router.registerHandler(
      forMethod: Self.method, deserializer: PassThroughDeserializer(), serializer: PassThroughSerializer()
    ) {
      request, context in
      let message = try await request.messages.first { _ in true } ?? WireBytes([])
      let peer = context.transportSpecific as? SecuredPeer
      let shown = peer.map { "\($0.certificates.count)" } ?? "none"
      return StreamingServerResponse(single: ServerResponse(message: message, metadata: ["shown": .string(shown)]))
    }
  }
}

/// A server on loopback for the length of a closure.
struct SecureServer: Sendable {
  let address: NetworkAddress
  /// Why connections were refused.
  let refusals: Refusals

  var port: Int {
    if case .tcp(_, let port) = address { port } else { 0 }
  }

  static func run<R: Sendable>(
    _ tls: TLSServerConfiguration?, handshakeTimeout: Duration = .seconds(10),
    _ body: @Sendable @escaping (SecureServer) async throws -> R
  ) async throws -> R {
    let refusals = Refusals()
    var configuration = NGHTTP2ServerTransport.Configuration()
    configuration.security = try tls.map { try TLSServerSecurity($0) }
    configuration.handshakeTimeout = handshakeTimeout
    configuration.didRefuseConnection = { refusals.add("\($1)") }
    let transport = NGHTTP2ServerTransport(address: .tcp(host: "127.0.0.1", port: 0), configuration: configuration)
    let server = GRPCServer(transport: transport, services: [Echo()])
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.serve() }
      defer { group.cancelAll() }
      return try await body(SecureServer(address: try await transport.listeningAddress, refusals: refusals))
    }
  }

  /// Calls `Echo` once; returns how many certificates the server was shown.
  func call(_ tls: TLSClientConfiguration?, bytes: Int = 100) async throws -> String? {
    try await Self.call(address, tls, bytes: bytes)
  }

  /// Calls `Echo` of any server once.
  static func call(
    _ address: NetworkAddress, _ tls: TLSClientConfiguration?, bytes: Int = 100,
    handshakeTimeout: Duration = .seconds(10)
  ) async throws -> String? {
    var configuration = NGHTTP2ClientTransport.Configuration()
    configuration.handshakeTimeout = handshakeTimeout
    configuration.security = try tls.map { try TLSClientSecurity($0) }
    let transport = NGHTTP2ClientTransport(target: address, configuration: configuration)
    return try await withGRPCClient(transport: transport) { client in
      let message = WireBytes(repeating: 7, count: bytes)
      return try await client.unary(
        request: ClientRequest(message: message), descriptor: Echo.method, serializer: PassThroughSerializer(),
        deserializer: PassThroughDeserializer(), options: .defaults
      ) { response in
        guard try response.message == message else { return "wrong" }
        return response.metadata[stringValues: "shown"].first { _ in true }
      }
    }
  }
}

/// Reasons, and a wait for the first.
final class Refusals: Sendable {
  private let stream: AsyncStream<String>
  private let continuation: AsyncStream<String>.Continuation

  init() { (stream, continuation) = AsyncStream.makeStream() }

  func add(_ reason: String) { continuation.yield(reason) }

  /// The first reason.
  var first: String {
    get async {
      for await reason in stream { return reason }
      return ""
    }
  }
}
