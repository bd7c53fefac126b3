import ArgumentParser
import Authentication
import Commands
import Foundation
import GRPCNGHTTP2Transport
import Recipes
import Reports
import ServiceRuntime

/// `retort run`.
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Distils a teacher into a student as a recipe says.",
    discussion: "Without --coordinator, teacher, coordinator and student are started on this machine for the run.")

  @Argument(help: ArgumentHelp("The recipe, YAML.", valueName: "recipe.yaml"))
  var recipe: String

  @Argument(help: ArgumentHelp("Settings that win over the recipe's.", valueName: "key.sub=value"))
  var overrides: [String] = []

  @Flag(help: "Start the three services on this machine; the default.")
  var local = false

  @Option(help: ArgumentHelp("Hand the recipe to this coordinator instead.", valueName: "target"))
  var coordinator: String?

  @OptionGroup var credentials: CredentialOptions

  @Option(
    help: ArgumentHelp(
      "Students to start on this machine (default: training.replicas, but no more than there are cores).",
      valueName: "n"))
  var students: Int?

  @Flag(help: "Print the recipe with every default written out, and do nothing.")
  var dryRun = false

  @Flag(help: "Go on with the run in the recipe's output_dir.")
  var resume = false

  func validate() throws {
    guard !local || coordinator == nil else { throw ValidationError("--local and --coordinator exclude each other") }
    guard students == nil || coordinator == nil else {
      throw ValidationError("--students is of --local; a coordinator's students are started with retort student")
    }
    guard (1...256).contains(students ?? 1) else { throw ValidationError("--students is a number from 1 to 256") }
  }

  func run() async throws {
    let recipe = try RecipeFile(path: recipe).recipe(overrides: overrides)
    guard !dryRun else { return printLine(recipe.resolvedYAML) }
    let place: RunSession.Place =
      try coordinator.map {
        .coordinator(try ServiceTarget(parsing: $0), try credentials.access(to: .coordinator))
      }
      ?? .local(program: ExecutableLocation.current, students: students)
    let session = try RunSession(recipe: recipe, place: place, resumes: resume)
    let display = RunDisplay(method: recipe.method.rawValue, terminal: .standardError, write: printProgress)
    let output = try await Interruptible.run(remedy: RunSession.remedy(place: place)) { try await session.run(display) }
    printLine(try await RunSummary.text(recipe: recipe, folder: output))
  }
}
