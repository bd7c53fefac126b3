import GRPCNGHTTP2Transport
import Testing

/// What a peer does again and again, how often it may at once, and what it is told then.
struct FloodKind: Sendable, CustomTestStringConvertible {
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

extension FloodKind {
  static func stream(_ number: UInt32) -> UInt32 { 2 * number + 1 }

  static let all = [
    FloodKind("rapid reset", allowed: 200, .resetsReceived) {
      [.headers(stream($0), .call("Gone"), end: false), .reset(stream($0))]
    },
    FloodKind("rapid reset of ended requests", allowed: 200, .resetsReceived) {
      [.headers(stream($0), .call("Gone")), .reset(stream($0))]
    },
    FloodKind("RST_STREAM of one closed stream", allowed: 200, .resetsReceived, after: [.headers(1, .call("Reply"))]) {
      _ in
      .reset(1)
    },
    FloodKind("wrong content-length", allowed: 200, .resetsSent) {
      [
        .headers(stream($0), .call("Gone", with: [("content-length", "9")]), end: false),
        .data(stream($0), [0], end: true),
      ]
    },
    FloodKind("bad header names", allowed: 200, .resetsSent) { .headers(stream($0), .call(with: [("Bad", "x")])) },
    FloodKind("connection-specific headers", allowed: 200, .resetsSent) {
      .headers(stream($0), .call(with: [("upgrade", "x")]))
    },
    FloodKind("a stream's window too large", allowed: 200, .resetsSent) {
      [.headers(stream($0), .call("Hang")), .update(stream($0), 0x7FFF_FFFF)]
    },
    FloodKind("header bombs", allowed: 50, .resetsSent) {
      .headers(stream($0), .call(with: (0..<70).map { ("a\($0)", "b") }))
    },
    FloodKind("SETTINGS", allowed: 199, .controlFrames) { _ in .settings() },
    FloodKind("PRIORITY", allowed: 199, .controlFrames) { .priority(stream($0)) },
    FloodKind("answers to no ping", allowed: 199, .controlFrames) { _ in .ping(7, answers: true) },
    FloodKind("pings without calls", allowed: 3, .pings) { _ in .ping() },
    FloodKind("pings during a call", allowed: 3, .pings, after: [.headers(1, .call("Hang"))]) { _ in .ping() },
    FloodKind("unknown frames", allowed: 1000, .uselessFrames) { _ in .frame(0xBB, 0, 0, [1]) },
    FloodKind("unknown frames on a stream", allowed: 1000, .uselessFrames, after: [.headers(1, .call("Hang"))]) { _ in
      .frame(0xBB, 0, 1)
    },
    FloodKind(
      "headers on a closed stream", allowed: 1000, .uselessFrames, after: [.headers(1, .call("/x"), end: false)]
    ) {
      _ in .headers(1, Block([("a", "b")]))
    },
    FloodKind("updates of a window that nothing was sent into", allowed: 1000, .uselessFrames) { _ in .update(0, 1) },
    FloodKind("empty DATA", allowed: 10, .emptyData, after: [.headers(1, .call("Hang"), end: false)]) { _ in .data(1) },
    FloodKind("DATA that is padding alone", allowed: 10, .emptyData, after: [.headers(1, .call("Hang"), end: false)]) {
      _ in
      .frame(0, 8, 1, [3, 0, 0, 0])
    },
    FloodKind("CONTINUATION", allowed: 8, .continuations, after: [.headersBegin(1, .call("Hang"))]) { _ in
      .continuation(1, .none, ends: false)
    },
  ]
}
