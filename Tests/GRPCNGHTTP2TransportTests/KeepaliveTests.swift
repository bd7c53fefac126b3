import GRPCCore
import GRPCNGHTTP2Transport
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing
import WireBytes

@Suite("Keepalive, idleness and age")
struct KeepaliveTests {
  /// What happens at a second: bytes came, how many calls are under way, how many have begun.
  struct Moment: Sendable {
    let second: Int
    let heard: Bool
    let calls: Int
    let begun: Int
    let action: KeepaliveMachine.Action?

    init(_ second: Int, heard: Bool = false, calls: Int = 0, begun: Int = 0, _ action: KeepaliveMachine.Action? = nil) {
      self.second = second
      self.heard = heard
      self.calls = calls
      self.begun = begun
      self.action = action
    }
  }

  struct Story: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let moments: [Moment]

    init(_ name: String, _ moments: Moment...) {
      testDescription = name
      self.moments = moments
    }
  }

  private func check(_ story: Story, _ start: KeepaliveMachine) {
    var machine = start
    for moment in story.moments {
      if moment.heard { machine.didReceive() }
      let action = machine.tick(at: .seconds(moment.second), calls: moment.calls, callsBegun: moment.begun)
      #expect(action == moment.action, "at second \(moment.second)")
    }
  }

  private static let clientStories = [
    Story("a client without calls never pings", Moment(1), Moment(100), Moment(1_000_000)),
    Story(
      "a minute of silence during a call is followed by a ping, and 20 s more by the end",
      Moment(1, calls: 1), Moment(60, calls: 1), Moment(61, calls: 1, .ping), Moment(80, calls: 1),
      Moment(81, calls: 1, .close(.keepaliveTimeout))),
    Story(
      "an answer, or anything else, ends the wait",
      Moment(1, calls: 1), Moment(61, calls: 1, .ping), Moment(70, heard: true, calls: 1), Moment(129, calls: 1),
      Moment(130, calls: 1, .ping), Moment(131, heard: true, calls: 1), Moment(151, calls: 1)),
    Story(
      "what comes puts the ping off",
      Moment(1, calls: 1), Moment(50, heard: true, calls: 1), Moment(61, calls: 1), Moment(109, calls: 1),
      Moment(110, calls: 1, .ping)),
    Story(
      "a call after a long rest has a minute of its own",
      Moment(1), Moment(1000), Moment(1001, calls: 1), Moment(1060, calls: 1), Moment(1061, calls: 1, .ping)),
    Story(
      "a ping whose calls have ended is waited for as well",
      Moment(1, calls: 1), Moment(61, calls: 1, .ping), Moment(62), Moment(81, .close(.keepaliveTimeout))),
    Story("a client is never too old or too idle", Moment(0), Moment(10_000_000)),
  ]

  @Test("of a client", arguments: clientStories)
  func client(story: Story) {
    check(story, .client(ConnectionConfiguration(), start: .zero, stretch: 1))
  }

  private static let serverStories = [
    Story(
      "two hours of silence during a call are followed by a ping, and 20 s more by the end",
      Moment(0, calls: 1), Moment(7199, calls: 1), Moment(7200, calls: 1, .ping), Moment(7219, calls: 1),
      Moment(7220, calls: 1, .close(.keepaliveTimeout))),
    Story(
      "half an hour without calls ends the connection, once",
      Moment(0), Moment(1799), Moment(1800, .drain(.idle)), Moment(1801), Moment(7000)),
    Story(
      "calls put idleness off, short ones too",
      Moment(0), Moment(1700, calls: 1, begun: 1), Moment(1800, begun: 1), Moment(3499, begun: 1),
      Moment(3500, begun: 2), Moment(5299, begun: 2), Moment(5300, begun: 2, .drain(.idle))),
    Story(
      "half a day ends the connection, and a minute later the calls on it",
      Moment(0, calls: 1), Moment(43_199, heard: true, calls: 1), Moment(43_200, calls: 1, .drain(.age)),
      Moment(43_259, calls: 1), Moment(43_260, calls: 1, .close(.ageGrace))),
  ]

  @Test("of a server", arguments: serverStories)
  func server(story: Story) {
    check(story, .server(ConnectionConfiguration(), start: .zero, jitter: 1))
  }

  @Test("the greatest age strays by a tenth, as it is asked to", arguments: [(0.9, 38_880), (1.1, 47_520)])
  func jitter(jitter: Double, seconds: Int) {
    var configuration = ConnectionConfiguration()
    configuration.serverKeepalive.interval = nil
    check(
      Story("", Moment(seconds - 1, calls: 1), Moment(seconds, calls: 1, .drain(.age))),
      .server(configuration, start: .zero, jitter: jitter))
  }

  @Test("a client's interval is at least 10 s, and doubles when the server complains", arguments: [(1, 10), (4, 40)])
  func shortest(stretch: Int, seconds: Int) {
    var configuration = ConnectionConfiguration()
    configuration.clientKeepalive = Keepalive(interval: .seconds(1), withoutCalls: true)
    check(
      Story("", Moment(0), Moment(seconds - 1), Moment(seconds, .ping)),
      .client(configuration, start: .zero, stretch: stretch))
  }

  @Test("complaints double the interval up to a thousandfold")
  func stretch() {
    let stretch = KeepaliveStretch()
    for factor in [1, 2, 4, 8] {
      #expect(stretch.factor == factor)
      stretch.double()
    }
    for _ in 0..<20 { stretch.double() }
    #expect(stretch.factor == 1024)
  }

  @Test("nothing is kept that is turned off")
  func off() {
    var configuration = ConnectionConfiguration()
    configuration.serverKeepalive.interval = nil
    configuration.maxIdle = nil
    configuration.maxAge = nil
    check(Story("", Moment(0), Moment(1_000_000_000)), .server(configuration, start: .zero, jitter: 1))
  }
}

@Suite("Flood guard")
struct FloodGuardTests {
  /// One thing that a peer does, and the limit of it that the defaults set.
  struct Deed: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let allowed: Int
    let limit: TransportLimit
    let perform: @Sendable (inout FloodGuard, Duration) -> TransportLimit?
  }

  private static let deeds = [
    Deed(testDescription: "resets", allowed: 200, limit: .resetsReceived) { $0.didReceiveReset(at: $1) },
    Deed(testDescription: "forced resets", allowed: 200, limit: .resetsSent) { $0.didForceReset(at: $1) },
    Deed(testDescription: "control frames", allowed: 200, limit: .controlFrames) { $0.didReceiveControlFrame(at: $1) },
    Deed(testDescription: "useless frames", allowed: 1000, limit: .uselessFrames) { $0.didReceiveUselessFrame(at: $1) },
    Deed(testDescription: "updates of a window that nothing was sent into", allowed: 1000, limit: .uselessFrames) {
      guardian, now in guardian.didReceiveWindowUpdate { now }
    },
    Deed(testDescription: "empty data", allowed: 10, limit: .emptyData) { $0.didReceiveEmptyData(at: $1) },
    Deed(testDescription: "pings during a call", allowed: 3, limit: .pings) {
      $0.didReceivePing(hasCalls: true, at: $1)
    },
    Deed(testDescription: "pings without calls", allowed: 3, limit: .pings) {
      $0.didReceivePing(hasCalls: false, at: $1)
    },
    Deed(testDescription: "pings to a client", allowed: 200, limit: .controlFrames) {
      $0.didReceivePing(hasCalls: nil, at: $1)
    },
  ]

  @Test("allows so many at once, and not one more", arguments: deeds)
  func burst(deed: Deed) {
    var flood = FloodGuard(ConnectionConfiguration())
    for index in 0..<deed.allowed { #expect(deed.perform(&flood, .zero) == nil, "number \(index + 1)") }
    #expect(deed.perform(&flood, .zero) == deed.limit)
  }

  @Test("allows as many again in half a minute, evenly", arguments: deeds.prefix(3))
  func paced(deed: Deed) {
    var flood = FloodGuard(ConnectionConfiguration())
    for index in 0..<2000 { #expect(deed.perform(&flood, .milliseconds(150 * index)) == nil, "number \(index + 1)") }
    var last = Duration.milliseconds(150 * 2000)
    var count = 0
    while deed.perform(&flood, last) == nil, count < 1000 {
      last += .milliseconds(75)
      count += 1
    }
    #expect((200...420).contains(count), "twice as often is too often after \(count)")
  }

  @Test("useless frames are forgotten at 50 a second")
  func uselessFramesPerSecond() {
    var flood = FloodGuard(ConnectionConfiguration())
    for index in 0..<5000 { #expect(flood.didReceiveUselessFrame(at: .milliseconds(20 * index)) == nil) }
    for index in 0..<1000 { #expect(flood.didReceiveUselessFrame(at: .seconds(200)) == nil, "number \(index)") }
    #expect(flood.didReceiveUselessFrame(at: .seconds(200)) == .uselessFrames)
  }

  @Test(
    "pings half a minute apart during a call are right, five minutes apart without",
    arguments: [(true, 30), (false, 300)])
  func rightPings(hasCalls: Bool, seconds: Int) {
    var flood = FloodGuard(ConnectionConfiguration())
    for index in 0..<100 {
      #expect(flood.didReceivePing(hasCalls: hasCalls, at: .seconds(seconds * index)) == nil)
    }
    for _ in 0..<2 { #expect(flood.didReceivePing(hasCalls: hasCalls, at: .seconds(seconds * 100 - 1)) == nil) }
    #expect(flood.didReceivePing(hasCalls: hasCalls, at: .seconds(seconds * 100 - 1)) == .pings)
  }

  @Test("a ping after each batch of data measures the way, and takes the strikes back")
  func paidPings() {
    var flood = FloodGuard(ConnectionConfiguration())
    for _ in 0..<3 { #expect(flood.didReceivePing(hasCalls: true, at: .zero) == nil) }
    for _ in 0..<10_000 {
      flood.didSendFrame()
      #expect(flood.didReceivePing(hasCalls: true, at: .zero) == nil)
    }
    for _ in 0..<2 { #expect(flood.didReceivePing(hasCalls: true, at: .zero) == nil) }
    #expect(flood.didReceivePing(hasCalls: true, at: .zero) == .pings)
  }

  @Test("four updates of a window are free for each frame that was sent")
  func windowUpdates() {
    var flood = FloodGuard(ConnectionConfiguration())
    for _ in 0..<5000 {
      flood.didSendFrame()
      for _ in 0..<4 { #expect(flood.didReceiveWindowUpdate { .zero } == nil) }
    }
  }

  @Test("data between empty frames begins the count anew")
  func emptyData() {
    var flood = FloodGuard(ConnectionConfiguration())
    for _ in 0..<50 {
      for _ in 0..<10 { #expect(flood.didReceiveEmptyData(at: .zero) == nil) }
      flood.didReceiveData()
    }
  }
}

@Suite("A server that complains", .timeLimit(.minutes(1)))
struct ComplaintTests {
  @Test("a GOAWAY says in the error of calls why it came")
  func tooManyPings() async throws {
    try await ScriptedPeer.serve { session, event, channel in
      guard case .headers(let stream, _, _, _, _) = event else { return }
      session.submitResponse([":status": "200", "content-type": "application/grpc"], on: stream, endStream: false)
      session.submitGoAway(.enhanceYourCalm, reason: TransportLimit.pings.rawValue)
      channel.eventLoop.scheduleTask(in: .milliseconds(10)) { channel.close(promise: nil) }
    } _: { address in
      try await withRunningClient(NGHTTP2ClientTransport(target: address)) { client in
        let error = await #expect(throws: RPCError.self) {
          try await client.unary(
            request: ClientRequest(message: WireBytes([1])), descriptor: EchoService.echo, serializer: RawCoding(),
            deserializer: RawCoding(), options: .defaults
          ) { try $0.message }
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message == "the server closed the connection: ENHANCE_YOUR_CALM (too_many_pings)")
        client.beginGracefulShutdown()
      }
    }
  }
}

@Suite("Keepalive of a client in memory")
struct ClientKeepaliveTests {
  /// A client's end, and what it said when it ended.
  private final class MemoryClient {
    let channel = EmbeddedChannel()
    let stretch = KeepaliveStretch()
    private let connection: InlineClient.Connection
    private let ended: NIOLockedValueBox<RPCError?>
    private var output: [UInt8] = []

    init() throws {
      let ended = NIOLockedValueBox<RPCError?>(nil)
      self.ended = ended
      connection = try InlineClient.add(to: channel, configuration: ConnectionConfiguration(), stretch: stretch) {
        error in
        ended.withLockedValue { $0 = error }
      }
      channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
      receive(.settings())
    }

    var error: RPCError? { ended.withLockedValue { $0 } }

    func open() throws {
      try connection.open(EchoService.hang, token: 1)
      advance(by: .zero)
    }

    func receive(_ frames: Frames) {
      channel.pipeline.fireChannelRead(ByteBuffer(bytes: frames.bytes))
      channel.pipeline.fireChannelReadComplete()
      advance(by: .zero)
    }

    func advance(by time: Duration) { channel.embeddedEventLoop.advanceTime(by: TimeAmount(time)) }

    /// Keepalive pings that were sent.
    var pings: Int {
      while let piece = try? channel.readOutbound(as: ByteBuffer.self) { output += Array(piece.readableBytesView) }
      let frames = wholeFrames(in: Array(output.dropFirst(Frames.magic.bytes.count)))
      return frames.filter { $0.type == 6 && $0.flags == 0 }.count
    }
  }

  @Test("a server that is silent for a minute is asked, and after 20 s more its calls fail")
  func silence() throws {
    let client = try MemoryClient()
    client.advance(by: .seconds(3600))
    #expect(client.pings == 0)
    try client.open()
    client.advance(by: .seconds(59))
    #expect(client.pings == 0)
    client.advance(by: .seconds(10))
    #expect(client.pings == 1)
    client.receive(.ping(0xA8, answers: true))
    client.advance(by: .seconds(69))
    #expect(client.pings == 2)
    #expect(client.error == nil)
    client.advance(by: .seconds(26))
    #expect(client.error?.code == .unavailable)
    #expect(client.error?.message == "the peer did not answer a keepalive ping in time")
    #expect(!client.channel.isActive)
  }

  @Test("who is told that its pings are too many doubles their distance, for all its connections")
  func complaint() throws {
    let client = try MemoryClient()
    try client.open()
    client.receive(.goAway(last: 1, 11, "too_many_pings"))
    #expect(client.stretch.factor == 2)
    #expect(client.error == nil)
  }
}
