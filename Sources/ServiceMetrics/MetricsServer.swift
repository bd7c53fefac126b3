public import GRPCNGHTTP2Transport
public import Logging
internal import PlainHTTP
public import ServiceRuntime

/// Answers `GET /metrics` over HTTP/1.1, for Prometheus to scrape.
///
/// It has neither TLS nor a token: it listens on loopback, unless the user insists.
public struct MetricsServer: Sendable {
  private let listener: HTTPListener
  private let logger: Logger

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
    self.logger = logger
    listener = HTTPListener(address: address) { request in
      guard request.path == "/metrics" else { return .line("metrics are at /metrics", status: 404) }
      guard request.isRead else { return .line("metrics are read with GET", status: 405) }
      return HTTPAnswer(contentType: PrometheusText.contentType, body: render())
    }
  }

  /// Serves until cancelled.
  ///
  /// - Parameter onListening: Called with the port once it listens.
  /// - Throws: `ServiceRuntimeError` where it cannot listen.
  public func run(onListening: @Sendable (_ port: Int) -> Void = { _ in }) async throws {
    try await listener.run { address in
      logger.notice("metrics are served", metadata: ["metrics.address": "\(address)"])
      if case .tcp(_, let port) = address { onListening(port) }
    }
  }
}
