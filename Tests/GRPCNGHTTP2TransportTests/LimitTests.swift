import GRPCNGHTTP2Transport
import NIOCore
import Testing
import WireBytes

/// Every limit of a connection at its value, which passes, and one beyond. In memory, with the loop's own time.
@Suite("Limits of a connection")
struct LimitTests {
  private static let hello: Frames = [.magic, .settings()]

  /// What a peer does again and again, how often it may at once, and what it is told then.
  struct Flood: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let allowed: Int
    let limit: TransportLimit
    let before: Frames
    /// The frames of the number.
    let one: @Sendable (UInt32) -> Frames

    init(
      _ name: String, allowed: Int, _ limit: TransportLimit, after before: Frames = [],
      one: @escaping @Sendable (UInt32) -> Frames
    ) {
      self.testDescription = name
      self.allowed = allowed
      self.limit = limit
      self.before = before
      self.one = one
    }
  }

  private static func stream(_ number: UInt32) -> UInt32 { 2 * number + 1 }

  private static let floods = [
    Flood("rapid reset", allowed: 200, .resetsReceived) {
      [.headers(stream($0), .call("Gone"), end: false), .reset(stream($0))]
    },
    Flood("rapid reset of ended requests", allowed: 200, .resetsReceived) {
      [.headers(stream($0), .call("Gone")), .reset(stream($0))]
    },
    Flood("RST_STREAM of one closed stream", allowed: 200, .resetsReceived, after: [.headers(1, .call("Reply"))]) { _ in
      .reset(1)
    },
    Flood("wrong content-length", allowed: 200, .resetsSent) {
      [
        .headers(stream($0), .call("Gone", with: [("content-length", "9")]), end: false),
        .data(stream($0), [0], end: true),
      ]
    },
    Flood("bad header names", allowed: 200, .resetsSent) { .headers(stream($0), .call(with: [("Bad", "x")])) },
    Flood("connection-specific headers", allowed: 200, .resetsSent) {
      .headers(stream($0), .call(with: [("upgrade", "x")]))
    },
    Flood("a stream's window too large", allowed: 200, .resetsSent) {
      [.headers(stream($0), .call("Hold")), .update(stream($0), 0x7FFF_FFFF)]
    },
    Flood("header bombs", allowed: 200, .resetsSent) {
      .headers(stream($0), .call(with: (0..<70).map { ("a\($0)", "b") }))
    },
    Flood("SETTINGS", allowed: 199, .controlFrames) { _ in .settings() },
    Flood("PRIORITY", allowed: 199, .controlFrames) { .priority(stream($0)) },
    Flood("answers to no ping", allowed: 199, .controlFrames) { _ in .ping(7, answers: true) },
    Flood("pings without calls", allowed: 3, .pings) { _ in .ping() },
    Flood("pings during a call", allowed: 3, .pings, after: [.headers(1, .call("Hold"))]) { _ in .ping() },
    Flood("unknown frames", allowed: 1000, .uselessFrames) { _ in .frame(0xBB, 0, 0, [1]) },
    Flood("unknown frames on a stream", allowed: 1000, .uselessFrames, after: [.headers(1, .call("Hold"))]) { _ in
      .frame(0xBB, 0, 1)
    },
    Flood("headers on a closed stream", allowed: 1000, .uselessFrames, after: [.headers(1, .call("/x"), end: false)]) {
      _ in .headers(1, Block([("a", "b")]))
    },
    Flood("updates of a window that nothing was sent into", allowed: 1000, .uselessFrames) { _ in .update(0, 1) },
    Flood("empty DATA", allowed: 10, .emptyData, after: [.headers(1, .call("Hold"), end: false)]) { _ in .data(1) },
    Flood("DATA that is padding alone", allowed: 10, .emptyData, after: [.headers(1, .call("Hold"), end: false)]) { _ in
      .frame(0, 8, 1, [3, 0, 0, 0])
    },
    Flood("CONTINUATION", allowed: 8, .continuations, after: [.headersBegin(1, .call("Hold"))]) { _ in
      .continuation(1, .none, ends: false)
    },
  ]

  @Test("so much passes, and one more ends the connection with the limit's name", arguments: floods)
  func flood(flood: Flood) throws {
    let server = try MemoryServer()
    try server.receive([Self.hello, flood.before])
    for number in 0..<UInt32(flood.allowed) {
      try server.receive(flood.one(number))
      try #require(server.goAway == nil, "number \(number + 1)")
    }
    // Two more: what a peer is reset for counts when the reset is sent.
    for number in 0..<2 { try server.receive(flood.one(UInt32(flood.allowed + number))) }
    #expect(server.goAway?.code == .enhanceYourCalm)
    #expect(server.goAway?.text == flood.limit.rawValue)
    #expect(server.limits.counts[flood.limit] == 1)
    #expect(!server.isOpen)
  }

  @Test("all at once is refused as well, and little is done for it", arguments: floods)
  func burst(flood: Flood) throws {
    let server = try MemoryServer()
    let frames = (0..<5000).flatMap { flood.one($0).bytes }
    try server.receive([Self.hello, flood.before, Frames(frames)])
    // Some of it is an error of HTTP/2 before it is too much.
    #expect([.enhanceYourCalm, .protocolError, .streamClosed].contains(server.goAway?.code))
    #expect(server.calls.count <= 201)
    #expect(server.output.count < 64 << 10)
    #expect(!server.isOpen)
  }

  @Test("paced below its rate a peer is never refused", arguments: floods.prefix(11))
  func paced(flood: Flood) throws {
    let server = try MemoryServer()
    try server.receive([Self.hello, flood.before])
    for number in 0..<UInt32(1000) {
      server.advance(by: .milliseconds(151))
      try server.receive(flood.one(number))
    }
    #expect(server.goAway == nil)
  }

  @Test("resets do not free the place of a handler that still runs")
  func orphans() throws {
    let server = try MemoryServer()
    try server.receive(Self.hello)
    for number in 0..<UInt32(150) {
      try server.receive([.headers(Self.stream(number), .call("Hold")), .reset(Self.stream(number))])
    }
    #expect(server.calls.count == 100)
    #expect(server.limits.counts[.runningCalls] == 50)
    #expect(server.goAway == nil)
    for call in server.calls { call.leave() }
    server.advance(by: .milliseconds(1))
    try server.receive(.headers(Self.stream(150), .call("Hold")))
    #expect(server.calls.count == 101)
  }

  // MARK: Time

  @Test(
    "a handshake may take 10 s",
    arguments: [[], .raw("PRI * HTTP/2.0\r\n"), .magic, [.magic, .raw([0, 0, 6, 4, 0, 0, 0, 0, 0])]] as [Frames])
  func handshake(start: Frames) throws {
    let server = try MemoryServer()
    try server.receive(start)
    server.advance(by: .milliseconds(9900))
    #expect(server.isOpen)
    server.advance(by: .milliseconds(2600))
    #expect(!server.isOpen)
    #expect(server.limits.counts[.handshakeTime] == 1)
  }

  @Test(
    "a header list may take 10 s",
    arguments: [
      .headersBegin(1, .call()), [.headersBegin(1, .call()), .continuation(1, .none, ends: false)],
      .raw([0, 0, 200, 1, 5, 0, 0, 0, 1, 0x82]),
    ] as [Frames])
  func slowHeaders(start: Frames) throws {
    let server = try MemoryServer()
    try server.receive([Self.hello, start])
    server.advance(by: .seconds(10))
    #expect(server.isOpen)
    server.advance(by: .seconds(5))
    #expect(server.goAway?.code == .enhanceYourCalm)
    #expect(server.goAway?.text == "headers_timeout")
  }

  @Test("header lists that end one after another are not slow")
  func manyHeaders() throws {
    let server = try MemoryServer()
    try server.receive(Self.hello)
    for number in 0..<UInt32(60) {
      try server.receive(.headersBegin(Self.stream(number), .call("Reply")))
      server.advance(by: .seconds(5))
      try server.receive(.continuation(Self.stream(number), .none))
    }
    #expect(server.isOpen)
  }

  @Test("a stream whose window stays closed is reset after a minute, and the connection goes on")
  func stalledOutput() throws {
    let server = try MemoryServer()
    try server.receive([Self.hello, .settings((4, 0)), .headers(1, .call("Reply"))])
    server.advance(by: .seconds(60))
    #expect(try !server.reactions().contains(.reset(1, .cancel)))
    server.advance(by: .seconds(10))
    #expect(try server.reactions().contains(.reset(1, .cancel)))
    #expect(server.limits.counts[.streamStall] == 1)
    #expect(server.isOpen)
  }

  @Test("a window that opens by a byte now and then is closed all the same")
  func dribble() throws {
    let server = try MemoryServer()
    try server.receive([Self.hello, .settings((4, 0)), .headers(1, .call("Big"))])
    server.calls.first?.begin()
    server.calls.first?.send(WireBytes(patterned: 100_000))
    for _ in 0..<15 {
      server.advance(by: .seconds(5))
      try server.receive(.update(1, 1))
    }
    #expect(server.limits.counts[.streamStall] == 1)
  }

  @Test("a message that was begun and does not come is not waited for longer than a minute")
  func stalledInput() throws {
    let server = try MemoryServer()
    try server.receive([Self.hello, .headers(1, .call("Hold"), end: false), .data(1, [0, 0, 0, 1, 0, 7])])
    server.advance(by: .seconds(60))
    #expect(server.limits.counts[.streamStall] == 0)
    server.advance(by: .seconds(10))
    #expect(server.limits.counts[.streamStall] == 1)
  }

  @Test(
    "a handler that reads and answers slowly is nobody's fault", arguments: [Frames.data(1, [0, 0, 0, 0, 1, 7]), []])
  func slowHandler(message: Frames) throws {
    let server = try MemoryServer()
    try server.receive([Self.hello, .headers(1, .call("Hold"), end: false), message])
    server.advance(by: .seconds(3600))
    #expect(server.limits.counts.total == 0)
    #expect(server.isOpen)
  }

  @Test("a call may last as long as the server says")
  func callDuration() throws {
    var configuration = ConnectionConfiguration()
    configuration.maxCallDuration = .seconds(30)
    let server = try MemoryServer(configuration)
    try server.receive([Self.hello, .headers(1, .call("Hold"))])
    server.advance(by: .seconds(30))
    #expect(try !server.reactions().contains(.status(1, 4)))
    server.advance(by: .seconds(10))
    #expect(try server.reactions().contains(.status(1, 4)))
    #expect(server.limits.counts[.callDuration] == 1)
    #expect(server.isOpen)
  }

  @Test("half an hour without calls ends the connection, in two steps")
  func idle() throws {
    let server = try MemoryServer()
    try server.receive(Self.hello)
    server.advance(by: .seconds(1800 - 1))
    #expect(server.goAway == nil)
    server.advance(by: .seconds(10))
    #expect(server.sent.filter { $0.type == 7 }.count >= 2)
    #expect(server.goAway?.code == .noError)
    #expect(server.goAway?.text == "max_idle")
    #expect(!server.isOpen)
  }

  @Test("half a day ends the connection; its calls have a minute more")
  func age() throws {
    let server = try MemoryServer()
    try server.receive([Self.hello, .headers(1, .call("Hold"))])
    // What keeps the connection alive: the answers to the server's pings.
    for _ in 0..<10 where server.goAway == nil {
      server.advance(by: .seconds(3600))
      try server.receive(.ping(0xA8, answers: true))
    }
    for _ in 0..<1200 where server.goAway == nil {
      server.advance(by: .seconds(10))
      try server.receive(.ping(0xA8, answers: true))
    }
    #expect(server.goAway?.code == .noError)
    #expect(server.isOpen)
    server.advance(by: .seconds(30))
    #expect(server.goAway?.text == "max_age")
    #expect(server.isOpen)
    server.advance(by: .seconds(40))
    #expect(!server.isOpen)
    #expect(server.limits.counts[.ageGrace] == 1)
  }

  @Test("a client that is silent for two hours is asked, and given 20 s")
  func keepalive() throws {
    let server = try MemoryServer()
    try server.receive([Self.hello, .headers(1, .call("Hold"))])
    server.advance(by: .seconds(7210))
    #expect(server.sent.contains { $0.type == 6 && $0.flags == 0 && $0.payload.first == 0xA8 })
    try server.receive(.ping(0xA8, answers: true))
    server.advance(by: .seconds(7210))
    #expect(server.isOpen)
    server.advance(by: .seconds(30))
    #expect(!server.isOpen)
    #expect(server.limits.counts[.keepaliveTimeout] == 1)
  }
}
