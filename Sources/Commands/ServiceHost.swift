public import GRPCCore
public import GRPCNGHTTP2Transport
public import Logging
public import ServiceHealth
public import ServiceMetrics
import ServiceReflection
public import ServiceRuntime
import WireFormat

/// Serves gRPC services and health on one address until the process is asked to stop.
public struct ServiceHost: Sendable {
  /// Where the service listens; a port 0 has become a free one.
  public let address: NetworkAddress
  /// What the service counts.
  let instruments = ServiceInstruments()
  private let metrics: NetworkAddress?
  private let guardian: ServiceGuard
  private let deadlines: CallDeadlines
  private let logger: Logger

  /// Checks that the address may and can be listened on.
  ///
  /// - Parameters:
  ///   - metrics: Where Prometheus scrapes metrics; nil: nowhere. That place has neither TLS nor tokens.
  ///   - guardian: Who may reach the service.
  ///   - deadlines: How long its calls may last.
  /// - Throws: `ServiceRuntimeError`.
  public init(
    address: NetworkAddress, metrics: NetworkAddress? = nil, guardian: ServiceGuard,
    deadlines: CallDeadlines = .standard, logger: Logger
  ) throws(ServiceRuntimeError) {
    if try address.checkExposure(isSecured: guardian.credentials.securesService, insecure: guardian.insecure) {
      logger.warning(
        "listening without TLS and tokens where other machines may reach it",
        metadata: ["service.address": "\(address)"])
    }
    try PortProbe.check(address)
    self.address = try address.withPort()
    (self.metrics, self.guardian, self.deadlines, self.logger) = (metrics, guardian, deadlines, logger)
    if let metrics {
      try metrics.checkExposure(isSecured: false, insecure: guardian.insecure)
      try PortProbe.check(metrics)
    }
  }

  /// Serves until SIGTERM, SIGINT, or the end of the parent that watches; then drains.
  ///
  /// - Parameters:
  ///   - services: What to serve, besides health and reflection.
  ///   - isReady: Whether health says that they serve once the address is listened on; else `beside` says of each when it does.
  ///   - sources: Metrics of the service's own.
  ///   - stops: Requests to stop.
  ///   - abandon: Called when the service does not end in time.
  ///   - beside: Work that goes on as long as the service, once it listens.
  public func run(
    _ services: [any RegistrableRPCService], isReady: Bool = true,
    sources: [@Sendable (inout PrometheusText) -> Void] = [],
    stops: AsyncStream<StopReason> = StopSignals.stream(),
    abandon: @escaping @Sendable () -> Void, beside: @escaping @Sendable (HealthService) async throws -> Void = { _ in }
  ) async throws {
    var configuration = NGHTTP2ServerTransport.Configuration()
    configuration.shutdownGracePeriod = .seconds(9)
    // A call of training lasts as long as its run: an old connection takes no new calls, and ends with its last.
    configuration.connection.maxAgeGrace = nil
    // A client that a network has lost keeps its place for a minute, not for hours.
    configuration.connection.serverKeepalive.interval = .seconds(60)
    // With the one message that may always come whole, a peer's share of memory.
    configuration.connection.maxIncompleteBytes = 48 << 20
    configuration.connection.callTimeLimits = deadlines.limits(at: guardian.role)
    configuration.observer = instruments.observer
    try guardian.secure(&configuration)
    let transport = NGHTTP2ServerTransport(address: address, configuration: configuration)
    let names = ReflectionService.names(of: services, on: NGHTTP2ServerTransport.self)
    let health = HealthService(services: names)
    let reflection = ReflectionService(services: names + [HealthRPC.descriptor.fullyQualifiedService])
    let server = GRPCServer(
      transport: transport, services: services + [health, reflection],
      interceptors: guardian.interceptors())
    let scraped = try metricsServer(sources + [ServiceInstruments.limits { transport.limitCounts }])
    try await GracefulShutdown(logger: logger).run(
      stops: stops,
      prepareToStop: { health.stop() },
      beginDraining: { server.beginGracefulShutdown() },
      abandon: abandon,
      serve: {
        try await serve(server, transport, scraped) {
          if isReady { health.setAll(.serving) } else { health.setStatus(.serving) }
          logger.notice("listening", metadata: ["service.address": "\(address)"])
          try await beside(health)
        }
      })
    logger.notice("stopped")
  }

  private func metricsServer(_ sources: [ServiceInstruments.Source]) throws -> MetricsServer? {
    try metrics.map { [instruments] address in
      try MetricsServer(address: address, insecure: guardian.insecure, logger: logger) { instruments.page(sources) }
    }
  }

  /// Serves until the server has ended, with the work that begins once it listens.
  private func serve(
    _ server: GRPCServer<NGHTTP2ServerTransport>, _ transport: NGHTTP2ServerTransport, _ scraped: MetricsServer?,
    listening: @escaping @Sendable () async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await server.serve()
        return true
      }
      group.addTask {
        _ = try await transport.listeningAddress
        try await listening()
        return false
      }
      if let scraped {
        group.addTask {
          try await scraped.run()
          return false
        }
      }
      defer { group.cancelAll() }
      while let hasServed = try await group.next(), !hasServed {}
    }
  }
}
