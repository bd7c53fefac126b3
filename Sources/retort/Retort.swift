import ArgumentParser
import Authentication
import Commands
import Foundation
import ServiceRuntime

/// The command `retort`: one subcommand per role.
@main
struct Retort: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retort",
    abstract: "Distils a large language model into a small one.",
    version: Version.current,
    groupedSubcommands: [
      CommandGroup(name: "Distillation", subcommands: [Run.self, Doctor.self, Demo.self, Compare.self]),
      CommandGroup(name: "Operation", subcommands: [Status.self, Watch.self]),
      CommandGroup(
        name: "Services", subcommands: [Teacher.self, Coordinator.self, Student.self, Health.self, Certs.self]),
      CommandGroup(name: "Models", subcommands: [Generate.self, Score.self, Eval.self, Export.self]),
      CommandGroup(name: "Measurement", subcommands: [Bench.self]),
    ])

  /// Runs a subcommand. An error is one line on standard error, `retort: what, where, what to do`, and a non-zero status.
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      if exitCode(for: error).isSuccess { exit(withError: error) }
      let isUsage = exitCode(for: error) == .validationFailure
      fail(isUsage ? "\(message(for: error)): see retort help" : "\(error)", status: isUsage ? 64 : status(of: error))
    }
  }

  private static func status(of error: any Error) -> Int32 {
    (error as? CommandError)?.exitStatus ?? (error as? ServiceRuntimeError)?.exitStatus ?? 1
  }

  private static func fail(_ text: String, status: Int32) -> Never {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    printProgress("retort: \(line)\n")
    Foundation.exit(status)
  }
}

/// Options of every service.
struct ServiceOptions: ParsableArguments {
  @Flag(help: "Listen where other machines reach the service without TLS and tokens.")
  var insecure = false

  @Option(
    help: ArgumentHelp(
      "Where Prometheus scrapes metrics, at /metrics over HTTP; off unless given.", valueName: "host:port"))
  var metricsListen: String?

  @Option(
    help: ArgumentHelp("Least severe events to log: trace, debug, info, notice, warning, error.", valueName: "level"))
  var logLevel = "info"

  @Option(
    help: ArgumentHelp(
      "How lines of the log are written: text, or json (an object a line); RETORT_LOG_FORMAT.", valueName: "format"))
  var logFormat: String?

  @Option(
    help: ArgumentHelp("Seconds for a call that computes and names no deadline.", valueName: "s"))
  var defaultDeadline = CallDeadlines.standard.computing.wholeSeconds

  @Option(
    help: ArgumentHelp("Most seconds for a call, made or answered, whatever deadline it names.", valueName: "s"))
  var maxDeadline = CallDeadlines.standard.longest.wholeSeconds

  @OptionGroup var credentials: CredentialOptions

  @Option(
    help: ArgumentHelp("Hashes of the tokens that the service admits; RETORT_TOKENS_FILE.", valueName: "file"))
  var tokensFile: String?

  /// What the service takes from all of this.
  func settings(role: Role, listen: String) throws -> ServiceSettings {
    for (name, value) in [("--default-deadline", defaultDeadline), ("--max-deadline", maxDeadline)] where value < 1 {
      throw CommandError.badOption(name: name, value: "\(value)", expected: "1 second or more")
    }
    var credentials = credentials.settings
    credentials.tokens = tokensFile
    return try ServiceSettings(
      role: role, listen: listen, metricsListen: metricsListen, insecure: insecure, logLevel: logLevel,
      logFormat: logFormat,
      deadlines: CallDeadlines(computing: .seconds(defaultDeadline), longest: .seconds(maxDeadline)),
      credentials: credentials)
  }
}

/// Options of everything that calls a service or is one.
struct CredentialOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("A role's folder, made by retort certs; RETORT_CREDENTIALS.", valueName: "dir"))
  var credentials: String?

  @Option(help: ArgumentHelp("PEM certificate of this process; RETORT_TLS_CERT.", valueName: "file"))
  var tlsCert: String?

  @Option(help: ArgumentHelp("PEM key of the certificate; RETORT_TLS_KEY.", valueName: "file"))
  var tlsKey: String?

  @Option(
    help: ArgumentHelp("PEM certificates of the authority that peers' come from; RETORT_TLS_CA.", valueName: "file"))
  var tlsCa: String?

  @Option(
    help: ArgumentHelp("Name that servers' certificates must bear; RETORT_TLS_SERVER_NAME.", valueName: "name"))
  var tlsServerName: String?

  @Option(help: ArgumentHelp("File of the token that calls bear; RETORT_TOKEN_FILE.", valueName: "file"))
  var tokenFile: String?

  /// The options as settings.
  var settings: CredentialSettings {
    var settings = CredentialSettings()
    settings.folder = credentials
    settings.certificate = tlsCert
    settings.key = tlsKey
    settings.authority = tlsCa
    settings.serverName = tlsServerName
    settings.token = tokenFile
    return settings
  }

  /// With what to come to a service of a role.
  func access(to role: Role?) throws -> ClientAccess {
    try Credentials(settings.completed()).access(to: role)
  }
}

extension Duration {
  fileprivate var wholeSeconds: Int { Int(components.seconds) }
}
