public import GRPCCore
import NIOConcurrencyHelpers
import NIOCore
public import NIOPosix
public import WireBytes

/// A client transport of grpc-swift-2 over HTTP/2, on libnghttp2 and SwiftNIO.
///
/// It connects when the first call comes, to the first of its addresses that answers, and again after a loss, with
/// ever longer pauses between failures. A call that does not wait for readiness fails with UNAVAILABLE when an attempt fails.
public final class NGHTTP2ClientTransport: ClientTransport {
  /// Messages lie in memory as they are sent.
  public typealias Bytes = WireBytes

  /// How the client connects and what its calls are sent with.
  public struct Configuration: Sendable {
    /// Limits of each connection.
    public var connection = ConnectionConfiguration()
    /// Pauses between attempts to connect.
    public var backoff = ConnectionBackoff()
    /// How long an attempt may take, up to the server's SETTINGS.
    public var connectTimeout: Duration = .seconds(20)
    /// What secures connections beneath HTTP/2; nil: nothing does.
    public var security: (any ClientConnectionSecurity)?
    /// Time from a connection's opening until it must be secured.
    public var handshakeTimeout: Duration = .seconds(10)
    /// Timeouts, retries, hedging and limits per method.
    public var serviceConfig = ServiceConfig()
    /// What requests are compressed with where a call's options do not choose: gzip, or nothing. Answers may always be.
    public var compression = CompressionAlgorithm.none
    /// `:authority` of requests; nil: the address.
    public var authority: String?
    /// `user-agent` of requests.
    public var userAgent = "grpc-swift-nghttp2/1.0"

    /// Makes a configuration of the defaults.
    public init() {}
  }

  /// Limits retries, when the service configuration asks for it.
  public let retryThrottle: RetryThrottle?
  private let connector: Connector
  private let configuration: Configuration
  private let methodConfigs: MethodConfigTable

  /// Makes a client of the first of `targets` that answers.
  ///
  /// - Precondition: There is at least one target.
  public init(
    targets: [NetworkAddress], configuration: Configuration = Configuration(),
    eventLoopGroup: MultiThreadedEventLoopGroup = .singleton
  ) {
    precondition(!targets.isEmpty, "a client needs an address")
    self.configuration = configuration
    self.retryThrottle = configuration.serviceConfig.retryThrottling.map { RetryThrottle(policy: $0) }
    self.methodConfigs = MethodConfigTable(configuration.serviceConfig)
    self.connector = Connector(targets: targets, configuration: configuration, eventLoopGroup: eventLoopGroup)
  }

  /// Makes a client of one address.
  public convenience init(
    target: NetworkAddress, configuration: Configuration = Configuration(),
    eventLoopGroup: MultiThreadedEventLoopGroup = .singleton
  ) {
    self.init(targets: [target], configuration: configuration, eventLoopGroup: eventLoopGroup)
  }

  /// Serves calls until ``beginGracefulShutdown()`` and the end of the calls under way, or until cancellation.
  public func connect() async throws {
    await connector.run()
  }

  /// Takes no new calls; those under way may end.
  public func beginGracefulShutdown() {
    connector.stop(abruptly: false)
  }

  /// The configuration of a method, from the service configuration.
  public func config(forMethod descriptor: MethodDescriptor) -> MethodConfig? {
    methodConfigs[descriptor]
  }

  /// The most that any finished stream held in memory.
  package var peaks: PeakRecorder.Peaks { connector.recorder.peaks }

  /// Runs a call on a connection, waiting for one first.
  ///
  /// - Throws: `RPCError` with code unavailable when there is no connection, failedPrecondition after the shutdown began.
  public func withStream<T: Sendable>(
    descriptor: MethodDescriptor, options: CallOptions,
    _ closure: @concurrent (RPCStream<Inbound, Outbound>, ClientContext) async throws -> T
  ) async throws -> T {
    let (connection, token) = try await connector.connection(waitsForReady: options.waitForReady ?? false)
    let limits = configuration.connection
    let call = StreamCall(
      descriptor: descriptor, link: connection.link, token: token, configuration: limits,
      maxMessageBytes: options.maxResponseMessageBytes)
    let writer = ClientWriter(
      call: call,
      options: ClientWriter.Options(
        authority: configuration.authority ?? connection.target.authority,
        scheme: configuration.security == nil ? "http" : "https", userAgent: configuration.userAgent,
        maxSendBytes: options.maxRequestMessageBytes ?? limits.maxSendMessageBytes,
        compresses: (options.compression ?? configuration.compression) == .gzip))
    let stream = RPCStream(
      descriptor: descriptor, inbound: RPCAsyncSequence(wrapping: ResponseParts(call: call)),
      outbound: RPCWriter.Closable(wrapping: writer))
    let context = ClientContext(
      descriptor: descriptor, remotePeer: connection.remotePeer, localPeer: connection.localPeer)
    defer { call.abandon() }
    return try await closure(stream, context)
  }
}

extension StreamCall {
  /// Tells the server to stop, unless the call has ended.
  fileprivate func abandon() {
    guard !inbound.hasEnded else { return }
    abort(RPCError(code: .cancelled, message: "the call was left"), discarding: true)
    link.post(.reset(token, .cancel))
  }
}

extension NetworkAddress {
  /// The address as `:authority` writes it.
  var authority: String {
    if case .unixSocket = self { "localhost" } else { description }
  }
}
