import GRPCCore
import GRPCNGHTTP2Transport
import Testing
import WireBytes

@Suite("The life of connections", .timeLimit(.minutes(1)))
struct LifeTests {
  private static let local = NetworkAddress.tcp(host: "127.0.0.1", port: 0)

  private static var quickClient: NGHTTP2ClientTransport.Configuration {
    var configuration = NGHTTP2ClientTransport.Configuration()
    configuration.backoff = ConnectionBackoff(initial: .milliseconds(10), maximum: .milliseconds(50))
    return configuration
  }

  /// Runs a server for the length of `body`.
  private static func serve<R: Sendable>(
    at address: NetworkAddress = local, _ body: @Sendable @escaping (NetworkAddress) async throws -> R
  ) async throws -> R {
    let transport = NGHTTP2ServerTransport(address: address)
    let server = GRPCServer(transport: transport, services: [EchoService()])
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.serve() }
      let result = try await body(transport.listeningAddress)
      server.beginGracefulShutdown()
      try await group.waitForAll()
      return result
    }
  }

  private static func echo(
    _ client: GRPCClient<NGHTTP2ClientTransport>, waitsForReady: Bool = false, timeout: Duration? = nil
  ) async throws -> WireBytes {
    var options = CallOptions.defaults
    options.waitForReady = waitsForReady
    options.timeout = timeout
    return try await client.unary(
      request: ClientRequest(message: WireBytes([7])), descriptor: EchoService.echo, serializer: RawCoding(),
      deserializer: RawCoding(), options: options
    ) { try $0.message }
  }

  /// An address where nothing listens, has listened, or will.
  private static func deadAddress() -> NetworkAddress { .tcp(host: OwnHost.next(), port: 50_051) }

  /// Runs a server at an address where one has just stopped.
  ///
  /// A program that another test starts has copies of all sockets from its fork to its exec, and holds the address as long.
  private static func serveAgain<R: Sendable>(
    at address: NetworkAddress, _ body: @Sendable @escaping (NetworkAddress) async throws -> R
  ) async throws -> R {
    for _ in 0..<200 {
      do { return try await serve(at: address, body) } catch TransportError.addressInUse {
        try await Task.sleep(for: .milliseconds(10))
      }
    }
    return try await serve(at: address, body)
  }

  @Test("a client finds the server again after a restart")
  func reconnects() async throws {
    let address = Self.deadAddress()
    try await withRunningClient(NGHTTP2ClientTransport(target: address, configuration: Self.quickClient)) { client in
      for _ in 0..<3 {
        let reply = try await Self.serveAgain(at: address) { _ in try await Self.echo(client, waitsForReady: true) }
        #expect(reply == WireBytes([7]))
      }
    }
  }

  @Test("where nothing listens, a call fails at once and says so")
  func nothingListens() async throws {
    let address = Self.deadAddress()
    try await withRunningClient(NGHTTP2ClientTransport(target: address, configuration: Self.quickClient)) { client in
      let failure = await #expect(throws: RPCError.self) { try await Self.echo(client) }
      #expect(failure?.code == .unavailable && failure?.message == "nothing listens on \(address)")
    }
  }

  @Test("a call that waits for readiness waits until its deadline")
  func waitsUntilDeadline() async throws {
    let address = Self.deadAddress()
    try await withRunningClient(NGHTTP2ClientTransport(target: address, configuration: Self.quickClient)) {
      client in
      let error = await #expect(throws: RPCError.self) {
        try await Self.echo(client, waitsForReady: true, timeout: .milliseconds(100))
      }
      #expect(error?.code == .deadlineExceeded)
      client.beginGracefulShutdown()
    }
  }

  @Test("the first address that answers is used")
  func picksFirst() async throws {
    let dead = Self.deadAddress()
    try await Self.serve { address in
      try await withRunningClient(NGHTTP2ClientTransport(targets: [dead, address])) { client in
        let reply = try await Self.echo(client)
        #expect(reply == WireBytes([7]))
        client.beginGracefulShutdown()
      }
    }
  }

  @Test("a retry policy hides a server that refuses")
  func retries() async throws {
    let calls = Tally()
    var configuration = Self.quickClient
    let policy = RetryPolicy(
      maxAttempts: 4, initialBackoff: .milliseconds(1), maxBackoff: .milliseconds(2), backoffMultiplier: 1,
      retryableStatusCodes: [.unavailable])
    configuration.serviceConfig = ServiceConfig(
      methodConfig: [MethodConfig(names: [.init(service: "test.Echo")], executionPolicy: .retry(policy))])
    try await ScriptedPeer.serve { session, event, _ in
      guard case .headers(let stream, _, _, _, _) = event else { return }
      calls.add()
      if calls.count < 3 { return session.reset(stream, .refusedStream) }
      session.submitResponse([":status": "200", "content-type": "application/grpc"], on: stream, endStream: false)
      session.send(WireBytes([7]).framed, on: stream)
      session.end(stream, trailers: ["grpc-status": "0"])
    } _: { address in
      try await withRunningClient(NGHTTP2ClientTransport(target: address, configuration: configuration)) {
        client in
        let reply = try await Self.echo(client)
        #expect(reply == WireBytes([7]))
        client.beginGracefulShutdown()
      }
    }
    #expect(calls.count == 3)
  }

  @Test("a port in use is one clear line")
  func portInUse() async throws {
    try await Self.serve { address in
      let second = GRPCServer(transport: NGHTTP2ServerTransport(address: address), services: [EchoService()])
      let error = await #expect(throws: RuntimeError.self) { try await second.serve() }
      #expect(error?.cause as? TransportError == .addressInUse(address))
    }
  }

  @Test("a server that stops finishes the calls under way, takes no others, and ends")
  func gracefulShutdown() async throws {
    try await Loopback.run { loopback in
      let firstReply = Tally()
      let goOn = Tally()
      async let replies = loopback.client.bidirectionalStreaming(
        request: StreamingClientRequest { writer in
          try await writer.write(WireBytes([1]))
          await goOn.reaches(1)
          for index in 0..<100 { try await writer.write(WireBytes(patterned: 10_000, seed: index)) }
        }, descriptor: EchoService.chat, serializer: RawCoding(), deserializer: RawCoding(), options: .defaults
      ) { response in
        var count = 0
        for try await _ in response.messages {
          count += 1
          firstReply.add()
        }
        return count
      }
      await firstReply.reaches(1)
      loopback.server.beginGracefulShutdown()
      goOn.add()
      let count = try await replies
      #expect(count == 101)
      let error = await #expect(throws: RPCError.self) { try await loopback.unary(WireBytes([1])).message }
      #expect(error?.code == .unavailable)
    }
  }

  @Test("the grace period ends calls that would not end")
  func gracePeriod() async throws {
    var server = Loopback.ServerConfiguration()
    server.shutdownGracePeriod = .milliseconds(50)
    try await Loopback.run(server: server) { loopback in
      async let hanging = loopback.unary(WireBytes([1]), method: EchoService.hang)
      await loopback.service.hanging.reaches(1)
      loopback.server.beginGracefulShutdown()
      await loopback.service.cancelled.reaches(1)
      let response = try await hanging
      let error = #expect(throws: RPCError.self) { try response.message }
      #expect(error?.code == .unavailable || error?.code == .cancelled)
    }
  }

  @Test("a call that names no deadline has the server's, is told so, and its work stops")
  func serverDeadline() async throws {
    var server = Loopback.ServerConfiguration()
    let limit = CallTimeLimit(unnamed: .milliseconds(100), longest: .seconds(60))
    server.connection.callTimeLimits = [EchoService.hang.fullyQualifiedMethod: limit]
    try await Loopback.run(server: server) { loopback in
      // On a busy machine the time may end before the handler begins.
      repeat {
        let response = try await loopback.unary(WireBytes([1]), method: EchoService.hang)
        let error = #expect(throws: RPCError.self) { try response.message }
        #expect(error?.code == .deadlineExceeded)
        #expect(error?.message.hasPrefix("test.Echo/Hang took longer than 0.1 seconds") == true)
      } while loopback.service.hanging.count == 0
      await loopback.service.cancelled.reaches(1)
      let reply = try await loopback.unary(WireBytes([2])).message
      #expect(reply == WireBytes([2]))
    }
  }

  @Test("a Unix socket serves as well")
  func unixSocket() async throws {
    let path = "/tmp/retort-transport-\(UInt64.random(in: 0...UInt64.max)).sock"
    try await Self.serve(at: .unixSocket(path: path)) { address in
      try await withRunningClient(NGHTTP2ClientTransport(target: address)) { client in
        let reply = try await Self.echo(client)
        #expect(reply == WireBytes([7]))
        client.beginGracefulShutdown()
      }
    }
  }
}
