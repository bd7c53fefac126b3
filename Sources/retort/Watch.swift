import ArgumentParser
import Authentication
import Commands
import GRPCNGHTTP2Transport
import Reports

/// `retort watch`.
struct Watch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows a run of a coordinator until it ends.",
    discussion: "A line that is rewritten on a terminal, else a line now and then. Its end decides the exit status.")

  @Argument(
    help: ArgumentHelp(
      "The run, as retort status names it; the only one that is worked on unless given.", valueName: "run"))
  var runID: String?

  @Option(help: ArgumentHelp("The coordinator: HOST:PORT, dns:HOST:PORT or unix:PATH.", valueName: "target"))
  var coordinator = "127.0.0.1:7000"

  @OptionGroup var credentials: CredentialOptions

  func run() async throws {
    let session = try WatchSession(
      coordinator: ServiceTarget(parsing: coordinator), access: credentials.access(to: .coordinator), runID: runID)
    let line = try await Interruptible.run(remedy: WatchSession.remedy) {
      try await session.run(terminal: .standardError, write: printProgress)
    }
    printLine(line)
  }
}
