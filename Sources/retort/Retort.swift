import ArgumentParser
import Commands
import Foundation

/// The command `retort`: one subcommand per role.
@main
struct Retort: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retort",
    abstract: "Distils a large language model into a small one.",
    version: Version.current,
    groupedSubcommands: [
      CommandGroup(name: "Distillation", subcommands: [Run.self, Doctor.self, Demo.self]),
      CommandGroup(name: "Services", subcommands: [Teacher.self, Coordinator.self, Student.self, Health.self]),
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

  private static func status(of error: any Error) -> Int32 { (error as? CommandError)?.exitStatus ?? 1 }

  private static func fail(_ text: String, status: Int32) -> Never {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    FileHandle.standardError.write(Data("retort: \(line)\n".utf8))
    Foundation.exit(status)
  }
}

/// Options of every service.
struct ServiceOptions: ParsableArguments {
  @Flag(help: "Listen where other machines reach the service, although there is no TLS and no token yet.")
  var insecure = false

  @Option(
    help: ArgumentHelp("Least severe events to log: trace, debug, info, notice, warning, error.", valueName: "level"))
  var logLevel = "info"
}
