import ArgumentParser
import Commands
import Foundation
import Reports
import ServiceRuntime

/// `retort demo`.
struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Distils the puzzle teacher of Examples/ with five methods and prints what each student learnt.",
    discussion: "What an earlier demo left in the output folder is replaced.")

  @Option(help: ArgumentHelp("Folder of the recipes.", valueName: "dir"))
  var examples = "Examples/puzzles"

  @Option(help: ArgumentHelp("Folder of the results.", valueName: "dir"))
  var output = "out/puzzles"

  @Option(help: ArgumentHelp("Seed of every run.", valueName: "n"))
  var seed: UInt64 = 1

  @Flag(help: "Only write the data files, the teacher's too, from which it was trained.")
  var writeData = false

  func run() async throws {
    let demo = try Demonstration(
      examples: URL(filePath: examples, directoryHint: .isDirectory),
      output: URL(filePath: output, directoryHint: .isDirectory), seed: seed)
    if writeData { return printLine(try demo.writeData().relativePath) }
    let table = try await Interruptible.run(remedy: "start the demo again with the same command") {
      try await demo.run(program: ExecutableLocation.current, terminal: .standardError, progress: printProgress)
    }
    printLine(table)
  }
}
