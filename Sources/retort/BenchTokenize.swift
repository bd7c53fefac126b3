import ArgumentParser
import EngineBenchmark
import Foundation

/// `retort bench tokenize`.
struct BenchTokenize: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize", abstract: "Measures how fast a tokenizer encodes texts, on one core.")

  @Option(help: ArgumentHelp("A model folder, or a tokenizer.json.", valueName: "path"))
  var model: String

  @Argument(help: "Files of text.")
  var texts: [String]

  @Option(help: "Rounds that count, after one that meets every word for the first time.")
  var rounds = 5

  @Option(help: ArgumentHelp("A Python that has tokenizers, to measure it beside ours.", valueName: "path"))
  var peerPython: String?

  @Option(help: ArgumentHelp("The folder of the peers' scripts.", valueName: "dir"))
  var peerScripts = "Benchmarks"

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if rounds < 1 { throw ValidationError("--rounds is at least 1") }
  }

  func run() async throws {
    let place = FileManager.default.temporaryDirectory
      .appending(path: "retort-bench-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    let run = TokenizeRun(
      location: URL(filePath: model), python: peerPython, scripts: peerScripts, rounds: rounds, place: place)
    let results = try run.run(texts.map { URL(filePath: $0) }) {
      printProgress($0 + "\n")
    }
    let report = TokenizeReport(results)
    printLine(json ? try report.json() : report.markdown())
  }
}
