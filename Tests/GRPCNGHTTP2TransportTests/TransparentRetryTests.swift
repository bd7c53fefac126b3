import GRPCCore
import GRPCNGHTTP2Transport
import NIOConcurrencyHelpers
import NIOCore
import Testing
import WireBytes

@Suite("Calls that a server did not take", .timeLimit(.minutes(1)))
struct TransparentRetryTests {
  private typealias Client = GRPCClient<NGHTTP2ClientTransport>

  private static func withClient<R: Sendable>(
    _ address: NetworkAddress, _ configure: (inout NGHTTP2ClientTransport.Configuration) -> Void = { _ in },
    _ body: @Sendable @escaping (Client) async throws -> R
  ) async throws -> R {
    var configuration = NGHTTP2ClientTransport.Configuration()
    configure(&configuration)
    return try await withRunningClient(NGHTTP2ClientTransport(target: address, configuration: configuration)) {
      client in
      let result = try await body(client)
      client.beginGracefulShutdown()
      return result
    }
  }

  private static func unary(_ client: Client, size: Int = 1) async throws -> Int? {
    try await client.unary(
      request: ClientRequest(message: WireBytes(patterned: size)), descriptor: EchoService.echo,
      serializer: RawCoding(), deserializer: RawCoding(), options: .defaults
    ) { Int(try $0.message.text) }
  }

  /// Streams messages, one after another; returns what the server says of their bytes.
  private static func collect(_ client: Client, count: Int, size: Int, pause: Tally? = nil) async throws -> Int? {
    try await client.clientStreaming(
      request: StreamingClientRequest { writer in
        for index in 0..<count {
          try await writer.write(WireBytes(patterned: size, seed: index))
          if index == 0 { await pause?.reaches(1) }
        }
      }, descriptor: EchoService.collect, serializer: RawCoding(), deserializer: RawCoding(), options: .defaults
    ) { Int(try $0.message.text) }
  }

  /// A server that treats the streams of a client as `refuse` says, and answers with the number of their bytes.
  private static func serve<R: Sendable>(
    refuse: @escaping @Sendable (_ stream: Int, _ session: HTTP2Session, HTTP2Stream, any Channel) -> Bool,
    _ body: (NetworkAddress, _ streams: Tally) async throws -> R
  ) async throws -> R {
    let streams = Tally()
    let sizes = NIOLockedValueBox<[Int32: Int]>([:])
    return try await ScriptedPeer.serve { session, event, channel in
      switch event {
      case .headers(let stream, _, _, _, _):
        streams.add()
        if refuse(streams.count, session, stream, channel) { return }
        sizes.withLockedValue { $0[stream.id] = 0 }
      case .message(let stream, let message):
        sizes.withLockedValue { $0[stream.id]? += message.count }
      case .remoteEnd(let stream):
        guard let size = sizes.withLockedValue({ $0.removeValue(forKey: stream.id) }) else { return }
        session.submitResponse([":status": "200", "content-type": "application/grpc"], on: stream, endStream: false)
        session.send(WireBytes(text: "\(size)").framed, on: stream)
        session.end(stream, trailers: ["grpc-status": "0"])
      default: break
      }
    } _: { address in
      try await body(address, streams)
    }
  }

  private static func refuseFirst(_ count: Int) -> @Sendable (Int, HTTP2Session, HTTP2Stream, any Channel) -> Bool {
    { index, session, stream, _ in
      guard index <= count else { return false }
      session.reset(stream, .refusedStream)
      return true
    }
  }

  @Test("a refused call is repeated once, without a policy", arguments: [1, 100_000, 3 << 20])
  func refusedOnce(size: Int) async throws {
    try await Self.serve(refuse: Self.refuseFirst(1)) { address, streams in
      try await Self.withClient(address) { client in
        let echoed = try await Self.unary(client, size: size)
        #expect(echoed == size)
      }
      #expect(streams.count == 2)
    }
  }

  @Test("a call that is refused twice is UNAVAILABLE")
  func refusedTwice() async throws {
    try await Self.serve(refuse: Self.refuseFirst(9)) { address, streams in
      try await Self.withClient(address) { client in
        let error = await #expect(throws: RPCError.self) { try await Self.unary(client) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("REFUSED_STREAM") == true)
      }
      #expect(streams.count == 2)
    }
  }

  @Test("a call above the last id of a GOAWAY goes to a new connection", arguments: [1, 100_000])
  func goAway(size: Int) async throws {
    try await Self.serve { index, _, _, channel in
      guard index == 1 else { return false }
      channel.writeAndFlush(ByteBuffer(bytes: frame(type: 7, [0, 0, 0, 0, 0, 0, 0, 0])), promise: nil)
      return true
    } _: { address, streams in
      try await Self.withClient(address) { client in
        let echoed = try await Self.unary(client, size: size)
        #expect(echoed == size)
      }
      #expect(streams.count == 2)
    }
  }

  @Test("a stream of messages begins again with all that was written", arguments: [(1, 10), (50, 1000), (3, 0)])
  func streamBeginsAgain(count: Int, size: Int) async throws {
    try await Self.serve(refuse: Self.refuseFirst(1)) { address, _ in
      try await Self.withClient(address) { client in
        let sum = try await Self.collect(client, count: count, size: size)
        #expect(sum == count * size)
      }
    }
  }

  @Test("a stream whose writer still writes goes on upon the other stream")
  func streamGoesOn() async throws {
    let refused = Tally()
    let refuse = Self.refuseFirst(1)
    try await Self.serve { index, session, stream, channel in
      // The writer is let go on once the second stream is there.
      if index == 2 { refused.add() }
      return refuse(index, session, stream, channel)
    } _: { address, streams in
      try await Self.withClient(address) { client in
        let sum = try await Self.collect(client, count: 500, size: 1000, pause: refused)
        #expect(sum == 500_000)
      }
      #expect(streams.count == 2)
    }
  }

  @Test("what exceeds the replay limit is not kept, and so not repeated")
  func limited() async throws {
    let streams = Tally()
    let messages = Tally()
    try await ScriptedPeer.serve { session, event, _ in
      if case .headers = event { streams.add() }
      guard case .message(let stream, _) = event else { return }
      messages.add()
      if messages.count == 8 { session.reset(stream, .refusedStream) }
    } _: { address in
      try await Self.withClient(address) {
        $0.maxReplayBytes = 5000
      } _: { client in
        let error = await #expect(throws: RPCError.self) { try await Self.collect(client, count: 8, size: 1000) }
        #expect(error?.code == .unavailable)
      }
      #expect(streams.count == 1)
    }
  }

  @Test("an answer that has begun is not repeated")
  func begun() async throws {
    let ok = headers((":status", "200"), ("content-type", "application/grpc"))
    let refused = frame(type: 3, stream: 1, [0, 0, 0, 7])
    try await RawServer.serve([[.end: [.send(ok), .sendLater(refused)]]]) { address in
      try await Self.withClient(address) { client in
        let error = await #expect(throws: RPCError.self) { try await Self.unary(client) }
        #expect(error?.code == .unavailable)
      }
    }
  }

  @Test("a call that waited for a stream on a connection that closed goes to the next")
  func neverSent() async throws {
    let noStreams = frame(type: 4, [0, 3, 0, 0, 0, 0])
    let answer =
      headers((":status", "200"), ("content-type", "application/grpc"))
      + frame(type: 0, stream: 1, [0, 0, 0, 0, 1, 7])
      + headers(("grpc-status", "0"), flags: 5)
    let acknowledgement = frame(type: 4, flags: 1)
    let scripts: [RawServer.Script] = [
      [.open: [.send(noStreams)], .settings: [.send(acknowledgement), .closeLater]],
      [.open: [.send(frame(type: 4))], .settings: [.send(acknowledgement)], .end: [.send(answer)]],
    ]
    try await RawServer.serve(scripts, greets: false) { address in
      try await Self.withClient(address) {
        $0.backoff = ConnectionBackoff(initial: .milliseconds(10), maximum: .milliseconds(20))
      } _: { client in
        var options = CallOptions.defaults
        options.waitForReady = true
        let count = try await client.unary(
          request: ClientRequest(message: WireBytes([1])), descriptor: EchoService.echo, serializer: RawCoding(),
          deserializer: RawCoding(), options: options
        ) { try $0.message.count }
        #expect(count == 1)
      }
    }
  }
}
