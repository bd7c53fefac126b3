import GRPCCore
import GRPCNGHTTP2Transport
import NIOCore
import Testing
import WireBytes

private typealias Deed = RawServer.Deed

/// What a server does wrong, or strangely, and how a unary call must end.
struct MisbehaviorScript: Sendable, CustomTestStringConvertible {
  let name: String
  let script: RawServer.Script
  let greets: Bool
  /// nil: the call succeeds.
  let code: RPCError.Code?
  /// What the error says.
  let says: String

  init(_ name: String, _ script: RawServer.Script, greets: Bool = true, _ code: RPCError.Code?, says: String = "") {
    self.name = name
    self.script = script
    self.greets = greets
    self.code = code
    self.says = says
  }

  /// A server that sends bytes once the request has ended.
  init(_ name: String, _ bytes: [UInt8], _ code: RPCError.Code?, says: String = "") {
    self.init(name, [.end: [.send(bytes)]], code, says: says)
  }

  var testDescription: String { name }
}

extension MisbehaviorScript {
  private static let ok = headers((":status", "200"), ("content-type", "application/grpc"))
  private static let message = data([0, 0, 0, 0, 1, 7])
  private static let done = headers(("grpc-status", "0"), flags: 5)
  private static let acknowledgement = frame(type: 4, flags: 1)

  private static func data(_ bytes: [UInt8], flags: UInt8 = 0) -> [UInt8] {
    frame(type: 0, flags: flags, stream: 1, bytes)
  }
  private static func reset(_ code: UInt8) -> [UInt8] { frame(type: 3, stream: 1, [0, 0, 0, code]) }
  private static func goAway(last: UInt8, code: UInt8 = 0, _ text: String = "") -> [UInt8] {
    frame(type: 7, [0, 0, 0, last, 0, 0, 0, code] + text.utf8)
  }
  private static func setting(_ id: UInt8, _ value: UInt32) -> [UInt8] {
    frame(type: 4, [0, id] + (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) })
  }
  private static func answer(_ status: String, _ type: String) -> [UInt8] {
    headers((":status", status), ("content-type", type)) + data(Array("<html>no</html>".utf8), flags: 1)
  }
  /// A payload with padding around it.
  private static func padded(_ payload: [UInt8], _ count: UInt8) -> [UInt8] {
    [count] + payload + [UInt8](repeating: 0, count: Int(count))
  }
  private static let windows = frame(type: 8, [0, 1, 0, 0]) + frame(type: 8, stream: 1, [0, 1, 0, 0])

  static let all = goingAway + resets + notGRPC + badStatus + badMessages + strangeButRight + closing + notHTTP2

  private static let goingAway: [MisbehaviorScript] = [
    .init("GOAWAY that keeps the call, then the answer", goAway(last: 1) + ok + message + done, nil),
    .init("GOAWAY between headers and message", ok + goAway(last: 1) + message + done, nil),
    .init(
      "GOAWAY with debug data, then the end", [.end: [.send(goAway(last: 1, code: 11, "too_many_pings")), .close]],
      .unavailable, says: "ENHANCE_YOUR_CALM"),
    .init("GOAWAY that refuses the call, again and again", goAway(last: 0), .unavailable),
    .init("two GOAWAYs, the second with a lower id", ok + goAway(last: 3) + goAway(last: 1) + message + done, nil),
    .init(
      "GOAWAY with 60 kB of debug data", goAway(last: 1, String(repeating: "x", count: 16_000)) + ok + message + done,
      nil),
  ]

  private static let resets: [MisbehaviorScript] = [
    .init("RST_STREAM instead of headers", reset(8), .cancelled, says: "CANCEL"),
    .init("RST_STREAM after headers", ok + reset(2), .internalError, says: "INTERNAL_ERROR"),
    .init("RST_STREAM inside a message", ok + data([0, 0, 0, 0, 9, 1]) + reset(11), .resourceExhausted),
    .init("RST_STREAM after a message", ok + message + reset(0), .internalError),
    .init("RST_STREAM of an unknown code", ok + frame(type: 3, stream: 1, [0, 0, 1, 0]), .internalError),
    .init("REFUSED_STREAM, then the end", [.end: [.send(reset(7)), .closeLater]], .unavailable),
    .init("trailers, then RST_STREAM(NO_ERROR)", ok + message + done + reset(0), nil),
  ]

  private static let notGRPC: [MisbehaviorScript] =
    [
      ("400", RPCError.Code.internalError), ("401", .unauthenticated), ("403", .permissionDenied),
      ("404", .unimplemented),
      ("429", .unavailable), ("500", .unknown), ("502", .unavailable), ("503", .unavailable), ("504", .unavailable),
    ].map { status, code in
      .init("HTTP \(status) with a page", answer(status, "text/html"), code, says: "HTTP status \(status)")
    } + [
      .init("a page with status 200", answer("200", "text/html"), .unknown, says: "text/html"),
      .init("gRPC-Web", answer("200", "application/grpc-web"), .unknown, says: "application/grpc-web"),
      .init("no content-type", headers((":status", "200")) + message + done, .unknown),
      .init("no :status", headers(("content-type", "application/grpc")) + message + done, .internalError),
      .init(
        "503 with gRPC's content-type", headers((":status", "503"), ("content-type", "application/grpc"), flags: 5),
        .unavailable),
    ]

  private static let badStatus: [MisbehaviorScript] = [
    .init("no trailers", ok + message + data([], flags: 1), .internalError),
    .init("headers alone", headers((":status", "200"), ("content-type", "application/grpc"), flags: 5), .unknown),
    .init(
      "trailers without grpc-status", ok + message + headers(("x", "y"), flags: 5), .unknown, says: "no grpc-status"),
    .init("grpc-status that is no number", ok + headers(("grpc-status", "fine"), flags: 5), .unknown),
    .init("grpc-status 17", ok + headers(("grpc-status", "17"), flags: 5), .unknown),
    .init("grpc-status -1", ok + headers(("grpc-status", "-1"), flags: 5), .unknown),
    .init(
      "grpc-message with broken escapes", ok + headers(("grpc-status", "9"), ("grpc-message", "%zz%C3%28"), flags: 5),
      .failedPrecondition, says: "%zz"),
    .init("grpc-status 0 without a message", ok + done, .unimplemented),
    .init("two messages where one is due", ok + message + message + done, .unimplemented),
    .init(
      "trailers-only",
      headers(
        (":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "5"), ("grpc-message", "no %C3%A4"),
        flags: 5), .notFound, says: "no ä"),
    .init(
      "trailers-only without a content-type", headers((":status", "200"), ("grpc-status", "7"), flags: 5),
      .permissionDenied),
    .init(
      "trailers in the middle, without END_STREAM", ok + headers(("grpc-status", "0")) + message + done, .internalError),
    .init(
      "an answer before the request has ended", [.headers: [.send(ok + headers(("grpc-status", "8"), flags: 5))]],
      .resourceExhausted),
  ]

  private static let badMessages: [MisbehaviorScript] = [
    .init("a compressed flag without an encoding", ok + data([1, 0, 0, 0, 1, 7]) + done, .internalError),
    .init(
      "an encoding that nobody offered",
      headers((":status", "200"), ("content-type", "application/grpc"), ("grpc-encoding", "br")) + message + done,
      .internalError, says: "'br'"),
    .init(
      "gzip that is not gzip",
      headers((":status", "200"), ("content-type", "application/grpc"), ("grpc-encoding", "gzip"))
        + data([1, 0, 0, 0, 2, 7, 7]) + done, .internalError),
    .init("an unknown flag", ok + data([2, 0, 0, 0, 1, 7]) + done, .internalError),
    .init("a length of 4 GiB", ok + data([0, 255, 255, 255, 255]) + done, .resourceExhausted),
    .init("a message cut by trailers", ok + data([0, 0, 0, 0, 9, 1]) + done, .internalError),
    .init("a message cut by END_STREAM", ok + data([0, 0, 0, 0, 9, 1], flags: 1), .internalError),
    .init("a prefix cut by trailers", ok + data([0, 0, 0]) + done, .internalError),
    .init("DATA before headers", message + ok + done, .unavailable),
    .init("DATA after trailers", ok + message + done + message, nil),
  ]

  private static let strangeButRight: [MisbehaviorScript] = [
    .init("100 and 103 first", headers((":status", "100")) + headers((":status", "103")) + ok + message + done, nil),
    .init(
      "padding on each frame",
      frame(
        type: 1, flags: 12, stream: 1, padded(hpack([(":status", "200"), ("content-type", "application/grpc")]), 200))
        + data(padded([0, 0, 0, 0, 1, 7], 255), flags: 8)
        + frame(type: 1, flags: 13, stream: 1, padded(hpack([("grpc-status", "0")]), 1)), nil),
    .init("every byte of a message in a frame of its own", ok + [0, 0, 0, 0, 1, 7].flatMap { data([$0]) } + done, nil),
    .init("empty DATA around a message", ok + data([]) + message + data([]) + done, nil),
    .init(
      "headers cut into CONTINUATION frames",
      frame(type: 1, stream: 1, hpack([(":status", "200")]))
        + frame(type: 9, flags: 4, stream: 1, hpack([("content-type", "application/grpc")])) + message + done, nil),
    .init(
      "unknown frames, settings and PRIORITY in between",
      ok + frame(type: 0xEE, [1, 2]) + setting(0xEE, 9) + frame(type: 2, stream: 1, [0, 0, 0, 0, 1]) + message + done,
      nil),
    .init(
      "50 pings in the middle",
      ok + (0..<50).flatMap { frame(type: 6, [0, 0, 0, 0, 0, 0, 0, UInt8($0)]) } + message + done, nil),
    .init(
      "a window of 0, opened later",
      [.open: [.send(setting(4, 0))], .headers: [.sendLater(windows)], .end: [.send(ok + message + done)]], nil),
    .init("one stream at a time", [.open: [.send(setting(3, 1))], .end: [.send(ok + message + done)]], nil),
    .init(
      "no streams at first",
      [.open: [.send(setting(3, 0)), .sendLater(setting(3, 10))], .end: [.send(ok + message + done)]], nil),
    .init(
      "settings that change in the middle", ok + setting(4, 100) + setting(5, 20_000) + setting(1, 0) + message + done,
      nil),
    .init(
      "an answer in drops", [.headers: [.send(Array(ok.prefix(5))), .sendLater(ok.dropFirst(5) + message + done)]], nil),
  ]

  private static let closing: [MisbehaviorScript] = [
    .init("closes when connected", [.open: [.close]], greets: false, .unavailable),
    .init("closes after SETTINGS", [.settings: [.close]], .unavailable),
    .init("closes after the request", [.end: [.close]], .unavailable, says: "lost"),
    .init("closes after headers", [.end: [.send(ok), .close]], .unavailable),
    .init("closes inside a frame", [.end: [.send(ok + message.prefix(11)), .close]], .unavailable),
    .init("closes before trailers", [.end: [.send(ok + message), .close]], .unavailable),
    .init("closes its half after headers", [.end: [.send(ok), .closeWrites]], .unavailable),
    .init("cuts the connection", [.headers: [.cut]], .unavailable),
    .init("never answers", [:], .deadlineExceeded),
    .init("never sends SETTINGS", [:], greets: false, .deadlineExceeded),
    .init("a window of 0 for ever", [.open: [.send(setting(4, 0))]], .deadlineExceeded),
    .init("no streams for ever", [.open: [.send(setting(3, 0))]], .deadlineExceeded),
    .init(
      "headers that never end", [.end: [.send(frame(type: 1, stream: 1, hpack([(":status", "200")])))]],
      .deadlineExceeded),
  ]

  private static let notHTTP2: [MisbehaviorScript] = [
    .init("HTTP/1", [.open: [.send(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))]], greets: false, .unavailable),
    .init("SSH", [.open: [.send(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8))]], greets: false, .unavailable),
    .init("a TLS alert", [.open: [.send([21, 3, 1, 0, 2, 2, 70]), .close]], greets: false, .unavailable),
    .init("garbage at first", [.open: [.send([UInt8](repeating: 0xFF, count: 100))]], greets: false, .unavailable),
    .init("garbage after headers", ok + [UInt8](repeating: 0xFF, count: 100), .unavailable),
    .init("HPACK that is none", frame(type: 1, flags: 4, stream: 1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF]), .unavailable),
    .init(
      "PUSH_PROMISE", ok + frame(type: 5, flags: 4, stream: 1, [0, 0, 0, 2] + hpack([(":path", "/")])), .unavailable),
    .init("DATA on a stream that nobody opened", ok + frame(type: 0, stream: 9, [1]), .unavailable),
    .init("a frame beyond the maximum size", ok + data([UInt8](repeating: 0, count: 70_000)), .unavailable),
    .init(
      "headers of 30 kB",
      ok + message
        + headers(
          ("grpc-status", "0"), ("x", String(repeating: "x", count: 15_000)),
          ("y", String(repeating: "x", count: 15_000)), flags: 5), .resourceExhausted),
    .init(
      "200 fields",
      ok + message
        + frame(type: 1, flags: 5, stream: 1, hpack([("grpc-status", "0")] + (0..<200).map { ("k\($0)", "v") })),
      .resourceExhausted),
    .init(
      "CONTINUATION without end",
      frame(type: 1, stream: 1, hpack([(":status", "200")]))
        + (0..<50).flatMap { frame(type: 9, stream: 1, hpack([("k\($0)", "v")])) }, .unavailable),
  ]
}

@Suite("Servers that misbehave", .timeLimit(.minutes(1)))
struct MisbehavingServerTests {
  @Test(
    "a call ends with the right code, within a second after its deadline", .ownThread, arguments: MisbehaviorScript.all)
  func ends(_ misbehavior: MisbehaviorScript) async throws {
    // Where the deadline is not what ends the call it is far away: a busy machine must not reach it.
    let deadline: Duration = misbehavior.code == .deadlineExceeded ? .milliseconds(500) : .seconds(30)
    let (error, time) = try await Self.play(misbehavior, deadline)
    #expect(time < deadline + .seconds(1))
    #expect(error?.code == misbehavior.code, "\(error.map { "\($0)" } ?? "success")")
    #expect(misbehavior.says.isEmpty || error?.message.contains(misbehavior.says) == true, "\(error?.message ?? "")")
  }

  /// Makes a call; returns how it ended, and when.
  private static func play(
    _ misbehavior: MisbehaviorScript, _ deadline: Duration
  ) async throws -> (RPCError?, Duration) {
    try await RawServer.serve([misbehavior.script], greets: misbehavior.greets) { address in
      try await withRunningClient(NGHTTP2ClientTransport(target: address)) { client in
        var options = CallOptions.defaults
        options.timeout = deadline
        let start = ContinuousClock.now
        let error = await Self.failure(client, options)
        let time = ContinuousClock.now - start
        client.beginGracefulShutdown()
        return (error, time)
      }
    }
  }

  private static func failure(
    _ client: GRPCClient<NGHTTP2ClientTransport>, _ options: CallOptions
  ) async -> RPCError? {
    do {
      _ = try await client.unary(
        request: ClientRequest(message: WireBytes([1])), descriptor: EchoService.echo, serializer: RawCoding(),
        deserializer: RawCoding(), options: options
      ) { try $0.message }
      return nil
    } catch {
      return error as? RPCError ?? RPCError(code: .unknown, message: "not an RPCError: \(error)")
    }
  }

  @Test("there are at least forty of them")
  func many() {
    #expect(MisbehaviorScript.all.count >= 40)
    #expect(Set(MisbehaviorScript.all.map(\.name)).count == MisbehaviorScript.all.count)
  }
}
