public import GRPCCore
import NIOConcurrencyHelpers
import NIOCore
public import NIOPosix
public import WireBytes

/// A client transport of grpc-swift-2 over HTTP/2, on libnghttp2 and SwiftNIO.
///
/// It connects when the first call comes, to the first of its addresses that answers or to all of them, and again after a
/// loss, with ever longer pauses between failures. Until there is a connection calls wait; when an attempt fails, those
/// that do not wait for readiness fail with UNAVAILABLE and the cause.
///
/// A call whose stream the server did not process (refused, above the last id of a GOAWAY, or never sent) is
/// repeated on another stream without a retry policy, as long as no part of the answer was read and what was written fits
/// into ``Configuration/maxReplayBytes``. That covers unary calls of any size, and the beginnings of streaming ones.
public final class NGHTTP2ClientTransport: ClientTransport {
  /// Messages lie in memory as they are sent.
  public typealias Bytes = WireBytes

  /// How the client connects and what its calls are sent with.
  public struct Configuration: Sendable {
    /// Limits of each connection.
    public var connection = ConnectionConfiguration()
    /// Which addresses calls go to. The service configuration's `loadBalancingConfig` comes first.
    public var loadBalancing = LoadBalancing.pickFirst
    /// Looks host names up: all addresses of a name are used.
    public var resolver: any NameResolver = SystemNameResolver()
    /// The least time between two lookups while any connection is ready. With round robin, calls cause one so often, and
    /// servers that came or went are noticed.
    public var minResolutionInterval: Duration = .seconds(30)
    /// The time after which, with pick first, the next address is tried beside a slow one.
    public var nextAddressDelay: Duration = .milliseconds(250)
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
    /// Bytes of a streaming request that are kept until the answer begins, to repeat the call if the server did not take it.
    public var maxReplayBytes = 1 << 20
    /// `:authority` of requests; nil: the address.
    public var authority: String?
    /// `user-agent` of requests.
    public var userAgent = "grpc-swift-nghttp2/1.0"

    /// Is told of each attempt of a call when it has ended; nil: nothing is counted.
    public var observer: (any CallObserver)?

    /// Makes a configuration of the defaults.
    public init() {}
  }

  /// Limits retries, when the service configuration asks for it.
  public let retryThrottle: RetryThrottle?
  private let connector: Connector
  private let configuration: Configuration
  private let methodConfigs: MethodConfigTable
  private let common: ClientCall.Common

  /// Makes a client of a service.
  public init(
    service: ServiceTarget, configuration: Configuration = Configuration(),
    eventLoopGroup: MultiThreadedEventLoopGroup = .singleton
  ) {
    self.configuration = configuration
    self.common = ClientCall.Common(configuration)
    self.retryThrottle = configuration.serviceConfig.retryThrottling.map { RetryThrottle(policy: $0) }
    self.methodConfigs = MethodConfigTable(configuration.serviceConfig)
    self.connector = Connector(target: service, configuration: configuration, eventLoopGroup: eventLoopGroup)
  }

  /// Makes a client of several addresses.
  ///
  /// - Precondition: There is at least one.
  public convenience init(
    targets: [NetworkAddress], configuration: Configuration = Configuration(),
    eventLoopGroup: MultiThreadedEventLoopGroup = .singleton
  ) {
    self.init(service: ServiceTarget(targets), configuration: configuration, eventLoopGroup: eventLoopGroup)
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
    let (connection, token) = try await connection(for: descriptor, options)
    let call = ClientCall(
      on: connection, token: token, descriptor: descriptor, connector: connector,
      options: ClientCall.Options(
        common: common, authority: common.authority ?? connection.authority,
        maxSendBytes: options.maxRequestMessageBytes ?? common.maxSendBytes,
        maxReceiveBytes: options.maxResponseMessageBytes ?? common.maxReceiveBytes,
        compresses: options.compression.map { $0 == .gzip } ?? common.compresses,
        waitsForReady: options.waitForReady ?? false))
    let stream = RPCStream(
      descriptor: descriptor, inbound: RPCAsyncSequence(wrapping: ResponseParts(call: call)),
      outbound: RPCWriter.Closable(wrapping: ClientWriter(call: call)))
    let context = ClientContext(
      descriptor: descriptor, remotePeer: connection.remotePeer, localPeer: connection.localPeer)
    defer { call.abandon() }
    return try await closure(stream, context)
  }

  private func connection(
    for method: MethodDescriptor, _ options: CallOptions
  ) async throws -> (ReadyConnection, UInt64) {
    do {
      return try await connector.connection(waitsForReady: options.waitForReady ?? false)
    } catch {
      let account = CallAccount.open(configuration.observer, role: .client, method: method, remotePeer: "unknown")
      let code = (error as? RPCError)?.code ?? .unknown
      account?.end(code == .cancelled ? .cancelled : .unreachable, status: Status.Code(code))
      account?.left()
      throw error
    }
  }
}

extension NGHTTP2ClientTransport.Configuration {
  /// The first policy of the service configuration, else the plain option.
  var effectiveLoadBalancing: LoadBalancing {
    guard let policy = serviceConfig.loadBalancingConfig.first else { return loadBalancing }
    return policy.roundRobin == nil ? .pickFirst : .roundRobin
  }

  /// Whether addresses are tried in random order.
  var shufflesAddresses: Bool {
    serviceConfig.loadBalancingConfig.first?.pickFirst?.shuffleAddressList ?? false
  }
}
