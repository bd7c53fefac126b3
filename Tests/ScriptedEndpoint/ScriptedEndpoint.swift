internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// A question as it came over the socket.
public struct ScriptedRequest: Sendable {
  /// How many came before it.
  public let index: Int
  /// Such as `/v1/chat/completions`.
  public let path: String
  /// Names in lower case.
  public let headers: [String: String]
  /// JSON.
  public let body: String
}

/// What a script answers, faults included.
public enum ScriptedAnswer: Sendable {
  /// An answer with a body.
  case json(String, status: Int = 200, headers: [String: String] = [:])
  /// An answer of a type of its own.
  case body([UInt8], type: String)
  /// Events of a stream, each `data: …`; without an end the connection breaks off after them.
  case events([String], ends: Bool)
  /// The beginning of an answer that promises more, and then the connection's end.
  case cut(String)
  /// Nothing, for as long as the peer stays.
  case silence
}

/// What a server answers to what.
public struct Script: Sendable {
  fileprivate let answer: @Sendable (ScriptedRequest) -> ScriptedAnswer

  /// Answers as a function says.
  public static func by(_ answer: @escaping @Sendable (ScriptedRequest) -> ScriptedAnswer) -> Script {
    Script(answer: answer)
  }
}

/// An HTTP server on loopback that answers as a script says.
public final class ScriptedEndpoint: Sendable {
  /// What the server sees.
  public enum Event: Sendable, Equatable {
    /// A question came whole.
    case asked(Int)
    /// The peer closed the connection of a question without an answer.
    case closed(Int)
  }

  fileprivate struct State {
    var requests: [ScriptedRequest] = []
    var channels: [any Channel] = []
  }

  fileprivate let script: Script
  fileprivate let state = NIOLockedValueBox(State())
  /// What the server sees, in order.
  public let events: AsyncStream<Event>
  fileprivate let see: AsyncStream<Event>.Continuation
  /// Where it listens.
  public let port: Int
  private let channel: any Channel

  /// `http://127.0.0.1:PORT/v1`.
  public var url: String { "http://127.0.0.1:\(port)/v1" }
  /// All questions so far.
  public var requests: [ScriptedRequest] { state.withLockedValue { $0.requests } }

  /// Runs a body with a server.
  public static func with<Result: Sendable>(
    _ script: Script,
    _ body: (ScriptedEndpoint) async throws -> Result
  ) async throws -> Result {
    let endpoint = try await ScriptedEndpoint(script)
    do {
      let result = try await body(endpoint)
      try await endpoint.stop()
      return result
    } catch {
      try? await endpoint.stop()
      throw error
    }
  }

  private init(_ script: Script) async throws {
    self.script = script
    (events, see) = AsyncStream.makeStream()
    let box = NIOLockedValueBox<ScriptedEndpoint?>(nil)
    channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(ScriptedConnection(box))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    port = channel.localAddress?.port ?? 0
    box.withLockedValue { $0 = self }
  }

  private func stop() async throws {
    try await channel.close()
    for connection in state.withLockedValue({ $0.channels }) { connection.close(promise: nil) }
    see.finish()
  }
}

/// One connection.
private final class ScriptedConnection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let endpoint: NIOLockedValueBox<ScriptedEndpoint?>
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []
  private var unanswered: Int?

  init(_ endpoint: NIOLockedValueBox<ScriptedEndpoint?>) { self.endpoint = endpoint }

  func channelActive(context: ChannelHandlerContext) {
    let channel = context.channel
    endpoint.withLockedValue { $0 }?.state.withLockedValue { $0.channels.append(channel) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    if let unanswered { endpoint.withLockedValue { $0 }?.see.yield(.closed(unanswered)) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): (self.head, body) = (head, [])
    case .body(let bytes): body += bytes.readableBytesView
    case .end: answer(context)
    }
  }

  private func answer(_ context: ChannelHandlerContext) {
    guard let head, let endpoint = endpoint.withLockedValue({ $0 }) else { return }
    let headers = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $1 })
    let text = String(decoding: body, as: UTF8.self)
    let request = endpoint.state.withLockedValue { state in
      let request = ScriptedRequest(index: state.requests.count, path: head.uri, headers: headers, body: text)
      state.requests.append(request)
      return request
    }
    unanswered = request.index
    let answer = endpoint.script.answer(request)
    endpoint.see.yield(.asked(request.index))
    switch answer {
    case .json(let text, let status, let headers):
      write(context, Array(text.utf8), status: status, type: "application/json", headers: headers)
    case .body(let bytes, let type): write(context, bytes, status: 200, type: type, headers: [:])
    case .events(let events, let ends):
      let bytes = Array(events.map { "data: \($0)\n\n" }.joined().utf8)
      write(context, bytes, status: 200, type: "text/event-stream", headers: [:], isWhole: ends)
    case .cut(let text):
      write(context, Array(text.utf8), status: 200, type: "application/json", headers: [:], isWhole: false)
    case .silence: break
    }
  }

  private func write(
    _ context: ChannelHandlerContext, _ bytes: [UInt8], status: Int, type: String, headers: [String: String],
    isWhole: Bool = true
  ) {
    unanswered = nil
    var fields = HTTPHeaders(headers.map { ($0.key, $0.value) })
    fields.add(name: "Content-Type", value: type)
    fields.add(name: "Content-Length", value: "\(bytes.count + (isWhole ? 0 : 1000))")
    let head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: fields)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
    if isWhole {
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    } else {
      context.close(promise: nil)
    }
  }
}
