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

  @Test("a model agrees with itself everywhere, with a trained one now and then, and without a teacher nowhere")
  func agreement() throws {
    let file = URL(filePath: try folder.write(PuzzleModel.rows(20), to: "rows.jsonl"))
    // Fresh models all hold the last token for the next one; a trained one does not.
    let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let other = try LocalModel(folder: project.appending(path: "Examples/puzzles/teacher"))
    func share(_ teacher: LocalModel?) throws -> Double? {
      try ModelEvaluation(model: model, teacher: teacher, metrics: "next_token_agreement", maxNewTokens: 8)
        .run(data: file, limit: nil).first?.value
    }
    #expect(try share(model) == 1)
    let partly = try #require(try share(other))
    #expect(partly >= 0 && partly < 1)
    #expect(throws: CommandError.self) { try share(nil) }
  }

  @Test("pass@k is unbiased over the samples of each prompt, by whoever says what is right")
  func passAtK() throws {
    let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let trained = try LocalModel(folder: project.appending(path: "Examples/puzzles/teacher"))
    let file = URL(filePath: try folder.write(PuzzleModel.rows(24), to: "rows.jsonl"))
    func figures(_ checker: String, seed: UInt64 = 1) throws -> [ModelEvaluation.Figure] {
      let sampling = try AnswerSampling(checker: checker, count: 6, temperature: 1.5, seed: seed)
      return try ModelEvaluation(model: trained, metrics: "pass@k", maxNewTokens: 20, sampling: sampling)
        .run(data: file, limit: nil)
    }
    let puzzles = try figures("puzzles")
    #expect(
      puzzles.map(\.name) == ["pass@1", "pass@2", "pass@4", "pass@6"] && puzzles.allSatisfy { $0.rowCount == 24 })
    let values = puzzles.map(\.value)
    #expect(values[0] > 0 && values[0] < values[1] && values[1] < values[2] && values[2] <= values[3] && values[3] <= 1)
    // Of six samples one is right or it is not, in each row.
    for (value, share) in [(values[0], 24.0 * 6), (values[3], 24)] {
      #expect(abs(value * share - (value * share).rounded()) < 1e-9)
    }
    #expect(try figures("puzzles") == puzzles)
    #expect(try figures("puzzles", seed: 2) != puzzles)
    // A puzzle has many right answers, of which the row's own is one.
    let exact = try figures("exact_match")
    #expect(zip(exact, puzzles).allSatisfy { $0.value <= $1.value } && exact[0].value < values[0])
    // Rows without a number say nothing to a checker of numbers.
    let number = try folder.write(#"{"prompt":"pal 3 with p:","completion":"7"}"#, to: "number.jsonl")
    let sampling = try AnswerSampling(checker: "numeric_flexible", count: 2, temperature: 1, seed: 1)
    let evaluation = try ModelEvaluation(model: model, metrics: "pass@k", maxNewTokens: 4, sampling: sampling)
    #expect(try evaluation.run(data: URL(filePath: number), limit: nil).allSatisfy { $0.rowCount == 1 })
    let text = evaluation.json(try evaluation.run(data: URL(filePath: number), limit: nil)).description
    #expect(text.contains("\"pass@2\"") && text.contains("\"num_samples\":2"), "\(text)")
  }

  @Test("pass@k needs a checker, a checker pass@k, and both numbers that make sense")
  func passAtKRefusals() throws {
    #expect(throws: CommandError.self) { try ModelEvaluation(model: model, metrics: "pass@k", maxNewTokens: 8) }
    let sampling = try AnswerSampling(checker: "puzzles", count: 2, temperature: 1, seed: 1)
    #expect(throws: CommandError.self) {
      try ModelEvaluation(model: model, metrics: "rouge_l", maxNewTokens: 8, sampling: sampling)
    }
    for (checker, count, temperature) in [("nobody", 2, 1.0), ("puzzles", 0, 1), ("puzzles", 2, 0)] {
      #expect(throws: CommandError.self) {
        try AnswerSampling(checker: checker, count: count, temperature: temperature, seed: 1)
      }
    }
  }

  @Test("the object tells how answers were written")
  func decoding() throws {
    let file = URL(filePath: try folder.write(PuzzleModel.rows(4), to: "rows.jsonl"))
    let evaluation = try ModelEvaluation(model: model, metrics: "rouge_l,rouge_l_unstemmed", maxNewTokens: 8)
    let text = evaluation.json(try evaluation.run(data: file, limit: nil)).description
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect((object["decode"] as? [String: Int]) == ["temperature": 0, "max_new_tokens": 8])
    #expect(object["rouge_l_unstemmed"] != nil && object["rows"] as? Int == 4)
  }
}
