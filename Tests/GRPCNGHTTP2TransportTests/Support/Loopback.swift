import GRPCCore
import GRPCNGHTTP2Transport
import WireBytes

/// A server and a client of it on loopback, for the length of a closure.
struct Loopback: Sendable {
  let service: EchoService
  let serverTransport: NGHTTP2ServerTransport
  let server: GRPCServer<NGHTTP2ServerTransport>
  let clientTransport: NGHTTP2ClientTransport
  let client: GRPCClient<NGHTTP2ClientTransport>
  let address: NetworkAddress

  typealias ServerConfiguration = NGHTTP2ServerTransport.Configuration
  typealias ClientConfiguration = NGHTTP2ClientTransport.Configuration

  static func run<R: Sendable>(
    server configuration: ServerConfiguration = ServerConfiguration(),
    client clientConfiguration: ClientConfiguration = ClientConfiguration(),
    _ body: @Sendable @escaping (Loopback) async throws -> R
  ) async throws -> R {
    let service = EchoService()
    let serverTransport = NGHTTP2ServerTransport(
      address: .tcp(host: "127.0.0.1", port: 0), configuration: configuration)
    let server = GRPCServer(transport: serverTransport, services: [service])
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.serve() }
      let address = try await serverTransport.listeningAddress
      let clientTransport = NGHTTP2ClientTransport(target: address, configuration: clientConfiguration)
      let client = GRPCClient(transport: clientTransport)
      group.addTask { try await client.runUntilStopped() }
      let loopback = Loopback(
        service: service, serverTransport: serverTransport, server: server, clientTransport: clientTransport,
        client: client, address: address)
      let result: R
      do {
        result = try await body(loopback)
      } catch {
        group.cancelAll()
        throw error
      }
      client.beginGracefulShutdown()
      server.beginGracefulShutdown()
      try await group.waitForAll()
      return result
    }
  }

  /// Makes a client of a server that runs elsewhere; the server here is not started.
  static func run(at address: NetworkAddress, _ body: @Sendable @escaping (Loopback) async throws -> Void) async throws
  {
    let serverTransport = NGHTTP2ServerTransport(address: address)
    let clientTransport = NGHTTP2ClientTransport(target: address)
    try await withRunningClient(clientTransport) { client in
      let loopback = Loopback(
        service: EchoService(), serverTransport: serverTransport,
        server: GRPCServer(transport: serverTransport, services: []), clientTransport: clientTransport, client: client,
        address: address)
      try await body(loopback)
      client.beginGracefulShutdown()
    }
  }

  /// Calls `Echo`, or another method of one request and one reply.
  func unary(
    _ message: WireBytes, method: MethodDescriptor = EchoService.echo, metadata: Metadata = [:],
    options: CallOptions = .defaults
  ) async throws -> ClientResponse<WireBytes> {
    try await client.unary(
      request: ClientRequest(message: message, metadata: metadata), descriptor: method, serializer: RawCoding(),
      deserializer: RawCoding(), options: options
    ) { $0 }
  }

  /// Calls `Pull` and hands out each message.
  func pull(
    count: Int, size: Int, options: CallOptions = .defaults,
    onMessage: @escaping @Sendable (Int, WireBytes) async throws -> Void
  ) async throws -> Int {
    try await client.serverStreaming(
      request: ClientRequest(message: WireBytes(text: "\(count) \(size)")), descriptor: EchoService.pull,
      serializer: RawCoding(), deserializer: RawCoding(), options: options
    ) { response in
      var index = 0
      for try await message in response.messages {
        try await onMessage(index, message)
        index += 1
      }
      return index
    }
  }

  /// Calls `Collect` with messages made one after another; returns the server's sum of their bytes.
  func collect(count: Int, size: Int) async throws -> Int? {
    try await client.clientStreaming(
      request: StreamingClientRequest { writer in
        for index in 0..<count { try await writer.write(WireBytes(patterned: size, seed: index)) }
      }, descriptor: EchoService.collect, serializer: RawCoding(), deserializer: RawCoding(), options: .defaults
    ) { Int(try $0.message.text) }
  }

  /// Calls `Chat`, sends `messages`, and returns what comes back.
  func chat(_ messages: [WireBytes]) async throws -> [WireBytes] {
    try await client.bidirectionalStreaming(
      request: StreamingClientRequest { writer in
        for message in messages { try await writer.write(message) }
      }, descriptor: EchoService.chat, serializer: RawCoding(), deserializer: RawCoding(), options: .defaults
    ) { response in
      var replies: [WireBytes] = []
      for try await message in response.messages { replies.append(message) }
      return replies
    }
  }
}

extension GRPCClient {
  /// Runs the connections, even if the client was stopped before: a body that makes no call may end that early.
  func runUntilStopped() async throws {
    do { try await runConnections() } catch let error as RuntimeError where error.code == .clientIsStopped {}
  }
}

/// Runs a client beside the body, as `withGRPCClient` does; a body may end before the client has begun.
func withRunningClient<R: Sendable>(
  _ transport: NGHTTP2ClientTransport,
  _ body: @Sendable @escaping (GRPCClient<NGHTTP2ClientTransport>) async throws -> R
) async throws -> R {
  let client = GRPCClient(transport: transport)
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await client.runUntilStopped() }
    let result: R
    do {
      result = try await body(client)
    } catch {
      group.cancelAll()
      throw error
    }
    client.beginGracefulShutdown()
    try await group.waitForAll()
    return result
  }
}
