public import ArgumentParser
import Authentication
import Commands
public import CoordinatorService
import Foundation
import GRPCNGHTTP2Transport

/// `retort coordinator`.
struct Coordinator: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Takes recipes, and drives teacher and students through them.")

  @Option(
    help: ArgumentHelp(
      "The teacher of recipes that name none of their own: HOST:PORT, dns:HOST:PORT or unix:PATH; several that are the same are joined by commas.",
      valueName: "target")
  )
  var teacher: String?

  @Option(
    help: ArgumentHelp(
      "A teacher of recipes with several, by its name there; once for each.", valueName: "name=target"))
  var namedTeacher: [String] = []

  @Option(help: ArgumentHelp("Who judges answers for method lion, if not the teacher.", valueName: "target"))
  var referee: String?

  @Option(help: ArgumentHelp("Who invents instructions for method lion, if not the teacher.", valueName: "target"))
  var generator: String?

  @Option(
    help: ArgumentHelp(
      "Which programs recipes may have run here as checkers: none, isolated (in a sandbox) or any. Whoever may submit a recipe chooses them.",
      valueName: "which"))
  var checkerPrograms = ProgramPermission.none

  @Option(
    help: ArgumentHelp(
      "Coordinator's folder of the installation that the teacher belongs to, if it is another.", valueName: "dir"))
  var teacherCredentials: String?

  @Option(help: ArgumentHelp("Folder of the journal and the cache.", valueName: "dir"))
  var state = "retort-state"

  @Option(help: ArgumentHelp("Where to listen: HOST:PORT or unix:PATH.", valueName: "address"))
  var listen = "127.0.0.1:7000"

  @Option(help: ArgumentHelp("Where students find this service, if not where it listens.", valueName: "target"))
  var advertise: String?

  @Option(
    help: ArgumentHelp(
      "How long a student may be silent, in seconds from 1 to 600, before others take its work over; it tells at least four times in it that it is there.",
      valueName: "seconds"))
  var lease = 4.0

  @Option(
    help: ArgumentHelp(
      "How many runs are worked on at once, from 1 to 1000; others wait for their turn, in the order in which they came. Any number unless given.",
      valueName: "number"))
  var maxRuns: Int?

  @Option(
    help: ArgumentHelp(
      "Where browsers of this machine find a page of runs, curves and samples; off unless given.",
      valueName: "host:port"))
  var web: String?

  @OptionGroup var options: ServiceOptions

  func run() async throws {
    guard (1...600).contains(lease) else {
      throw CommandError.badOption(name: "--lease", value: "\(lease)", expected: "seconds from 1 to 600")
    }
    if let maxRuns, !(1...1000).contains(maxRuns) {
      throw CommandError.badOption(name: "--max-runs", value: "\(maxRuns)", expected: "a number from 1 to 1000")
    }
    try await CoordinatorProcess(
      teacher: teacher.map { try ServiceTarget(parsing: $0) }, namedTeachers: namedTeachers(),
      referee: referee.map { try ServiceTarget(parsing: $0) },
      generator: generator.map { try ServiceTarget(parsing: $0) },
      lease: .milliseconds(Int64(lease * 1000)), runLimit: maxRuns, programs: checkerPrograms,
      teacherCredentials: teacherCredentials.map { folder in
        var settings = CredentialSettings()
        settings.folder = folder
        return try Credentials(settings)
      }, state: URL(filePath: state, directoryHint: .isDirectory),
      advertise: advertise.map { try ServiceTarget(parsing: $0) },
      web: web.map { try NetworkAddress(parsing: $0) },
      service: options.settings(role: .coordinator, listen: listen)
    ).run()
  }

  private func namedTeachers() throws -> [String: ServiceTarget] {
    var targets: [String: ServiceTarget] = [:]
    for text in namedTeacher {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, targets[parts[0]] == nil else {
        throw CommandError.badOption(name: "--named-teacher", value: text, expected: "NAME=HOST:PORT, each name once")
      }
      targets[parts[0]] = try ServiceTarget(parsing: parts[1])
    }
    return targets
  }
}

extension ProgramPermission: ExpressibleByArgument {}
