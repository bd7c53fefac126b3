import Commands
import Foundation
import ModelFixtures
import Sequences
import Testing

@Suite struct ModelEvaluationTests {
  private let folder: TemporaryFolder
  private let model: LocalModel

  init() throws {
    folder = try TemporaryFolder()
    try PuzzleModel.write(to: folder.url.appending(path: "model"), seed: 3)
    model = try LocalModel(folder: folder.url.appending(path: "model"))
  }

  private func evaluate(_ rows: String, _ metrics: String) throws -> [ModelEvaluation.Figure] {
    let file = URL(filePath: try folder.write(rows, to: "rows.jsonl"))
    return try ModelEvaluation(model: model, metrics: metrics, maxNewTokens: 8).run(data: file, limit: nil)
  }

  @Test("a model that is asked for its own greedy answers has them all right")
  func ownAnswers() throws {
    let prompts = ["pal 3 with p:", "mix bbixx:", "pal 4 with u:"]
    let rows = try prompts.map { prompt in
      let own = try PromptCompletion(
        of: prompt, model: model, sampling: .init(samplingTemperature: 0, maxNewTokens: 8), seed: 0)
      return "{\"prompt\":\"\(prompt)\",\"completion\":\"\(own.text)\"}\n"
    }
    let figures = try evaluate(rows.joined(), "exact_match")
    #expect(figures.map(\.value) == [1])
    #expect(figures.map(\.rowCount) == [3])
  }

  @Test("perplexity is over the completions' tokens, and at most of a uniform model's order")
  func perplexity() throws {
    let figure = try #require(try evaluate(PuzzleModel.rows(20), "perplexity").first)
    #expect(figure.value > 1 && figure.value.isFinite)
    #expect(figure.rowCount == 20)
  }

  @Test("an unknown figure is refused with the known ones")
  func unknown() throws {
    let error = try #require(throws: CommandError.self) { try evaluate(PuzzleModel.rows(1), "rouge_l,bleu") }
    #expect(error.description.contains("bleu") && error.description.contains("perplexity"))
  }

  @Test("rows without completions have nothing to measure")
  func nothing() {
    #expect(throws: CommandError.self) { try evaluate(PuzzleModel.prompts(2), "rouge_l") }
  }
}
