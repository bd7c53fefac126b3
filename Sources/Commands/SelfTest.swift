import Distillation
import Foundation
import Optimization
import Reports
import Sequences
import Transformer
import WireFormat

/// Checks of one model against itself.
enum SelfTest {
  /// Nats by which two ways to the same log-prob may differ: float32 sums in another order.
  private static let tolerance: Float = 1e-3
  /// Nats that a model may be away from itself.
  private static let divergenceLimit = 1e-5

  /// Checks that log-prob `i` is of token `i`: what Generate says of the tokens that it drew equals what Score says of them
  /// and, where all log-probs can be had, the column of the token itself.
  static func alignment(
    of model: any ExaminedModel, _ description: WireModelDescription, name: String
  ) async throws -> CheckResult {
    let title = "\(name): log-prob i is of token i"
    guard description.abilities?.generate ?? false, description.abilities?.tokenLogprobs ?? false else {
      return CheckResult(name: title, outcome: .noted, detail: "it gives no text, or no log-probs of it")
    }
    let prompt = description.bosTokenIDs.isEmpty ? [0] : description.bosTokenIDs
    let completion = try await model.complete(prompt, maxNewTokens: 16)
    guard !completion.tokenIDs.isEmpty, completion.tokenLogprobs.count == completion.tokenIDs.count else {
      return CheckResult(name: title, outcome: .noted, detail: "its text has no log-probs")
    }
    let isFull = description.abilities?.fullLogprobs ?? false
    let scores = try await model.score(
      TokenSequence(prompt: prompt, completion: completion.tokenIDs),
      options: ScoreOptions(tokenLogprobs: true, fullLogprobs: isFull))
    guard scores.tokenLogprobs.count == completion.tokenIDs.count else {
      return CheckResult(
        name: title, outcome: .failed,
        detail: "Score answers \(scores.tokenLogprobs.count) positions of \(completion.tokenIDs.count) tokens")
    }
    var worst = zip(scores.tokenLogprobs, completion.tokenLogprobs).map { abs($0 - $1) }.max() ?? 0
    if isFull {
      let width = Int(description.vocabSize)
      for (index, token) in completion.tokenIDs.enumerated() {
        worst = max(worst, abs(scores.fullLogprobs[index * width + Int(token)] - scores.tokenLogprobs[index]))
      }
    }
    return CheckResult(
      name: title, outcome: worst <= tolerance ? .passed : .failed,
      detail: "\(completion.tokenIDs.count) tokens, largest difference \(FigureFormat.number(Double(worst))) nats")
  }

  /// Checks that a model taught by itself has nothing to learn: its forward KL to its own log-probs is 0.
  static func ownDivergence(of model: LocalModel) throws -> CheckResult {
    let prompt = model.description.bosTokenIDs.isEmpty ? [0] : model.description.bosTokenIDs
    let completion = try model.generate([prompt], sampling: SamplingOptions(maxNewTokens: 32), seeds: [1])[0]
    let sequence = TokenSequence(prompt: prompt, completion: completion.tokenIDs)
    let scores = try model.score([sequence], options: ScoreOptions(fullLogprobs: true))[0]
    let objective = try Objective(terms: [LossTerm(.forwardKL)], reduction: .tokenMean)
    let optimizer = AdamW(
      layout: model.transformer.layout, options: try AdamWOptions(),
      schedule: try LearningRateSchedule(shape: .constant, peak: 0, maxSteps: 1))
    let trainer = try StudentTrainer(
      transformer: model.transformer, parameters: model.parameters, vocabSize: model.vocabSize, optimizer: optimizer,
      objective: objective)
    let batch = try TrainingBatch(sequences: SequenceBatch([sequence]), termIndices: [0], microBatchSize: 1)
    let loss = try trainer.step(batch, teacher: scores, evaluate: true).loss
    return CheckResult(
      name: "student taught by itself has loss 0", outcome: abs(loss) <= divergenceLimit ? .passed : .failed,
      detail: "forward KL \(FigureFormat.number(loss)) nats over \(completion.tokenIDs.count) tokens")
  }
}
