import ArgumentParser
import Commands
import Foundation

/// `retort score`.
struct Score: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes the log-probs that a model gives to the completions of a file.",
    discussion: """
      Each row is {"token_ids":[…],"prompt_length":n} or {"prompt":"…","completion":"…"}; one JSON row comes out per row in.
      """)

  @Option(help: ArgumentHelp("Hugging Face model folder.", valueName: "dir"))
  var model: String

  @Option(help: ArgumentHelp("Rows to score, JSONL.", valueName: "file"))
  var data: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Add the k most probable tokens of each position, and the tail.", valueName: "k"))
  var topLogprobs = 0

  func run() async throws {
    let model = try LocalModel(folder: URL(filePath: model))
    try ScoreFile(model: model, topCount: topLogprobs).run(data: URL(filePath: data)) { printLine($0) }
  }
}
