public import Authentication
import Foundation
public import GRPCNGHTTP2Transport
public import Logging
import ServiceRuntime

/// What every service takes from the command line.
public struct ServiceSettings: Sendable {
  /// What the service is.
  let role: Role
  /// Where to listen.
  public let address: NetworkAddress
  /// Where Prometheus scrapes metrics; nil: nowhere.
  public let metrics: NetworkAddress?
  /// Whether to listen where other machines reach the service.
  public let insecure: Bool
  /// Least severe events to log.
  public let logLevel: Logger.Level
  /// How lines of the log are written.
  let logFormat: LogSetup.Format
  /// How long calls may last.
  let deadlines: CallDeadlines
  /// Certificate and tokens.
  let credentials: Credentials

  /// Reads the options' texts.
  ///
  /// - Parameters:
  ///   - role: What the service is.
  ///   - metricsListen: Where Prometheus scrapes metrics; nil: nowhere.
  ///   - logFormat: `text` or `json`; nil: what `RETORT_LOG_FORMAT` says, else text.
  ///   - deadlines: How long calls may last.
  /// - Throws: `ServiceRuntimeError`, `AuthenticationError` or ``CommandError``.
  public init(
    role: Role, listen: String, metricsListen: String? = nil, insecure: Bool, logLevel: String,
    logFormat: String? = nil, deadlines: CallDeadlines = .standard, credentials: CredentialSettings
  ) throws {
    address = try NetworkAddress(parsing: listen)
    metrics = try metricsListen.map { text in
      let address = try NetworkAddress(parsing: text)
      guard case .tcp = address else {
        throw CommandError.badOption(name: "--metrics-listen", value: text, expected: "HOST:PORT")
      }
      return address
    }
    self.insecure = insecure
    guard let level = Logger.Level(rawValue: logLevel) else {
      let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
      throw CommandError.badOption(name: "--log-level", value: logLevel, expected: "one of \(names)")
    }
    self.logLevel = level
    let environment = ProcessInfo.processInfo.environment[LogSetup.formatVariable] ?? ""
    let formatName = logFormat ?? (environment.isEmpty ? LogSetup.Format.text.rawValue : environment)
    guard let format = LogSetup.Format(rawValue: formatName) else {
      let names = LogSetup.Format.allCases.map(\.rawValue).joined(separator: " or ")
      throw CommandError.badOption(
        name: logFormat == nil ? LogSetup.formatVariable : "--log-format", value: formatName, expected: names)
    }
    self.logFormat = format
    (self.role, self.deadlines) = (role, deadlines)
    self.credentials = try Credentials(credentials.completed(), role: role)
  }

  /// Begins to log and checks the address.
  func host(label: String) throws(ServiceRuntimeError) -> (ServiceHost, Logger) {
    LogSetup.bootstrap(level: logLevel, format: logFormat)
    let logger = Logger(label: label)
    if credentials.holdSecrets { CoreDumps.forbid() }
    credentials.warn(logger)
    let guardian = ServiceGuard(role: role, credentials: credentials, insecure: insecure, logger: logger)
    if deadlines.longest > CallDeadlines.standard.longest {
      logger.notice("calls may last longer than an hour", metadata: ["rpc.deadline": "\(deadlines.longest)"])
    }
    let host = try ServiceHost(
      address: address, metrics: metrics, guardian: guardian, deadlines: deadlines, logger: logger)
    return (host, logger)
  }
}
