import ArgumentParser
import Authentication
import Commands
import ServiceRuntime

/// `retort health`.
struct Health: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Asks a service whether it serves; for container health checks.")

  @Argument(help: ArgumentHelp("The service.", valueName: "host:port"))
  var address: String

  @OptionGroup var credentials: CredentialOptions

  func run() async throws {
    try await HealthProbe(address: ListenAddress(parsing: address), access: credentials.access(to: nil)).run()
    printLine("serving")
  }
}
