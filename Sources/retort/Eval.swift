import ArgumentParser
import Commands
import Foundation

/// `retort eval`.
struct Eval: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Measures a model on held-out rows.")

  @Option(help: ArgumentHelp("Hugging Face model folder.", valueName: "dir"))
  var model: String

  @Option(help: ArgumentHelp("Rows with prompt and completion, JSONL.", valueName: "file"))
  var data: String

  @Option(
    help: ArgumentHelp(
      "Figures: rouge_l, rouge_l_unstemmed, exact_match, perplexity, next_token_agreement, pass@k.", valueName: "names")
  )
  var metrics = "rouge_l,exact_match,perplexity"

  @Option(help: ArgumentHelp("Model folder that next_token_agreement compares with.", valueName: "dir"))
  var teacher: String?

  @Option(
    help: ArgumentHelp(
      "Who says which samples are right for pass@k: exact_match, numeric_strict, numeric_flexible, puzzles.",
      valueName: "name"))
  var checker: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("Samples of each prompt for pass@k.", valueName: "n"))
  var numSamples = 4

  @Option(parsing: .unconditional, help: ArgumentHelp("Temperature of the samples.", valueName: "t"))
  var temperature = 1.0

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Seed of the samples; a run's own gives its figures.", valueName: "n"))
  var seed: UInt64 = 42

  @Option(parsing: .unconditional, help: ArgumentHelp("Most tokens of an answer.", valueName: "n"))
  var maxNewTokens = 128

  @Option(parsing: .unconditional, help: ArgumentHelp("Use the first n rows alone.", valueName: "n"))
  var maxSamples: Int?

  @Flag(help: "Write one JSON object instead of a table.")
  var json = false

  func run() async throws {
    let model = try LocalModel(folder: URL(filePath: model))
    let evaluation = try ModelEvaluation(
      model: model, teacher: teacher.map { try LocalModel(folder: URL(filePath: $0)) }, metrics: metrics,
      maxNewTokens: maxNewTokens,
      sampling: checker.map {
        try AnswerSampling(checker: $0, count: numSamples, temperature: temperature, seed: seed)
      })
    let figures = try evaluation.run(data: URL(filePath: data), limit: maxSamples)
    printLine(json ? evaluation.json(figures).description : ModelEvaluation.table(figures))
  }
}
