import Authentication
import GRPCCore
import GRPCNGHTTP2Transport
import Logging

/// Who may reach a service: puts its credentials to use.
public struct ServiceGuard: Sendable {
  let role: Role
  let credentials: Credentials
  /// Whether to listen where other machines reach the service although it has no TLS or no tokens.
  let insecure: Bool
  private let refusals: RefusalLog

  init(role: Role, credentials: Credentials, insecure: Bool, logger: Logger) {
    self.role = role
    refusals = RefusalLog(logger: logger)
    self.credentials = credentials
    self.insecure = insecure
  }

  /// Adds TLS, and says in the log which connections are refused.
  func secure(_ configuration: inout NGHTTP2ServerTransport.Configuration) throws {
    configuration.security = try credentials.serverSecurity()
    configuration.didRefuseConnection = { [refusals] peer, reason in
      let words = reason.description.trimmingPrefix("\(peer): ")
      refusals.note("connection refused", metadata: ["peer.address": "\(peer)", "reason": "\(words)"])
    }
  }

  /// Checks of every call.
  func interceptors() -> [any ServerInterceptor] {
    guard let tokens = credentials.tokens else { return [KeyRemovalInterceptor()] }
    let guardian = AccessInterceptor(server: role, tokens: tokens) { [refusals] method, peer, reason in
      refusals.note(
        "call refused", metadata: ["rpc.method": "\(method)", "peer.address": "\(peer)", "reason": "\(reason)"])
    }
    return [guardian]
  }
}
