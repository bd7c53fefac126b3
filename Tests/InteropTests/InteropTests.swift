import ForeignPython
import GRPCCore
import GRPCNGHTTP2Transport
import Testing

private let cases = InteropCase.allCases

@Suite(
  "gRPC's interoperability cases, with grpcio", .enabled(if: python != nil, "\(ForeignPython.missing)"),
  .timeLimit(.minutes(5)))
struct InteropTests {
  @Test("our client passes against its server", arguments: Secured.all, cases)
  func client(security: Security, name: InteropCase) async throws {
    try await withForeignServer(security, byRelay: name.needsFlags) { try await $0.run(name) }
  }

  @Test("its client passes against our server", arguments: Secured.all, cases)
  func server(security: Security, name: InteropCase) async throws {
    try await withServer(security) { port in
      try await ForeignPeer.shared.value.run(name.rawValue, security, port: port)
    }
  }

  @Test("a thousand large calls at once on one channel of ours all succeed", arguments: Secured.all)
  func parallelClient(security: Security) async throws {
    try await withForeignServer(security) { client in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<1000 { group.addTask { try await client.largeUnary() } }
        try await group.waitForAll()
      }
    }
  }

  @Test("a connection of ours outlives thousands of cancelled calls, and so does a call beside them")
  func stormClient() async throws {
    try await withForeignServer(.plain) { client in
      try await client.converse { send, replies in
        for round in 0..<30 {
          send.yield(StreamingOutputCallRequest(sizes: [9]))
          let reply = await replies.next(isolation: #isolation)
          #expect(reply?.message.payload.body.count == 9)
          await client.cancelMany(100, seed: round)
        }
        send.finish()
        let more = await replies.next(isolation: #isolation)
        #expect(more == nil)
      }
      try await client.largeUnary()
    }
  }

  @Test("our client passes all cases beside sixteen streams that it has stopped reading")
  func stalledClient() async throws {
    try await withForeignServer(.plain, byRelay: true) { client in
      try await client.withStalledReaders(16) {
        for name in cases { try await client.run(name) }
      }
    }
  }

  @Test(
    "its client passes under load against our server", arguments: Secured.all,
    ["parallel_large_unary", "cancel_storm", "beside_stalled_readers"])
  func loadedServer(security: Security, name: String) async throws {
    try await withServer(security) { port in
      try await ForeignPeer.shared.value.run(name, security, port: port)
    }
  }

  // MARK: Ends of a connection

  private func withForeignServer(
    _ security: Security, byRelay: Bool = false, _ body: @Sendable @escaping (InteropClient) async throws -> Void
  ) async throws {
    let peer = try await ForeignPeer.shared.value
    let transport = NGHTTP2ClientTransport(
      target: try peer.address(security, byRelay: byRelay),
      configuration: try Secured(security: security, certificates: peer.greeting.certificates).client())
    try await withGRPCClient(transport: transport) { client in
      try await body(InteropClient(client: client) { try await peer.flags(of: $0, security) })
      client.beginGracefulShutdown()
    }
  }

  private func withServer(_ security: Security, _ body: @Sendable @escaping (Int) async throws -> Void) async throws {
    let peer = try await ForeignPeer.shared.value
    var configuration = try Secured(security: security, certificates: peer.greeting.certificates).server()
    // A storm of cancelled calls looks like a flood: who expects one raises the limit.
    configuration.connection.maxResetsPerWindow = 1_000_000
    let transport = NGHTTP2ServerTransport(address: .tcp(host: "127.0.0.1", port: 0), configuration: configuration)
    try await withGRPCServer(transport: transport, services: [TestService()]) { server in
      guard case .tcp(_, let port) = try await transport.listeningAddress else { return }
      try await body(port)
    }
  }
}

extension InteropClient {
  /// Begins `count` calls and cancels each, some at once, some after their first reply.
  fileprivate func cancelMany(_ count: Int, seed: Int) async {
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<count {
        group.addTask {
          let request = StreamingOutputCallRequest(sizes: [Int](repeating: 1000, count: 50))
          await withTaskGroup(of: Void.self) { call in
            let answered = AsyncStream.makeStream(of: Void.self)
            call.addTask {
              try? await pull(request) { replies in
                for try await _ in replies { answered.continuation.finish() }
              }
              answered.continuation.finish()
            }
            if (index + seed) % 2 == 0 { for await _ in answered.stream {} }
            call.cancelAll()
          }
        }
      }
    }
  }

  /// Runs `body` while `count` streams of large replies are read no further than their first.
  fileprivate func withStalledReaders(_ count: Int, _ body: @Sendable @escaping () async throws -> Void) async throws {
    let stalled = AsyncStream.makeStream(of: Void.self)
    try await withThrowingTaskGroup(of: Int.self) { group in
      var releases: [AsyncStream<Void>.Continuation] = []
      for _ in 0..<count {
        let release = AsyncStream.makeStream(of: Void.self)
        releases.append(release.continuation)
        group.addTask {
          let sizes = [Int](repeating: 1 << 20, count: 16)
          return try await pull(StreamingOutputCallRequest(sizes: sizes)) { replies in
            var replies = replies.makeAsyncIterator()
            var received = 0
            while try await replies.next() != nil {
              received += 1
              guard received == 1 else { continue }
              stalled.continuation.yield()
              for await _ in release.stream {}
            }
            return received
          }
        }
      }
      var waiting = stalled.stream.makeAsyncIterator()
      for _ in 0..<count { await waiting.next() }
      try await body()
      for release in releases { release.finish() }
      for try await received in group { #expect(received == 16) }
    }
  }
}
