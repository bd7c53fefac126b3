public import GRPCNGHTTP2Transport
internal import Glibc
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import ServiceRuntime

/// Answers requests of HTTP/1.1 without TLS: for what is read on the same machine.
public struct HTTPListener: Sendable {
  /// Connections that may be open at once; more are closed as they come.
  private static let maxConnections = 16
  /// A connection on which nothing comes for so long is closed.
  private static let idleLimit = TimeAmount.seconds(30)

  private let address: NetworkAddress
  private let answer: @Sendable (HTTPRequest) async -> HTTPAnswer

  /// Makes a server that will listen on `address`; a port 0 lets the system choose one.
  ///
  /// - Parameter answer: Called for each request, for one at a time of each connection.
  public init(address: NetworkAddress, answer: @escaping @Sendable (HTTPRequest) async -> HTTPAnswer) {
    (self.address, self.answer) = (address, answer)
  }

  /// Serves until cancelled.
  ///
  /// - Parameter onListening: Called with the address once it listens.
  /// - Throws: `ServiceRuntimeError` where it cannot listen.
  public func run(onListening: @Sendable (NetworkAddress) -> Void) async throws {
    guard case .tcp(let host, _) = address else {
      throw ServiceRuntimeError.addressUnavailable(address, reason: "HTTP is served over TCP alone")
    }
    let listener = try await listen()
    onListening(.tcp(host: host, port: listener.localAddress?.port ?? 0))
    try? await withTaskCancellationHandler {
      try await listener.closeFuture.get()
    } onCancel: {
      listener.close(promise: nil)
    }
  }

  private func listen() async throws -> any Channel {
    guard case .tcp(let host, let port) = address else {
      throw ServiceRuntimeError.addressUnavailable(address, reason: "HTTP is served over TCP alone")
    }
    let (open, answer) = (NIOLockedValueBox(0), answer)
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        let isTaken = open.withLockedValue { open in
          open += 1
          return open <= Self.maxConnections
        }
        channel.closeFuture.whenComplete { _ in open.withLockedValue { $0 -= 1 } }
        guard isTaken else { return channel.close() }
        return channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(IdleStateHandler(readTimeout: Self.idleLimit))
          try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
          try pipeline.addHandler(AnsweringHandler(answer: answer))
        }
      }
    do {
      return try await bootstrap.bind(host: host, port: port).get()
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw ServiceRuntimeError.portInUse(address)
    } catch {
      throw ServiceRuntimeError.addressUnavailable(address, reason: "\(error)")
    }
  }
}

/// Answers the requests of one connection. The pipeline holds the next one back until an answer is written.
private final class AnsweringHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let answer: @Sendable (HTTPRequest) async -> HTTPAnswer
  private var head: HTTPRequestHead?

  init(answer: @escaping @Sendable (HTTPRequest) async -> HTTPAnswer) { self.answer = answer }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body: break
    case .end:
      guard let head else { return }
      self.head = nil
      let request = HTTPRequest(
        path: String(head.uri.prefix { $0 != "?" }), isRead: head.method == .GET || head.method == .HEAD,
        host: head.headers.first(name: "host"), authorization: head.headers.first(name: "authorization"))
      let (answer, bound) = (answer, NIOLoopBound((self, context), eventLoop: context.eventLoop))
      context.eventLoop.makeFutureWithTask { await answer(request) }.whenSuccess { answer in
        let (handler, context) = bound.value
        handler.write(answer, to: head, context)
      }
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is IdleStateHandler.IdleStateEvent { return context.close(promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }

  private func write(_ answer: HTTPAnswer, to request: HTTPRequestHead, _ context: ChannelHandlerContext) {
    var headers: HTTPHeaders = ["content-type": answer.contentType, "content-length": "\(answer.body.utf8.count)"]
    for (name, value) in answer.headers.sorted(by: { $0.key < $1.key }) { headers.add(name: name, value: value) }
    if !request.isKeepAlive { headers.add(name: "connection", value: "close") }
    let status = HTTPResponseStatus(statusCode: answer.status)
    let head = HTTPResponseHead(version: request.version, status: status, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if request.method != .HEAD {
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
    }
    let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
    guard !request.isKeepAlive else { return }
    let channel = context.channel
    written.whenComplete { _ in channel.close(promise: nil) }
  }
}
