import ArgumentParser
import Authentication
import Commands
import GRPCNGHTTP2Transport

/// `retort health`.
struct Health: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Asks a service whether it serves; for container health checks.")

  @Argument(help: ArgumentHelp("The service: HOST:PORT, dns:HOST:PORT or unix:PATH.", valueName: "target"))
  var address: String

  @Option(
    help: ArgumentHelp(
      "Asks after this gRPC service alone: a student's serves while its coordinator knows it.", valueName: "name"))
  var service = ""

  @OptionGroup var credentials: CredentialOptions

  func run() async throws {
    try await HealthProbe(
      address: ServiceTarget(parsing: address), service: service, access: credentials.access(to: nil)
    ).run()
    printLine("serving")
  }
}
