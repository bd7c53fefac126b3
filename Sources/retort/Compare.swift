import ArgumentParser
import Foundation
import Reports

/// `retort compare`.
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Puts runs of several methods and seeds side by side.",
    discussion:
      "Runs stand in FOLDER/SEED/RUN, as scripts/study.sh writes them. Prints each figure's mean and 95 % interval over seeds."
  )

  @Argument(help: ArgumentHelp("Folder of the seeds' folders.", valueName: "folder"))
  var folder: String

  @Argument(
    help: ArgumentHelp(
      "Runs in order, with their titles; RUN@start takes a run's first evaluation. All runs unless given.",
      valueName: "title=run"))
  var runs: [String] = []

  @Option(help: ArgumentHelp("Figures of evaluations; all unless given.", valueName: "names"))
  var figures: String?

  @Option(help: ArgumentHelp("Page to write, with learning curves and intervals.", valueName: "file.html"))
  var page: String?

  func run() throws {
    let names = figures?.split(separator: ",").map(String.init) ?? []
    let comparison = try MethodComparison(folder: URL(filePath: folder), choices: runs, figures: names)
    printLine(comparison.table)
    if let page { try comparison.write(to: URL(filePath: page)) }
  }
}
