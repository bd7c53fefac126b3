public import Authentication
public import Logging
public import ServiceRuntime

/// What every service takes from the command line.
public struct ServiceSettings: Sendable {
  /// What the service is.
  let role: Role
  /// Where to listen.
  public let address: ListenAddress
  /// Where Prometheus scrapes metrics; nil: nowhere.
  public let metrics: ListenAddress?
  /// Whether to listen where other machines reach the service.
  public let insecure: Bool
  /// Least severe events to log.
  public let logLevel: Logger.Level
  /// Certificate and tokens.
  let credentials: Credentials

  /// Reads the options' texts.
  ///
  /// - Parameters:
  ///   - role: What the service is.
  ///   - metricsListen: Where Prometheus scrapes metrics; nil: nowhere.
  /// - Throws: `ServiceRuntimeError`, `AuthenticationError` or ``CommandError``.
  public init(
    role: Role, listen: String, metricsListen: String? = nil, insecure: Bool, logLevel: String,
    credentials: CredentialSettings
  ) throws {
    address = try ListenAddress(parsing: listen)
    metrics = try metricsListen.map { try ListenAddress(parsing: $0) }
    self.insecure = insecure
    guard let level = Logger.Level(rawValue: logLevel) else {
      let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
      throw CommandError.badOption(name: "--log-level", value: logLevel, expected: "one of \(names)")
    }
    self.logLevel = level
    self.role = role
    self.credentials = try Credentials(credentials.completed(), role: role)
  }

  /// Begins to log and checks the address.
  func host(label: String) throws(ServiceRuntimeError) -> (ServiceHost, Logger) {
    LogSetup.bootstrap(level: logLevel)
    let logger = Logger(label: label)
    if credentials.holdSecrets { CoreDumps.forbid() }
    credentials.warn(logger)
    let guardian = ServiceGuard(role: role, credentials: credentials, insecure: insecure, logger: logger)
    return (try ServiceHost(address: address, metrics: metrics, guardian: guardian, logger: logger), logger)
  }
}
