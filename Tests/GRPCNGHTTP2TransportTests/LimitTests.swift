import GRPCCore
import GRPCNGHTTP2Transport
import NIOCore
import NIOEmbedded
import Testing
import WireBytes

/// Every limit of a connection at its value, which passes, and one beyond. In memory, with the loop's own time.
@Suite("Limits of a connection")
struct LimitTests {
  private static let hello: Frames = [.magic, .settings()]

  @Test("so much passes, and one more ends the connection with the limit's name", arguments: FloodKind.all)
  func flood(flood: FloodKind) throws {
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

  @Test("all at once is refused as well, and little is done for it", arguments: FloodKind.all)
  func burst(flood: FloodKind) throws {
    let server = try MemoryServer()
    let frames = (0..<5000).flatMap { flood.one($0).bytes }
    try server.receive([Self.hello, flood.before, Frames(frames)])
    // Some of it is an error of HTTP/2 before it is too much.
    #expect([.enhanceYourCalm, .protocolError, .streamClosed].contains(server.goAway?.code))
    #expect(server.calls.count <= 201)
    #expect(server.output.count < 64 << 10)
    #expect(!server.isOpen)
  }

  @Test("paced below its rate a peer is never refused", arguments: FloodKind.all.prefix(11))
  func paced(flood: FloodKind) throws {
    let server = try MemoryServer()
    try server.receive([Self.hello, flood.before])
    for number in 0..<UInt32(1000) {
      // Limits of resets come back within thirty seconds.
      server.advance(by: .milliseconds(max(151, 30_200 / flood.allowed)))
      try server.receive(flood.one(number))
    }
    #expect(server.goAway == nil)
  }

  @Test("resets do not free the place of a handler that still runs")
  func orphans() throws {
    let server = try MemoryServer()
    try server.receive(Self.hello)
    for number in 0..<UInt32(150) {
      try server.receive(.headers(FloodKind.stream(number), .call("Hang")))
      try server.receive(.reset(FloodKind.stream(number)))
    }
    #expect(server.calls.count == 100)
    #expect(server.limits.counts[.runningCalls] == 50)
    #expect(server.goAway == nil)
    for call in server.calls { call.leave() }
    server.advance(by: .milliseconds(1))
    try server.receive(.headers(FloodKind.stream(150), .call("Hang")))
    #expect(server.calls.count == 101)
  }

  @Test("a call that is reset as it comes does not begin, and takes no place")
  func resetAtOnce() throws {
    let server = try MemoryServer()
    try server.receive(Self.hello)
    for number in 0..<UInt32(150) {
      try server.receive([.headers(FloodKind.stream(number), .call("Hang")), .reset(FloodKind.stream(number))])
    }
    #expect(server.calls.isEmpty)
    for number in 150..<UInt32(250) { try server.receive(.headers(FloodKind.stream(number), .call("Hang"))) }
    #expect(server.calls.count == 100)
    #expect(server.limits.counts.total == 0)
  }

  @Test("a client that has not read the limit may pass it by two hundred streams", arguments: [1, 301])
  func streamsBeyond(batch: Int) throws {
    let server = try MemoryServer()
    try server.receive([.magic, .settings()])
    let all = (0..<UInt32(301)).map { Frames.headers(FloodKind.stream($0), .call("Hang"), end: false) }
    for start in stride(from: 0, to: 300, by: batch) {
      #expect(server.goAway == nil)
      try server.receive(Frames(all[start..<min(start + batch, 301)].flatMap(\.bytes)))
    }
    if batch == 1 {
      #expect(server.goAway == nil)
      for frames in [all[300], all[300]] { try server.receive(frames) }
    }
    #expect(server.goAway?.text == "resets_sent")
    #expect(server.calls.count == 100)
    #expect(!server.isOpen)
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
      try server.receive(.headersBegin(FloodKind.stream(number), .call("Reply")))
      server.advance(by: .seconds(5))
      try server.receive(.continuation(FloodKind.stream(number), .none))
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
    try server.receive([Self.hello, .headers(1, .call("Hang"), end: false), .data(1, [0, 0, 0, 1, 0, 7])])
    server.advance(by: .seconds(60))
    #expect(server.limits.counts[.streamStall] == 0)
    server.advance(by: .seconds(10))
    #expect(server.limits.counts[.streamStall] == 1)
  }

  @Test(
    "a handler that reads and answers slowly is nobody's fault", arguments: [Frames.data(1, [0, 0, 0, 0, 1, 7]), []])
  func slowHandler(message: Frames) throws {
    let server = try MemoryServer()
    try server.receive([Self.hello, .headers(1, .call("Hang"), end: false), message])
    server.advance(by: .seconds(3600))
    #expect(server.limits.counts.total == 0)
    #expect(server.isOpen)
  }

  @Test("a call may last as long as the server says")
  func callDuration() throws {
    var configuration = ConnectionConfiguration()
    configuration.maxCallDuration = .seconds(30)
    let server = try MemoryServer(configuration)
    try server.receive([Self.hello, .headers(1, .call("Hang"))])
    server.advance(by: .seconds(30))
    #expect(try !server.reactions().contains(.status(1, 4)))
    server.advance(by: .seconds(10))
    #expect(try server.reactions().contains(.status(1, 4)))
    #expect(server.limits.counts[.callDuration] == 1)
    #expect(server.isOpen)
  }

  @Test(
    "a method's calls last as long as its limit says, with a deadline of theirs and without",
    arguments: [(nil, 30), ("50S", 60), ("2H", 60)] as [(String?, Int64)])
  func callTimeLimit(timeout: String?, seconds: Int64) throws {
    var configuration = ConnectionConfiguration()
    configuration.maxCallDuration = .seconds(5)
    configuration.callTimeLimits["test.Echo/Hang"] = CallTimeLimit(unnamed: .seconds(30), longest: .seconds(60))
    let server = try MemoryServer(configuration)
    try server.receive([Self.hello, .headers(1, .call("Hang", with: timeout.map { [("grpc-timeout", $0)] } ?? []))])
    server.advance(by: .seconds(seconds))
    #expect(try !server.reactions().contains(.status(1, 4)))
    server.advance(by: .seconds(10))
    #expect(try server.reactions().contains(.status(1, 4)))
    #expect(server.limits.counts[.callDuration] == 1)
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
    try server.receive([Self.hello, .headers(1, .call("Hang"))])
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
    try server.receive([Self.hello, .headers(1, .call("Hang"))])
    server.advance(by: .seconds(7210))
    #expect(server.sent.contains { $0.type == 6 && $0.flags == 0 && $0.payload.first == 0xA8 })
    try server.receive(.ping(0xA8, answers: true))
    server.advance(by: .seconds(7210))
    #expect(server.isOpen)
    server.advance(by: .seconds(30))
    #expect(!server.isOpen)
    #expect(server.limits.counts[.keepaliveTimeout] == 1)
  }

  // MARK: Peers that do not read

  @Test("answers that nobody reads end the connection, a thousand of them")
  func unreadAnswers() throws {
    var configuration = ConnectionConfiguration()
    configuration.maxControlFramesPerWindow = 1 << 20
    let server = try MemoryServer(configuration)
    try server.receive(Self.hello)
    server.channel.isWritable = false
    try server.receive(.settings() * 1000)
    #expect(server.isOpen)
    try server.receive(.settings() * 2)
    #expect(!server.isOpen)
    #expect(server.limits.counts[.acknowledgements] == 1)
  }

  @Test("who reads nothing for a minute is let go, with all that waits")
  func unreadOutput() throws {
    let server = try MemoryServer()
    try server.receive(Self.hello)
    server.channel.isWritable = false
    let sent = server.output.count
    try server.receive(Frames((0..<100).flatMap { Frames.headers(FloodKind.stream($0), .call("Reply")).bytes }))
    server.advance(by: .seconds(60))
    #expect(server.output.count == sent)
    #expect(server.isOpen)
    server.advance(by: .seconds(10))
    #expect(!server.isOpen)
    #expect(server.limits.counts[.streamStall] >= 1)
  }

  // MARK: Memory

  /// The window that the server has given back on a stream, or on the connection as stream 0.
  private func windowGiven(_ server: MemoryServer, on stream: UInt32) -> Int {
    server.sent.filter { $0.type == 8 && $0.stream == stream }.reduce(0) { $0 + Int(number($1.payload[...])) }
  }

  @Test(
    "what no reader takes stops the connection, and ends no call",
    arguments: [(size: 10_000, count: 1, window: 3 << 20), (size: 0, count: 500, window: 600 << 10)])
  func unread(size: Int, count: Int, window: Int) throws {
    var configuration = ConnectionConfiguration()
    configuration.maxUnreadBytes = 1 << 20
    configuration.connectionWindowBytes = window
    let server = try MemoryServer(configuration)
    try server.receive(Self.hello)
    let start = windowGiven(server, on: 0)
    let message = [0] + Frames.word(UInt32(size)) + zeros(size)
    let batch = (0..<count).flatMap { _ in message }
    for number in 0..<UInt32(20) {
      try server.receive(.headers(FloodKind.stream(number), .call(), end: false))
      for _ in 0..<10 { try server.receive(.data(FloodKind.stream(number), batch)) }
    }
    #expect(windowGiven(server, on: 0) == start)
    #expect(server.limits.counts.total == 0)
    // The readers go, and with them what waited.
    for call in server.calls { call.end(.ok, hasBegun: false) }
    server.advance(by: .milliseconds(100))
    #expect(windowGiven(server, on: 0) - start == 200 * batch.count)
    #expect(server.isOpen)
  }

  @Test("messages that are begun and not completed are refused, but the only one is not")
  func incomplete() throws {
    var configuration = ConnectionConfiguration()
    configuration.maxIncompleteBytes = 1 << 20
    let server = try MemoryServer(configuration)
    try server.receive([Self.hello, .headers(1, .call(), end: false), .data(1, [0, 0, 0xFF, 0xFF, 0xFF])])
    for _ in 0..<150 { try server.receive(.data(1, zeros(16_384))) }
    #expect(server.limits.counts.total == 0)
    try server.receive([.headers(3, .call(), end: false), .data(3, [0, 0, 0xFF, 0xFF, 0xFF])])
    for _ in 0..<10 { try server.receive(.data(3, zeros(16_384))) }
    #expect(try server.reactions().contains(.status(3, 8)))
    #expect(server.limits.counts[.incompleteBytes] == 1)
    #expect(server.isOpen)
  }
}
