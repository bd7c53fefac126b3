public import Logging
public import ServiceRuntime

/// What every service takes from the command line.
public struct ServiceSettings: Sendable {
  /// Where to listen.
  public let address: ListenAddress
  /// Whether to listen where other machines reach the service.
  public let insecure: Bool
  /// Least severe events to log.
  public let logLevel: Logger.Level

  /// Reads the options' texts.
  ///
  /// - Throws: `ServiceRuntimeError` or ``CommandError``.
  public init(listen: String, insecure: Bool, logLevel: String) throws {
    address = try ListenAddress(parsing: listen)
    self.insecure = insecure
    guard let level = Logger.Level(rawValue: logLevel) else {
      let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
      throw CommandError.badOption(name: "--log-level", value: logLevel, expected: "one of \(names)")
    }
    self.logLevel = level
  }

  /// Begins to log and checks the address.
  func host(label: String) throws(ServiceRuntimeError) -> (ServiceHost, Logger) {
    LogSetup.bootstrap(level: logLevel)
    let logger = Logger(label: label)
    return (try ServiceHost(address: address, insecure: insecure, logger: logger), logger)
  }
}
