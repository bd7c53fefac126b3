public import GRPCCore
import GRPCNGHTTP2Transport
import NIOConcurrencyHelpers
import WireFormat

/// Lets a call through only with a token whose role may make it, before any message of the call is read.
///
/// Without a token that is known, a call ends with UNAUTHENTICATED; with one of a role that may not make it, PERMISSION_DENIED.
/// Where the connection shows a client's certificate, that must be of the token's role. Handlers never see the token.
public struct AccessInterceptor: ServerInterceptor {
  /// Learns of calls that were refused: the method, the peer's address, and why.
  public typealias Refusal = @Sendable (_ method: String, _ peer: String, _ reason: String) -> Void

  private let server: Role
  private let tokens: WatchedFile<TokenTable>
  private let didRefuse: Refusal
  private let certificateRoles = CertificateRoles()

  /// Guards a server.
  ///
  /// - Parameters:
  ///   - server: What the server is.
  ///   - tokens: The tokens that it admits.
  public init(server: Role, tokens: WatchedFile<TokenTable>, didRefuse: @escaping Refusal = { _, _, _ in }) {
    self.server = server
    self.tokens = tokens
    self.didRefuse = didRefuse
  }

  /// Checks the call, and passes it on with its key's name instead of its token.
  public func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>, context: ServerContext,
    next:
      @Sendable @concurrent (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<
        Output
      >
  ) async throws -> StreamingServerResponse<Output> {
    let key: TokenTable.Key
    do throws(RPCError) {
      key = try check(request.metadata, context)
    } catch {
      didRefuse(context.descriptor.fullyQualifiedMethod, context.remotePeer, error.message)
      throw error
    }
    var request = request
    request.metadata.removeAllValues(forKey: "authorization")
    request.metadata.replaceOrAddString(key.name, forKey: CallMetadata.key)
    return try await next(request, context)
  }

  private func check(_ metadata: Metadata, _ context: ServerContext) throws(RPCError) -> TokenTable.Key {
    let values = Array(metadata[stringValues: "authorization"])
    guard !values.isEmpty else {
      throw RPCError(
        code: .unauthenticated,
        message: "the call bears no token: this \(server) wants 'authorization: Bearer' (--credentials, --token-file)")
    }
    guard values.count == 1, let token = Token(authorization: values[0]), let key = tokens.value.key(of: token) else {
      throw RPCError(
        code: .unauthenticated,
        message: "the token is not known to this \(server): give the caller a token of the same retort certs folder")
    }
    let role = key.role
    try checkCertificate(context.transportSpecific as? SecuredPeer, of: role)
    let callers = AccessTable.callers(of: context.descriptor, at: server)
    guard callers.contains(role) else {
      let names = callers.map(\.rawValue).sorted().joined(separator: ", ")
      throw RPCError(
        code: .permissionDenied,
        message: "role \(role) may not call \(context.descriptor.fullyQualifiedMethod) of a \(server): "
          + (callers.isEmpty ? "nobody may" : "it is for \(names)"))
    }
    return key
  }

  private func checkCertificate(_ peer: SecuredPeer?, of role: Role) throws(RPCError) {
    guard let certificate = peer?.certificates.first else { return }
    guard let shown = certificateRoles.role(of: certificate) else {
      throw RPCError(
        code: .permissionDenied,
        message: "the client's certificate names no role: it must bear the URI \(role.uri), as those of retort certs do"
      )
    }
    guard shown == role else {
      throw RPCError(
        code: .permissionDenied,
        message: "the client's certificate is of role \(shown) and its token of role \(role): they must be of one role")
    }
  }
}

/// Roles of certificates seen lately, since a connection makes many calls.
private final class CertificateRoles: Sendable {
  private static let capacity = 256
  private let known = NIOLockedValueBox<[[UInt8]: Role?]>([:])

  func role(of certificate: [UInt8]) -> Role? {
    known.withLockedValue { known in
      if let role = known[certificate] { return role }
      let role = Role(derEncoded: certificate)
      if known.count >= Self.capacity { known = [:] }
      known[certificate] = .some(role)
      return role
    }
  }
}
