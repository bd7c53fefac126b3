public import Authentication
import Foundation
import GRPCNGHTTP2Transport
import GRPCNGHTTP2TransportTLS
import Logging

/// Credentials of a process, read and checked.
public struct Credentials: Sendable {
  /// Neither TLS nor tokens, as on loopback.
  public static let none = Credentials()

  /// Tokens that a service admits; nil: it asks for none.
  let tokens: WatchedFile<TokenTable>?
  private let identity: TLSIdentity?
  private let authority: String?
  private let serverName: String?
  private let hasFolder: Bool
  private let token: WatchedFile<Token>?
  private let certificate: CertificateFile?

  private init() {
    (tokens, identity, authority, serverName, hasFolder, token, certificate) = (nil, nil, nil, nil, false, nil, nil)
  }

  /// Reads what the settings name.
  ///
  /// - Parameter role: What the process is, where its certificate must say the same.
  /// - Throws: `AuthenticationError` where files are missing, malformed, expired, of another role, or open to others.
  public init(_ settings: CredentialSettings, role: Role? = nil) throws {
    let folder = settings.folder.map { CredentialFolder(URL(filePath: $0, directoryHint: .isDirectory)) }
    let certificate = settings.certificate ?? folder?.certificate
    let key = settings.key ?? folder?.key
    if let certificate {
      guard let key else { throw AuthenticationError.incomplete(given: "--tls-cert", missing: "--tls-key") }
      try checkSecret(file: key)
      identity = TLSIdentity(certificateChainFile: certificate, privateKeyFile: key)
      let file = try CertificateFile(path: certificate)
      try file.check(at: Date(), role: role)
      self.certificate = file
    } else {
      guard key == nil else { throw AuthenticationError.incomplete(given: "--tls-key", missing: "--tls-cert") }
      (identity, self.certificate) = (nil, nil)
    }
    authority = settings.authority ?? folder?.authority
    serverName = settings.serverName
    hasFolder = folder != nil
    token = try (settings.token ?? folder?.token).map { try Token.file($0) }
    // Only services have a list: a folder of another role has none.
    let isService = role?.isService ?? false
    tokens = isService ? try (settings.tokens ?? folder?.tokens).map { try TokenTable.file($0) } : nil
  }

  /// True where a service with these may be reached by others: connections are encrypted, and every call bears a token.
  var securesService: Bool { identity != nil && tokens != nil }

  /// True where this process's memory holds a key or a token.
  var holdSecrets: Bool { identity != nil || token != nil }

  /// TLS of a service; nil: none. With an authority, clients must show a certificate of it.
  func serverSecurity() throws -> TLSServerSecurity? {
    try identity.map { try TLSServerSecurity(TLSServerConfiguration(identity: $0, clientTrustRootsFile: authority)) }
  }

  /// With what to come to a service.
  ///
  /// With a role's folder, the server must prove to be of `role`, wherever it runs and whatever it is called there; where
  /// `role` is nil, of any service. Otherwise it must prove the host's name.
  public func access(to role: Role?) throws -> ClientAccess {
    let name = serverName ?? (hasFolder ? role?.rawValue ?? CredentialIssuer.anyService : nil)
    let security = try authority.map { roots in
      var tls = TLSClientConfiguration(trustRootsFile: roots, identity: identity, serverName: name)
      if hasFolder { tls.objection = { Self.objection(to: Role(derEncoded: $0), insteadOf: role) } }
      return try TLSClientSecurity(tls)
    }
    return ClientAccess(security: security, token: token)
  }

  /// A certificate may fit the server's IP address, and still be that of another role.
  private static func objection(to shown: Role?, insteadOf role: Role?) -> String? {
    guard let shown else { return "its certificate names no role: it is not one of retort certs" }
    if shown == role || (role == nil && shown.isService) { return nil }
    return "its certificate is of role \(shown), and this must be a \(role?.rawValue ?? "service")"
  }

  /// Says in the log where the certificate expires soon.
  func warn(_ logger: Logger) {
    guard let certificate, certificate.remaining(at: Date()) < CredentialIssuer.warningTime else { return }
    logger.warning(
      "the certificate expires soon: renew it with retort certs --renew",
      metadata: ["certificate.last_day": "\(certificate.lastDay)"])
  }
}
