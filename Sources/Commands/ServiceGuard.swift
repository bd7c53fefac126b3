import Authentication
import GRPCCore
import GRPCNGHTTP2Transport
import Logging

/// Who may reach a service: puts its credentials to use.
public struct ServiceGuard: Sendable {
  private let role: Role
  let credentials: Credentials
  /// Whether to listen where other machines reach the service although it has no TLS or no tokens.
  let insecure: Bool

  init(role: Role, credentials: Credentials, insecure: Bool) {
    self.role = role
    self.credentials = credentials
    self.insecure = insecure
  }

  /// Adds TLS, and says in the log which connections are refused.
  func secure(_ configuration: inout NGHTTP2ServerTransport.Configuration, logger: Logger) throws {
    configuration.security = try credentials.serverSecurity()
    configuration.didRefuseConnection = { peer, reason in
      logger.notice("connection refused", metadata: ["peer.address": "\(peer)", "reason": "\(reason)"])
    }
  }

  /// Checks of every call.
  func interceptors(logger: Logger) -> [any ServerInterceptor] {
    guard let tokens = credentials.tokens else { return [] }
    let guardian = AccessInterceptor(server: role, tokens: tokens) { method, peer, reason in
      logger.notice(
        "call refused", metadata: ["rpc.method": "\(method)", "peer.address": "\(peer)", "reason": "\(reason)"])
    }
    return [guardian]
  }
}
