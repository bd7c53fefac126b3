import GRPCNGHTTP2Transport
import NIOCore
import Testing

/// Frames that a server sends to a client whose request is on stream 1, and what the client must do then.
struct ClientScript: Sendable, CustomTestStringConvertible {
  /// What the client does. Several: one of them.
  enum Reaction: Sendable, Hashable {
    /// The connection goes on; the call waits.
    case nothing
    /// The connection ends with GOAWAY.
    case goAway(HTTP2ErrorCode)
    /// The call ends with RST_STREAM; the connection goes on.
    case reset(HTTP2ErrorCode)
    /// The call has ended with so many header lists.
    case ended(headers: Int)
  }

  let name: String
  let frames: Frames
  let expected: [Reaction]

  init(_ name: String, _ frames: Frames, _ expected: Reaction...) {
    self.name = name
    self.frames = frames
    self.expected = expected
  }

  var testDescription: String { name }

  func play(cut: Int) throws -> Set<Reaction> {
    let client = try HTTP2Session(role: .client, configuration: ConnectionConfiguration()) { .zero }
    let headers: HeaderFields = [":method": "POST", ":scheme": "http", ":path": "/a/b", ":authority": "x"]
    let stream = try #require(client.submitRequest(headers, maxMessageBytes: 1000))
    client.end(stream)
    _ = try client.produce(limit: 1 << 20)
    var events: [HTTP2Session.Event] = []
    var output: [UInt8] = []
    var rest = (Frames.settings().bytes + frames.bytes + Frames.ping(0xEE).bytes)[...]
    while !rest.isEmpty {
      do {
        try client.receive(ByteBuffer(bytes: rest.prefix(cut)))
      } catch {
        client.terminate(.protocolError)
      }
      rest = rest.dropFirst(cut)
      events += client.takeEvents()
      for piece in try client.produce(limit: 1 << 20) { output += Array(piece.readableBytesView) }
      let isFlooded = events.contains { if case .flood = $0 { true } else { false } }
      if isFlooded || !client.isAlive { break }
    }
    return reactions(events, wholeFrames(in: output))
  }

  private func reactions(
    _ events: [HTTP2Session.Event], _ sent: [(type: UInt8, flags: UInt8, stream: UInt32, payload: [UInt8])]
  ) -> Set<Reaction> {
    let code = { (payload: ArraySlice<UInt8>) in HTTP2ErrorCode(rawValue: number(payload)) ?? .internalError }
    if let goAway = sent.last(where: { $0.type == 7 }) {
      return [.goAway(code(goAway.payload.dropFirst(4).prefix(4)))]
    }
    // The owner of the session ends it then.
    if events.contains(where: { if case .flood = $0 { true } else { false } }) { return [.goAway(.enhanceYourCalm)] }
    if let reset = sent.last(where: { $0.type == 3 }) { return [.reset(code(reset.payload[...]))] }
    let lists = events.filter { if case .headers = $0 { true } else { false } }.count
    let hasEnded = events.contains { if case .closed = $0 { true } else { false } }
    return [hasEnded ? .ended(headers: lists) : .nothing]
  }
}

private func good(_ more: [(String, String)] = []) -> Block {
  Block([(":status", "200"), ("content-type", "application/grpc")] + more)
}

private let trailers = Block([("grpc-status", "0")])

let clientScripts: [ClientScript] = [
  ClientScript(
    "an answer", [.headers(1, good(), end: false), .data(1, [0, 0, 0, 0, 1, 7]), .headers(1, trailers)],
    .ended(headers: 2)),
  ClientScript("trailers alone", [.headers(1, good([("grpc-status", "5")]))], .ended(headers: 1)),
  ClientScript(
    "padding everywhere",
    [
      .frame(1, 0xC, 1, [2] + good().bytes + [0, 0]), .frame(0, 8, 1, [3, 0, 0, 0, 0, 1, 7, 9, 9, 9]),
      .frame(1, 0xD, 1, [1] + trailers.bytes + [0]),
    ], .ended(headers: 2)),
  ClientScript(
    "an informational answer before the answer",
    [
      .headers(1, Block([(":status", "103"), ("link", "x")]), end: false), .headers(1, good(), end: false),
      .headers(1, trailers),
    ], .ended(headers: 2)),
  ClientScript(
    "headers in pieces",
    [.headersBegin(1, good(), end: false), .continuation(1, Block([("a", "b")])), .headers(1, trailers)],
    .ended(headers: 2)),
  ClientScript("no answer", [], .nothing),
  ClientScript("unknown frames", [.frame(0x16, 0, 1, [1]), .frame(0xA, 0, 0, [1])], .nothing),
  ClientScript(
    "a push that was not allowed", [.frame(5, 4, 1, Frames.word(2) + Block.call().bytes)], .reset(.cancel)),
  ClientScript(
    "a push after the server has read that it may not",
    [.settingsAnswer, .frame(5, 4, 1, Frames.word(2) + Block.call().bytes)], .goAway(.protocolError)),
  ClientScript("headers of a stream that nobody opened", [.headers(3, good())], .goAway(.protocolError)),
  ClientScript("headers of an even stream", [.headers(2, good())], .goAway(.protocolError)),
  ClientScript("headers of stream 0", [.headers(0, good())], .goAway(.protocolError)),
  ClientScript("DATA before headers", [.data(1, [0])], .goAway(.protocolError), .reset(.protocolError)),
  ClientScript("DATA of a stream that nobody opened", [.data(3, [0])], .goAway(.protocolError)),
  ClientScript(
    "no :status", [.headers(1, Block([("content-type", "application/grpc")]))], .reset(.protocolError),
    .goAway(.protocolError)),
  ClientScript(
    ":status twice", [.headers(1, Block([(":status", "200"), (":status", "200")]))], .reset(.protocolError)),
  ClientScript(":status that is no number", [.headers(1, Block([(":status", "2x0")]))], .reset(.protocolError)),
  ClientScript(
    "a request's pseudo-header in an answer", [.headers(1, Block([(":status", "200"), (":path", "/")]))],
    .reset(.protocolError)),
  ClientScript(
    "a status of HTTP/1 that switches protocols", [.headers(1, Block([(":status", "101")]), end: false)],
    .reset(.protocolError), .goAway(.protocolError)),
  ClientScript("a name in capitals", [.headers(1, good([("Grpc-Status", "0")]))], .reset(.protocolError)),
  ClientScript("connection-specific headers", [.headers(1, good([("connection", "close")]))], .reset(.protocolError)),
  ClientScript(
    "trailers that do not end the stream", [.headers(1, good(), end: false), .headers(1, trailers, end: false)],
    .reset(.protocolError), .goAway(.protocolError)),
  ClientScript(
    "an answer that ends twice", [.headers(1, good()), .data(1, [0])], .ended(headers: 1), .goAway(.streamClosed)),
  ClientScript(
    "less than content-length says",
    [.headers(1, good([("content-length", "9")]), end: false), .data(1, [0], end: true)], .reset(.protocolError)),
  ClientScript("headers that cannot be decompressed", [.headers(1, Block([0xBE]))], .goAway(.compressionError)),
  ClientScript(
    "a hundred CONTINUATION frames",
    [.headersBegin(1, good(), end: false), .continuation(1, .none, ends: false) * 100], .goAway(.enhanceYourCalm)),
  ClientScript("a frame too long", [.frame(0, 0, 1, zeros(16_385))], .goAway(.frameSizeError), .reset(.frameSizeError)),
  ClientScript("an increment of 0 to the connection", [.update(0, 0)], .goAway(.protocolError)),
  ClientScript("a window too large", [.update(0, 0x7FFF_FFFF)], .goAway(.flowControlError)),
  ClientScript("SETTINGS out of range", [.settings((5, 1))], .goAway(.protocolError)),
  ClientScript("SETTINGS that allow a push", [.settings((2, 1))], .goAway(.protocolError), .nothing),
  ClientScript("an answer to no SETTINGS", [.settingsAnswer, .settingsAnswer], .goAway(.protocolError)),
  ClientScript("pings, answered", [.ping(1), .ping(2)], .nothing),
  ClientScript(
    "eleven DATA frames without data", [.headers(1, good(), end: false), .data(1) * 11], .goAway(.enhanceYourCalm)),
  ClientScript("ten DATA frames without data", [.headers(1, good(), end: false), .data(1) * 10], .nothing),
  ClientScript("1,001 frames that do nothing", [.frame(0x16) * 1001], .goAway(.enhanceYourCalm)),
  ClientScript("201 SETTINGS", [.settings() * 200], .goAway(.enhanceYourCalm)),
]

@Suite("Frame scripts of a client")
struct ClientScriptTests {
  @Test("the client does what the standard asks, however the bytes are cut", arguments: clientScripts)
  func client(script: ClientScript) throws {
    for cut in [1 << 20, 7, 1] where cut > 7 || script.frames.bytes.count < 3000 {
      let reactions = try script.play(cut: cut)
      #expect(!reactions.isDisjoint(with: script.expected), "done, in pieces of \(cut): \(reactions)")
    }
  }
}
