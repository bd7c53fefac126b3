import ArgumentParser
import Authentication
import Commands
import Foundation
import ServiceRuntime

/// `retort student`.
struct Student: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Offers this machine to a coordinator as a trainer.")

  @Option(help: ArgumentHelp("The coordinator.", valueName: "host:port"))
  var coordinator: String

  @Option(help: ArgumentHelp("Where to listen.", valueName: "host:port"))
  var listen = "127.0.0.1:7002"

  @Option(
    help: ArgumentHelp("Where the coordinator finds this service, if not where it listens.", valueName: "host:port"))
  var advertise: String?

  @Option(help: ArgumentHelp("Folder that the paths of a run are below.", valueName: "dir"))
  var root = "."

  @OptionGroup var options: ServiceOptions

  func run() async throws {
    try await StudentProcess(
      coordinator: ListenAddress(parsing: coordinator), advertise: advertise.map { try ListenAddress(parsing: $0) },
      root: URL(filePath: root, directoryHint: .isDirectory),
      service: options.settings(role: .student, listen: listen)
    ).run()
  }
}
