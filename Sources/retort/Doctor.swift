import ArgumentParser
import Authentication
import Commands
import Foundation

/// `retort doctor`.
struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks teacher and student against each other before a run.")

  @Option(help: ArgumentHelp("The teacher: a service (HOST:PORT, unix:PATH), or a model folder.", valueName: "target"))
  var teacher: String?

  @Option(help: ArgumentHelp("The student's model folder.", valueName: "dir"))
  var student: String?

  @Option(help: ArgumentHelp("A recipe, whose models and method are checked.", valueName: "recipe.yaml"))
  var recipe: String?

  @OptionGroup var credentials: CredentialOptions

  func run() async throws {
    let recipe = try recipe.map { try RecipeFile(path: $0).recipe() }
    let results = try await Examination(
      teacher: teacher, student: student, recipe: recipe, access: credentials.access(to: .teacher)
    ).run()
    printLine(Examination.table(results))
    let failures = results.count { $0.outcome == .failed }
    if failures > 0 { throw CommandError.checksFailed(count: failures) }
  }
}
