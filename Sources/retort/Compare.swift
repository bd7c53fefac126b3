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
      "Runs in order, with their titles; RUN@start takes a run's first evaluation, RUN@end the last without its curve. All runs unless given.",
      valueName: "title=run"))
  var runs: [String] = []

  @Option(help: ArgumentHelp("Figures of evaluations; all unless given.", valueName: "names"))
  var figures: String?

  @Option(help: ArgumentHelp("Also shows how far the others are above this one, seed by seed.", valueName: "title"))
  var against: String?

  @Option(help: ArgumentHelp("Page to write, with learning curves and intervals.", valueName: "file.html"))
  var page: String?

  @Option(
    help: ArgumentHelp(
      "Picture to write: the first figure's learning curves, a chart for each method.", valueName: "file.svg"))
  var curves: String?

  func run() throws {
    let names = figures?.split(separator: ",").map(String.init) ?? []
    let comparison = try MethodComparison(
      folder: URL(filePath: folder), choices: runs, figures: names, reference: against)
    printLine(comparison.table)
    if let differences = comparison.differences { printLine("\n" + differences) }
    if let curves { try comparison.writeCurves(to: URL(filePath: curves)) }
    if let page { try comparison.write(to: URL(filePath: page)) }
  }
}
