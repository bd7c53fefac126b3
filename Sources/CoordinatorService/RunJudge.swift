internal import Evaluation
internal import GRPCCore
internal import Lion
internal import Recipes
internal import Sequences
internal import WireFormat

/// Has a model that writes text compare the student's answers with others, each pair in both orders.
///
/// It is asked with Lion's template of a referee, at temperature 0. The façade in front of it pays for no question twice.
struct RunJudge: Sendable {
  /// Two answers to an instruction.
  struct Pair: Sendable {
    let instruction: String
    let answer: String
    let other: String
  }

  let facade: TeacherFacade
  let codec: any TextCodec
  let template: PromptTemplate
  let maxNewTokens: Int
  /// Questions of one request.
  let batchSize: Int

  /// What it says of all pairs. One whose questions leave no room for an answer counts as unread.
  func tally(_ pairs: [Pair]) async throws -> PairwiseTally {
    let whenFirst = try await scores(pairs.map { question($0.instruction, $0.answer, $0.other) })
    let whenSecond = try await scores(pairs.map { question($0.instruction, $0.other, $0.answer) })
    var tally = PairwiseTally()
    for (first, second) in zip(whenFirst, whenSecond) {
      guard let first, let second else {
        tally.addUnread()
        continue
      }
      tally.add(gapWhenFirst: first.first - first.second, gapWhenSecond: second.second - second.first)
    }
    return tally
  }

  private func question(_ instruction: String, _ first: String, _ second: String) -> PromptTemplate.Prompt {
    template.filled(["instruction": instruction, "first": first, "second": second])
  }

  /// The scores that replies to some questions give; nil where one gives none.
  private func scores(_ questions: [PromptTemplate.Prompt]) async throws -> [OrderedScores?] {
    let room = Int(try await facade.describe().contextLength) - maxNewTokens
    let prompts = try questions.map { try codec.tokenIDs(of: $0) }
    var scores: [OrderedScores?] = prompts.map { _ in nil }
    for chunk in prompts.indices.filter({ prompts[$0].count <= room }).chunks(of: batchSize) {
      for (place, reply) in zip(chunk, try await replies(to: chunk.map { prompts[$0] })) {
        scores[place] = OrderedScores(reply: reply)
      }
    }
    return scores
  }

  private func replies(to prompts: [[TokenID]]) async throws -> [String] {
    let sampling = SamplingOptions(samplingTemperature: 0, maxNewTokens: maxNewTokens)
    let completions = try await facade.complete(prompts, sampling, seeds: prompts.map { _ in 0 })
    return try completions.inPromptOrder(count: prompts.count).map { codec.decode($0) }
  }
}

extension RunJudge {
  /// The judge that a recipe wants; nil: it wants none.
  init?(_ material: RunMaterial, facade: TeacherFacade?) throws {
    let options = material.recipe.evaluation
    guard options.metrics.contains("judge") else { return nil }
    guard let facade else {
      throw RecipeError.conflict(
        "evaluation.metrics: judge needs a teacher or evaluation.judge, and this run has neither")
    }
    self.init(
      facade: facade, codec: material.codec, template: try LionPrompts().referee,
      maxNewTokens: options.judgeMaxNewTokens, batchSize: material.plan.itemSize)
  }
}

extension MetricsRowText {
  /// Adds what a judge said, as shares of the pairs that count.
  mutating func add(_ tally: PairwiseTally) {
    let figures: [(String, Double?)] = [
      ("win", tally.share(Double(tally.wins))), ("tie", tally.share(Double(tally.ties))),
      ("loss", tally.share(Double(tally.losses))), ("win_rate", tally.winRate), ("gap", tally.gap),
      ("position_bias", tally.positionBias), ("unread", tally.unreadShare), ("pairs", Double(tally.count)),
    ]
    for case (let name, let value?) in figures { add("eval/judge/\(name)", value) }
  }
}
