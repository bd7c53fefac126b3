import GRPCCore
import GRPCNGHTTP2Transport
import NIOConcurrencyHelpers
import Testing
import WireBytes

/// A resolver that knows one name, for addresses that a test changes.
private final class FakeResolver: NameResolver {
  private let state: NIOLockedValueBox<[NetworkAddress]>
  let lookups = Tally()

  init(_ addresses: [NetworkAddress] = []) {
    state = NIOLockedValueBox(addresses)
  }

  func become(_ addresses: [NetworkAddress]) { state.withLockedValue { $0 = addresses } }

  func addresses(of host: String, port: Int) throws -> [NetworkAddress] {
    lookups.add()
    let addresses = state.withLockedValue { $0 }
    if addresses.isEmpty { throw NameResolutionError(host: host, reason: "nobody knows it") }
    return addresses
  }
}

/// A server that runs for the length of a test, or until it is stopped.
private struct RunningServer: Sendable {
  let service: EchoService
  let server: GRPCServer<NGHTTP2ServerTransport>
  let address: NetworkAddress

  static func run<R: Sendable>(
    _ count: Int, on host: String? = nil, _ body: @Sendable @escaping ([RunningServer]) async throws -> R
  ) async throws -> R {
    try await withThrowingTaskGroup(of: Void.self) { group in
      var running: [RunningServer] = []
      for _ in 0..<count {
        let transport = NGHTTP2ServerTransport(address: .tcp(host: host ?? OwnHost.next(), port: 0))
        let service = EchoService()
        let server = GRPCServer(transport: transport, services: [service])
        group.addTask { try await server.serve() }
        running.append(RunningServer(service: service, server: server, address: try await transport.listeningAddress))
      }
      let result: R
      do {
        result = try await body(running)
      } catch {
        group.cancelAll()
        throw error
      }
      for server in running { server.server.beginGracefulShutdown() }
      try await group.waitForAll()
      return result
    }
  }
}

@Suite("Clients of several servers", .timeLimit(.minutes(1)))
struct LoadBalancingTests {
  private static func configuration(
    _ resolver: FakeResolver? = nil, _ balancing: LoadBalancing = .roundRobin
  ) -> NGHTTP2ClientTransport.Configuration {
    var configuration = NGHTTP2ClientTransport.Configuration()
    configuration.loadBalancing = balancing
    if let resolver { configuration.resolver = resolver }
    configuration.minResolutionInterval = .milliseconds(20)
    configuration.backoff = ConnectionBackoff(initial: .milliseconds(10), maximum: .milliseconds(50))
    return configuration
  }

  private static let name = ServiceTarget([.tcp(host: "teacher.test", port: 1)])

  private static func withClient<R: Sendable>(
    _ target: ServiceTarget, _ configuration: NGHTTP2ClientTransport.Configuration,
    _ body: @Sendable @escaping (GRPCClient<NGHTTP2ClientTransport>) async throws -> R
  ) async throws -> R {
    try await withRunningClient(NGHTTP2ClientTransport(service: target, configuration: configuration)) {
      client in
      let result = try await body(client)
      client.beginGracefulShutdown()
      return result
    }
  }

  private static func call(_ client: GRPCClient<NGHTTP2ClientTransport>) async throws {
    let reply = try await client.unary(
      request: ClientRequest(message: WireBytes([7])), descriptor: EchoService.echo, serializer: RawCoding(),
      deserializer: RawCoding(), options: .defaults
    ) { try $0.message }
    #expect(reply == WireBytes([7]))
  }

  private static func failure(_ client: GRPCClient<NGHTTP2ClientTransport>) async -> RPCError? {
    do { try await call(client) } catch { return error as? RPCError }
    return nil
  }

  /// Makes calls until each of the servers has answered one.
  private static func warmUp(_ client: GRPCClient<NGHTTP2ClientTransport>, _ servers: [RunningServer]) async throws {
    let before = servers.map { $0.service.echoed.count }
    repeat { try await call(client) } while zip(servers, before).contains { $0.service.echoed.count == $1 }
  }

  @Test("round robin uses three servers evenly")
  func even() async throws {
    try await RunningServer.run(3) { servers in
      try await Self.withClient(ServiceTarget(servers.map(\.address)), Self.configuration()) { client in
        try await Self.warmUp(client, servers)
        let before = servers.map { $0.service.echoed.count }
        for _ in 0..<300 { try await Self.call(client) }
        #expect(zip(servers, before).map { $0.service.echoed.count - $1 } == [100, 100, 100])
      }
    }
  }

  @Test("pick first uses one, and a service configuration asks for round robin", arguments: [false, true])
  func fromServiceConfig(asks: Bool) async throws {
    try await RunningServer.run(2) { servers in
      var configuration = Self.configuration(nil, .pickFirst)
      configuration.nextAddressDelay = .seconds(20)
      if asks { configuration.serviceConfig.loadBalancingConfig = [.roundRobin] }
      try await Self.withClient(ServiceTarget(servers.map(\.address)), configuration) { client in
        if asks { return try await Self.warmUp(client, servers) }
        for _ in 0..<20 { try await Self.call(client) }
        #expect(servers.map { $0.service.echoed.count } == [20, 0])
      }
    }
  }

  @Test("servers behind one name that come are used, those that go are left, and no call fails")
  func comeAndGo() async throws {
    try await RunningServer.run(3) { servers in
      let resolver = FakeResolver(servers[..<2].map(\.address))
      try await Self.withClient(Self.name, Self.configuration(resolver)) { client in
        try await Self.warmUp(client, Array(servers[..<2]))
        #expect(servers[2].service.echoed.count == 0)
        resolver.become(servers[1...].map(\.address))
        try await Self.warmUp(client, [servers[2]])
        let gone = servers[0].service.echoed.count
        for _ in 0..<100 { try await Self.call(client) }
        #expect(servers[0].service.echoed.count == gone)
        #expect(resolver.lookups.count >= 2)
      }
    }
  }

  @Test("with round robin no call fails while servers are stopped one after another", arguments: 0..<5)
  func rollingStop(round: Int) async throws {
    try await RunningServer.run(3) { servers in
      try await Self.withClient(ServiceTarget(servers.map(\.address)), Self.configuration()) { client in
        try await Self.warmUp(client, servers)
        let done = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<8 {
            group.addTask {
              for _ in 0..<100 {
                try await Self.call(client)
                done.add()
              }
            }
          }
          group.addTask {
            await done.reaches(200)
            servers[0].server.beginGracefulShutdown()
            await done.reaches(500)
            servers[1].server.beginGracefulShutdown()
          }
          try await group.waitForAll()
        }
        #expect(done.count == 800)
      }
    }
  }

  @Test("pick first moves on when its server stops, without a failed call")
  func pickFirstMovesOn() async throws {
    try await RunningServer.run(2) { servers in
      let resolver = FakeResolver(servers.map(\.address))
      try await Self.withClient(Self.name, Self.configuration(resolver, .pickFirst)) { client in
        for _ in 0..<10 { try await Self.call(client) }
        servers[0].server.beginGracefulShutdown()
        for _ in 0..<100 { try await Self.call(client) }
        #expect(servers[1].service.echoed.count > 0)
      }
    }
  }

  @Test("a name that nobody knows fails a call with a line that says so, and is looked up again")
  func unknownName() async throws {
    try await RunningServer.run(1) { servers in
      let resolver = FakeResolver()
      try await Self.withClient(Self.name, Self.configuration(resolver)) { client in
        let error = await #expect(throws: RPCError.self) { try await Self.call(client) }
        #expect(error?.code == .unavailable)
        #expect(error?.message == "the host name 'teacher.test' is not known: nobody knows it")
        resolver.become(servers.map(\.address))
        var options = CallOptions.defaults
        options.waitForReady = true
        let reply = try await client.unary(
          request: ClientRequest(message: WireBytes([7])), descriptor: EchoService.echo, serializer: RawCoding(),
          deserializer: RawCoding(), options: options
        ) { try $0.message }
        #expect(reply == WireBytes([7]))
      }
    }
  }

  @Test("localhost, looked up by the system, is reached")
  func localhost() async throws {
    try await RunningServer.run(1, on: "127.0.0.1") { servers in
      guard case .tcp(_, let port) = servers[0].address else { return }
      let target = try ServiceTarget(parsing: "dns:localhost:\(port)")
      try await Self.withClient(target, NGHTTP2ClientTransport.Configuration()) { try await Self.call($0) }
    }
  }

  @Test("a client that is stopped while it connects ends at once")
  func stopsWhileConnecting() async throws {
    // An address of a network for documentation: nothing answers, neither yes nor no.
    let resolver = FakeResolver([.tcp(host: "192.0.2.1", port: 9)])
    var configuration = Self.configuration(resolver)
    configuration.connectTimeout = .seconds(3600)
    try await Self.withClient(Self.name, configuration) { client in
      async let failure = Self.failure(client)
      await resolver.lookups.reaches(1)
      client.beginGracefulShutdown()
      #expect(await failure != nil)
    }
  }
}
