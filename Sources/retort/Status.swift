import ArgumentParser
import Authentication
import Commands
import GRPCNGHTTP2Transport

/// `retort status`.
struct Status: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Says what a coordinator's runs do and wait for, and which trainers and teachers are there.")

  @Option(help: ArgumentHelp("The coordinator: HOST:PORT, dns:HOST:PORT or unix:PATH.", valueName: "target"))
  var coordinator = "127.0.0.1:7000"

  @Flag(help: "Print one JSON object, for programs.")
  var json = false

  @Flag(help: "List all runs: those that have long ended, and parts of others.")
  var all = false

  @OptionGroup var credentials: CredentialOptions

  func run() async throws {
    let status = try await CoordinatorStatus(
      of: ServiceTarget(parsing: coordinator), access: credentials.access(to: .coordinator))
    printLine(json ? try status.json() : status.text(all: all))
  }
}
