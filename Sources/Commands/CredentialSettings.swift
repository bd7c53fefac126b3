import Foundation

/// Where a process finds its credentials: files alone, never secrets.
public struct CredentialSettings: Sendable {
  /// A role's folder, made by `retort certs`; single files win over its own.
  public var folder: String?
  /// PEM file of this process's certificate.
  public var certificate: String?
  /// PEM file of its private key.
  public var key: String?
  /// PEM file of the authority that peers' certificates come from.
  public var authority: String?
  /// Name that servers' certificates must bear.
  public var serverName: String?
  /// File of the token that calls bear.
  public var token: String?
  /// File of the hashes of the tokens that a service admits.
  public var tokens: String?

  /// Names no credentials.
  public init() {}

  /// Variables that name files where no option does, in the order of the options.
  public static let variables = [
    "RETORT_CREDENTIALS", "RETORT_TLS_CERT", "RETORT_TLS_KEY", "RETORT_TLS_CA", "RETORT_TLS_SERVER_NAME",
    "RETORT_TOKEN_FILE", "RETORT_TOKENS_FILE",
  ]

  /// The settings, with the environment's where nothing was given. An empty variable says nothing.
  public func completed() -> CredentialSettings {
    let environment = ProcessInfo.processInfo.environment
    func value(_ given: String?, _ index: Int) -> String? {
      given ?? environment[Self.variables[index]].flatMap { $0.isEmpty ? nil : $0 }
    }
    var settings = self
    settings.folder = value(folder, 0)
    settings.certificate = value(certificate, 1)
    settings.key = value(key, 2)
    settings.authority = value(authority, 3)
    settings.serverName = value(serverName, 4)
    settings.token = value(token, 5)
    settings.tokens = value(tokens, 6)
    return settings
  }
}
