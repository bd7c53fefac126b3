public import GRPCNGHTTP2Transport
internal import Glibc
public import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
public import ServiceRuntime

/// Answers `GET /metrics` over HTTP/1.1, for Prometheus to scrape.
///
/// It has neither TLS nor a token: it listens on loopback, unless the user insists.
public struct MetricsServer: Sendable {
  /// Connections that may be open at once; a scraper needs one.
  private static let maxConnections = 16
  /// A connection on which nothing comes for so long is closed.
  private static let idleLimit = TimeAmount.seconds(30)

  private let address: NetworkAddress
  private let logger: Logger
  private let render: @Sendable () -> String

  /// Makes a server that will listen on `address`; a port 0 lets the system choose one, which the log names.
  ///
  /// - Parameters:
  ///   - insecure: Whether to listen where other machines reach it.
  ///   - render: The metrics as ``PrometheusText``; called for each scrape.
  /// - Throws: `ServiceRuntimeError.exposedAddress`.
  public init(
    address: NetworkAddress, insecure: Bool, logger: Logger, render: @escaping @Sendable () -> String
  ) throws(ServiceRuntimeError) {
    if try address.checkExposure(isSecured: false, insecure: insecure) {
      logger.warning("metrics are open to other machines", metadata: ["metrics.address": "\(address)"])
    }
    (self.address, self.logger, self.render) = (address, logger, render)
  }

  /// Serves until cancelled.
  ///
  /// - Parameter onListening: Called with the port once it listens.
  /// - Throws: `ServiceRuntimeError` where it cannot listen.
  public func run(onListening: @Sendable (_ port: Int) -> Void = { _ in }) async throws {
    let listener = try await listen()
    let port = listener.localAddress?.port ?? 0
    if case .tcp(let host, _) = address {
      logger.notice(
        "metrics are served", metadata: ["metrics.address": "\(NetworkAddress.tcp(host: host, port: port))"])
    }
    onListening(port)
    try? await withTaskCancellationHandler {
      try await listener.closeFuture.get()
    } onCancel: {
      listener.close(promise: nil)
    }
  }

  private func listen() async throws -> any Channel {
    guard case .tcp(let host, let port) = address else {
      throw ServiceRuntimeError.addressUnavailable(address, reason: "metrics are served over TCP alone")
    }
    let (open, render) = (NIOLockedValueBox(0), render)
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
          try pipeline.addHandler(ScrapeHandler(render: render))
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

/// Answers the requests of one connection.
private final class ScrapeHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let render: @Sendable () -> String
  private var head: HTTPRequestHead?

  init(render: @escaping @Sendable () -> String) { self.render = render }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body: break
    case .end:
      guard let head else { return }
      self.head = nil
      answer(head, context)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is IdleStateHandler.IdleStateEvent { return context.close(promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }

  private func answer(_ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
    let path = request.uri.prefix { $0 != "?" }
    let (status, type, body): (HTTPResponseStatus, String, String)
    if path != "/metrics" {
      (status, type, body) = (.notFound, "text/plain", "metrics are at /metrics\n")
    } else if request.method != .GET, request.method != .HEAD {
      (status, type, body) = (.methodNotAllowed, "text/plain", "metrics are read with GET\n")
    } else {
      (status, type, body) = (.ok, PrometheusText.contentType, render())
    }
    var headers: HTTPHeaders = ["content-type": type, "content-length": "\(body.utf8.count)"]
    if !request.isKeepAlive { headers.add(name: "connection", value: "close") }
    let head = HTTPResponseHead(version: request.version, status: status, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if request.method != .HEAD {
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
    }
    let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
    guard !request.isKeepAlive else { return }
    let channel = context.channel
    written.whenComplete { _ in channel.close(promise: nil) }
  }
}
