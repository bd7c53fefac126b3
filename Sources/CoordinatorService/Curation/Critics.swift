internal import Curation
internal import Foundation
internal import GRPCCore
internal import Lion
internal import Recipes
internal import Sequences
internal import WireBytes
internal import WireFormat

/// Accepts answers that pass all critics of a recipe; the cheap ones speak first, and the first that objects ends it.
struct Critics: AnswerJudge {
  let material: CurationMaterial
  let options: Recipe.Critics
  /// Has the teachers, who score given text.
  let dependencies: RunDependencies
  /// Gives points; nil: nobody is asked for any.
  let referee: TeacherFacade?
  let template: PromptTemplate

  func judge(_ text: String, to row: CurationRow) async throws -> AnswerJudgement {
    var judgement = AnswerJudgement()
    let learnt = try material.learnt(text, row)
    if let limit = options.brevityLimit {
      let ratio = Double(learnt.completion.count) / Double(learnt.prompt.count)
      judgement.figures["brevity"] = ratio
      if ratio > limit { judgement.rejection = "brevity" }
    }
    if let least = options.leastFaithfulness, judgement.rejection == nil {
      let value = try await faithfulness(
        learnt, try dependencies.teacher(named: row.teacher, of: .critics), &judgement.usage)
      judgement.figures["faithfulness"] = value
      if value < least { judgement.rejection = "faithfulness" }
    }
    if let least = options.leastScore, judgement.rejection == nil {
      let score = try await score(text, row, &judgement.usage)
      judgement.figures["score"] = score
      judgement.rejection = score.map { $0 < least ? "score" : nil } ?? "unscored"
    }
    return judgement
  }

  /// (log p(y|x) − log p(y)) / |y|, in nats: how much more probable the prompt makes each token of the answer.
  private func faithfulness(
    _ learnt: (prompt: [TokenID], completion: [TokenID]), _ teacher: TeacherFacade, _ usage: inout ModelUsage
  ) async throws -> Double {
    // A text without anything before it: behind what begins a sequence, or ends the one before.
    let start = material.codec.bosTokenIDs.first ?? material.codec.eosTokenIDs.first
    guard let start, !learnt.completion.isEmpty else { throw CurationProblem.noStart }
    let batch = SequenceBatch([
      TokenSequence(prompt: learnt.prompt, completion: learnt.completion),
      TokenSequence(prompt: [start], completion: learnt.completion),
    ])
    let options = ScoreOptions(tokenLogprobs: true)
    let request = TeacherServiceScoreRequest(
      sequences: WireSequenceBatch(batch), options: WireScoreOptions(options))
    var reply = ScoreReply(
      positionCount: 2 * learnt.completion.count, options: options,
      vocabSize: Int(try await teacher.describe().vocabSize))
    for message in try await teacher.reply(to: WireBytes(try request.encoded()), of: .score) {
      try reply.append(responseBytes: message)
    }
    let logprobs = reply.scores.tokenLogprobs.map(Double.init)
    let (count, tokens) = (learnt.completion.count, learnt.prompt.count + 2 * learnt.completion.count + 1)
    guard logprobs.count == 2 * count else {
      throw CurationProblem.unscored(expected: 2 * count, found: logprobs.count)
    }
    usage += ModelUsage(requests: 1, promptTokens: tokens, cost: Double(tokens))
    let (with, without) = (logprobs[..<count].reduce(0, +), logprobs[count...].reduce(0, +))
    return (with - without) / Double(count)
  }

  /// The judge's points; nil where none of its replies could be read.
  private func score(_ text: String, _ row: CurationRow, _ usage: inout ModelUsage) async throws -> Double? {
    guard let referee else { return nil }
    let prompt = template.filled(["instruction": row.question.instruction ?? row.promptText, "answer": text])
    let ids = try material.codec.tokenIDs(of: prompt)
    for attempt in 0..<3 {
      var generator = SeededGenerator(
        seed: material.recipe.seed, path: SeedStream.curation.rawValue, .max, UInt64(attempt))
      let sampling = SamplingOptions(samplingTemperature: 0.2, maxNewTokens: options.refereeMaxNewTokens)
      let answer = try await referee.answer(to: ids, sampling, seed: generator.next())
      usage += answer.usage
      if let score = AnswerScore(reply: material.codec.decode(answer.tokenIDs)) { return score.value }
    }
    return nil
  }
}
