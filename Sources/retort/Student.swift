import ArgumentParser
import Authentication
import Commands
import Foundation
import GRPCNGHTTP2Transport

/// `retort student`.
struct Student: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Offers this machine to a coordinator as a trainer.")

  @Option(help: ArgumentHelp("The coordinator: HOST:PORT, dns:HOST:PORT or unix:PATH.", valueName: "target"))
  var coordinator: String

  @Option(help: ArgumentHelp("Where to listen: HOST:PORT or unix:PATH.", valueName: "address"))
  var listen = "127.0.0.1:7002"

  @Option(
    help: ArgumentHelp("Where the coordinator finds this service, if not where it listens.", valueName: "target"))
  var advertise: String?

  @Option(help: ArgumentHelp("Folder that the paths of a run are below.", valueName: "dir"))
  var root = "."

  @OptionGroup var options: ServiceOptions

  func run() async throws {
    try await StudentProcess(
      coordinator: ServiceTarget(parsing: coordinator), advertise: advertise.map { try ServiceTarget(parsing: $0) },
      root: URL(filePath: root, directoryHint: .isDirectory),
      service: options.settings(role: .student, listen: listen)
    ).run()
  }
}
