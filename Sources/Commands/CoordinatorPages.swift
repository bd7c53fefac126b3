package import Authentication
import CoordinatorService
import Foundation
import GRPCNGHTTP2Transport
import Logging
package import PlainHTTP
import Reports
import ServiceRuntime

/// Serves a coordinator's pages to browsers of the same machine. They show prompts and completions: nobody else may ask for them.
package struct CoordinatorPages: Sendable {
  private let address: NetworkAddress
  private let guardian: PageGuard?
  private let logger: Logger

  /// Checks that the address may be listened on.
  ///
  /// - Parameter guardian: Whose tokens admit a browser; nil: none is asked for.
  /// - Throws: `ServiceRuntimeError`.
  init(
    address: NetworkAddress, guardian: PageGuard?, insecure: Bool, logger: Logger
  ) throws(ServiceRuntimeError) {
    if try address.checkExposure(isSecured: false, insecure: insecure) {
      logger.warning("pages are open to other machines without TLS", metadata: ["page.address": "\(address)"])
    }
    try PortProbe.check(address)
    (self.address, self.guardian, self.logger) = (address, guardian, logger)
  }

  /// Serves until cancelled.
  func run(_ site: CoordinatorSite) async throws {
    let (guardian, host) = (guardian, address.isLocal ? nil : address)
    let listener = HTTPListener(address: address) { request in
      if let refusal = Self.refusal(of: request, guardian, openHost: host != nil) { return refusal }
      return await site.answer(request.path)
    }
    try await listener.run { address in
      logger.notice("pages are served", metadata: ["page.address": "http://\(address)/"])
    }
  }

  /// Why a request gets no page; nil: it does.
  ///
  /// A page of a stranger's that a browser on this machine has loaded must not read this one under a name of its own: where the
  /// server listens on loopback, the name must be loopback's.
  package static func refusal(of request: HTTPRequest, _ guardian: PageGuard?, openHost: Bool = false) -> HTTPAnswer? {
    guard request.isRead else { return .line("pages are read with GET", status: 405) }
    guard openHost || isLoopback(request.host ?? "") else {
      return .line("this page is at localhost and 127.0.0.1 alone", status: 421)
    }
    if let guardian, !guardian.admits(request.authorization) {
      return .line(
        "a token of role admin or read is wanted, as the password", status: 401,
        headers: ["www-authenticate": "Basic realm=\"Retort: the token of role read or admin is the password\""])
    }
    return nil
  }

  /// Whether a `host` header names this machine's loopback, with any port.
  package static func isLoopback(_ host: String) -> Bool {
    if host.hasPrefix("[::1]") { return host.dropFirst(5).isEmpty || host.dropFirst(5).hasPrefix(":") }
    let name = host.prefix { $0 != ":" }
    return name == "localhost" || name == "127.0.0.1"
  }
}
