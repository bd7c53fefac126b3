import GRPCNGHTTP2Transport
import NIOCore
import Testing
import WireBytes

/// Two sessions whose bytes go from one to the other in memory.
private struct SessionPair {
  let client: HTTP2Session
  let server: HTTP2Session

  init(client: ConnectionConfiguration = .init(), server: ConnectionConfiguration = .init()) throws {
    self.client = try HTTP2Session(role: .client, configuration: client) { .zero }
    self.server = try HTTP2Session(role: .server, configuration: server) { .zero }
  }

  /// Moves bytes until neither has any, in pieces of `cut`; returns what each side saw.
  func exchange(cut: Int = 1 << 16) throws -> (client: [HTTP2Session.Event], server: [HTTP2Session.Event]) {
    var seen: (client: [HTTP2Session.Event], server: [HTTP2Session.Event]) = ([], [])
    var isIdle = false
    while !isIdle {
      isIdle = true
      for (from, to) in [(client, server), (server, client)] {
        for var piece in try from.produce(limit: 1 << 16) {
          isIdle = false
          while let part = piece.readSlice(length: min(cut, piece.readableBytes)), part.readableBytes > 0 {
            try to.receive(part)
          }
        }
      }
      seen.client += client.takeEvents()
      seen.server += server.takeEvents()
    }
    return seen
  }

  func request(_ extra: HeaderFields = [:], maxMessageBytes: Int = 1 << 20) throws -> HTTP2Stream {
    var headers: HeaderFields = [":method": "POST", ":scheme": "http", ":path": "/a/b", ":authority": "x"]
    for field in extra.fields { headers.append(field.name, field.value) }
    return try #require(client.submitRequest(headers, maxMessageBytes: maxMessageBytes))
  }
}

extension [HTTP2Session.Event] {
  fileprivate var words: [String] {
    map { event in
      switch event {
      case .headers(_, let headers, let isFirst, let overflow, let endStream):
        "headers \(headers.fields.count)\(isFirst ? "" : " trailers")\(overflow ? " overflow" : "")\(endStream ? " end" : "")"
      case .message(_, let message): "message \(message.count)"
      case .refused(_, let error): "refused \(error)"
      case .remoteEnd: "end"
      case .closed(_, let code): "closed \(code)"
      case .settings: "settings"
      case .goAway(let last, let code): "goaway \(last) \(code)"
      case .pingAnswer(let mark): "ping \(mark)"
      case .flood(let what): "flood \(what)"
      }
    }
  }

  fileprivate var streams: [HTTP2Stream] {
    compactMap { if case .headers(let stream, _, _, _, _) = $0 { stream } else { nil } }
  }
}

@Suite("HTTP2Session")
struct HTTP2SessionTests {
  @Test("a request that is given up twice before it was sent is not heard of by the server")
  func givenUpTwice() throws {
    let pair = try SessionPair()
    let stream = try pair.request()
    pair.client.reset(stream, .cancel)
    pair.client.reset(stream, .cancel)
    let next = try pair.request()
    pair.client.end(next)
    let seen = try pair.exchange()
    #expect(pair.server.isAlive)
    #expect(seen.server.words.filter { $0.hasPrefix("headers") }.count == 1)
    #expect(seen.client.words.allSatisfy { !$0.hasPrefix("goaway") })
  }

  @Test("a request and its answer arrive in order, however the bytes are cut", arguments: [1, 3, 10, 1000, 1 << 16])
  func callInMemory(cut: Int) throws {
    let pair = try SessionPair()
    let request = try pair.request(["a": "1"])
    pair.client.send(WireBytes(patterned: 20_000).framed, on: request)
    pair.client.send(WireBytes(patterned: 0).framed, on: request)
    pair.client.end(request)
    let asked = try pair.exchange(cut: cut)
    #expect(asked.server.words == ["settings", "headers 5", "message 20000", "message 0", "end"])
    let stream = try #require(asked.server.streams.first)
    pair.server.submitResponse([":status": "200"], on: stream, endStream: false)
    pair.server.send(WireBytes(patterned: 7).framed, on: stream)
    pair.server.end(stream, trailers: ["grpc-status": "0", "b": "2"])
    let answered = try pair.exchange(cut: cut)
    #expect(answered.client.words == ["headers 1", "message 7", "headers 2 trailers end", "end", "closed 0"])
    #expect(answered.server.words == ["closed 0"])
  }

  @Test("a message larger than every window arrives, for its bytes are given back as they come")
  func largerThanWindow() throws {
    var small = ConnectionConfiguration()
    small.streamWindowBytes = 65_535
    small.connectionWindowBytes = 65_535
    let pair = try SessionPair(server: small)
    let request = try pair.request()
    pair.client.send(WireBytes(patterned: 3 << 20).framed, on: request)
    pair.client.end(request)
    #expect(try pair.exchange().server.words.suffix(2) == ["message \(3 << 20)", "end"])
  }

  @Test("an answer before the request's end tells the client to stop")
  func earlyAnswer() throws {
    let pair = try SessionPair()
    let request = try pair.request()
    let stream = try #require(try pair.exchange().server.streams.first)
    pair.server.submitResponse([":status": "415"], on: stream, endStream: true)
    let seen = try pair.exchange()
    #expect(seen.client.words == ["headers 1 end", "end", "closed 0"])
    pair.client.send(WireBytes([1]).framed, on: request)
    #expect(try pair.exchange().server.words.isEmpty)
  }

  @Test("headers beyond a limit are marked, and not kept", arguments: [(200, 1), (1, 20_000)])
  func headerOverflow(count: Int, size: Int) throws {
    let pair = try SessionPair()
    var extra = HeaderFields()
    for index in 0..<count { extra.append("k\(index)", String(repeating: "v", count: size)) }
    _ = try pair.request(extra)
    let word = try #require(try pair.exchange().server.words.last)
    #expect(word.hasSuffix(" overflow"))
  }

  @Test("an oversize message is refused at its prefix, and the connection goes on")
  func oversize() throws {
    var small = ConnectionConfiguration()
    small.maxReceiveMessageBytes = 10
    let pair = try SessionPair(server: small)
    let request = try pair.request()
    pair.client.send(WireBytes(patterned: 11).framed, on: request)
    let next = try pair.request()
    pair.client.send(WireBytes(patterned: 10).framed, on: next)
    let words = try pair.exchange().server.words
    #expect(words.contains("refused oversize(announced: 11, limit: 10)"))
    #expect(words.contains("message 10"))
  }

  @Test("requests beyond the limit of streams are sent when others end")
  func streamLimit() throws {
    var one = ConnectionConfiguration()
    one.maxConcurrentStreams = 1
    let pair = try SessionPair(server: one)
    _ = try pair.exchange()
    for _ in 0..<3 { pair.client.end(try pair.request()) }
    for _ in 0..<3 {
      let streams = try pair.exchange().server.streams
      #expect(streams.count == 1)
      pair.server.submitResponse([":status": "200"], on: try #require(streams.first), endStream: true)
    }
    #expect(try pair.exchange().server.streams.isEmpty)
  }

  @Test("a GOAWAY refuses the streams above its last id, and lets the others end")
  func goAway() throws {
    let pair = try SessionPair()
    let first = try pair.request()
    let stream = try #require(try pair.exchange().server.streams.first)
    pair.server.submitGoAway()
    let late = try pair.request()
    let seen = try pair.exchange()
    #expect(seen.client.words.contains("goaway 1 0"))
    #expect(seen.client.words.contains("closed \(HTTP2ErrorCode.refusedStream.rawValue)"))
    #expect(late.id != first.id)
    pair.client.end(first)
    pair.server.submitResponse([":status": "200"], on: stream, endStream: true)
    #expect(try pair.exchange().client.words == ["headers 1 end", "end", "closed 0"])
    #expect(!pair.server.isAlive)
  }

  @Test("a reset closes the stream on both sides, before it was sent too", arguments: [true, false])
  func reset(isSent: Bool) throws {
    let pair = try SessionPair()
    let request = try pair.request()
    pair.client.send(WireBytes(patterned: 1 << 20).framed, on: request)
    if isSent { _ = try pair.exchange() }
    pair.client.reset(request, .cancel)
    let seen = try pair.exchange()
    #expect(seen.client.words.contains { $0.hasPrefix("closed") })
    #expect(seen.server.words.contains("closed 8") == isSent)
  }
}
