internal import Logging
internal import Recipes
internal import Sequences
internal import Synchronization
internal import WireFormat

/// The reference's log-probs of one pair, as the journal keeps them beside completions: words of two numbers' bits.
enum PairReferenceLogprobs {
  /// The words of each pair of an item.
  ///
  /// - Throws: ``ReplyError/missingPairs(expected:found:)`` where the reply has not one number for each text.
  static func words(of metrics: WirePairMetrics?, count: Int) throws(ReplyError) -> [[UInt32]] {
    let (chosen, rejected) = (metrics?.logprobsChosen ?? [], metrics?.logprobsRejected ?? [])
    guard chosen.count == count, rejected.count == count else {
      throw .missingPairs(expected: count, found: min(chosen.count, rejected.count))
    }
    return zip(chosen, rejected).map { pair in [pair.0, pair.1].flatMap { halves($0.bitPattern) } }
  }

  /// The numbers that words stand for; nil where they are none.
  static func logprobs(_ words: [UInt32]?) -> (chosen: Double, rejected: Double)? {
    guard let words, words.count == 4 else { return nil }
    func number(_ place: Int) -> Double {
      Double(bitPattern: UInt64(words[place]) | UInt64(words[place + 1]) << 32)
    }
    return (number(0), number(2))
  }

  private static func halves(_ bits: UInt64) -> [UInt32] {
    [UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits >> 32)]
  }
}

extension WorkItemKey.Stage {
  /// The round of a stage; 0 where it has none.
  var round: Int {
    switch self {
    case .student(let round), .reference(let round): round
    case .teacher, .teacherEvaluation: 0
    }
  }
}

extension RunMaterial {
  /// The pairs of a reference item. The references are 0: what is asked for is the student's side.
  func referenceBatch(of key: WorkItemKey, texts: RunTexts) -> WireTrainBatch {
    let samples = plan.samples(of: key)
    var batch = batch(of: samples, round: key.stage.round, texts: texts)
    batch.pairReferenceChosen = samples.map { _ in 0 }
    batch.pairReferenceRejected = batch.pairReferenceChosen
    return batch
  }

  /// Adds what the loss of pairs needs besides the sequences.
  func addPairs(
    of indices: [Int], round: Int, texts: RunTexts, metrics: TextMetrics, to batch: inout WireTrainBatch
  ) {
    guard let pair = recipe.objective.pair else { return }
    if pair.reference == .student {
      let known = indices.map {
        PairReferenceLogprobs.logprobs(texts.completion(of: $0, in: .reference(round: round))) ?? (.nan, .nan)
      }
      (batch.pairReferenceChosen, batch.pairReferenceRejected) = (known.map(\.chosen), known.map(\.rejected))
    }
    guard pair.usesScores || pair.doubtfulRougeL != nil else { return }
    let judged = indices.map { judge($0, round: round, texts: texts, metrics: metrics, pair) }
    batch.pairWeights = judged.map { $0.isDoubtful ? 0 : 1 }
    if pair.usesScores { batch.pairMargins = judged.map { max($0.gap, 0) } }
  }

  /// What is thought of a pair before the student learns from it.
  struct PairJudgement {
    /// Score of the better text less that of the other.
    var gap: Double
    /// Whether the preference may be wrong, so that the pair is left out.
    var isDoubtful: Bool
  }

  /// Judges a pair.
  ///
  /// Scores are the data's, or ROUGE-L to the teacher's text, which then has 1. A pair is doubtful where the texts are the
  /// same or too alike, where one is empty, where the teacher's was cut before its end, and where its score is no larger.
  private func judge(
    _ sample: Int, round: Int, texts: RunTexts, metrics: TextMetrics, _ pair: PairObjective
  ) -> PairJudgement {
    let chosen = completion(of: sample, .teacher, round, texts)
    let rejected = completion(of: sample, .student, round, texts)
    guard chosen != rejected, !chosen.isEmpty, !rejected.isEmpty else { return PairJudgement(gap: 0, isDoubtful: true) }
    let alike = metrics.rougeL(codec.decode(chosen), codec.decode(rejected))
    let scores = plan.studentWrites ? nil : samples[sample].scores
    let gap = scores.map { $0.chosen - $0.rejected } ?? 1 - alike
    let isCut = !codec.eosTokenIDs.isEmpty && chosen.last.map { !codec.eosTokenIDs.contains($0) } ?? true
    let limit = pair.doubtfulRougeL ?? 1
    return PairJudgement(gap: gap, isDoubtful: isCut || (limit < 1 && alike >= limit) || gap <= 0)
  }
}

extension SessionWork {
  /// Adds the figures of a step's pairs under TRL's names, and watches for collapse.
  func addPairs(_ pairs: WirePairMetrics, of step: Int, to row: inout MetricsRowText) {
    let figures = PairFigures(pairs)
    row.add("train/pair_loss", pairs.loss)
    row.add("rewards/chosen", figures.chosenReward)
    row.add("rewards/rejected", figures.rejectedReward)
    row.add("rewards/accuracies", figures.accuracy)
    row.add("rewards/margins", figures.chosenReward - figures.rejectedReward)
    row.add("logps/chosen", figures.chosenLogprob)
    row.add("logps/rejected", figures.rejectedLogprob)
    row.add("logps/chosen_per_token", figures.chosenPerToken)
    row.add("logps/rejected_per_token", figures.rejectedPerToken)
    row.add("train/length_chosen", figures.chosenLength)
    row.add("train/length_rejected", figures.rejectedLength)
    if let share = doubtful.take(step) { row.add("pairs/doubtful", share) }
    let verdict = driver.collapse.take(
      CollapseWatch.Figures(chosen: figures.chosenPerToken, rejected: figures.rejectedPerToken), step: step)
    row.add("rewards/collapse", verdict.hasCollapsed ? 1 : 0)
    guard let warning = verdict.warning else { return }
    let metadata: Logger.Metadata = ["run.id": "\(driver.record.runID)", "reason": "\(warning)"]
    driver.dependencies.logger.warning("the student collapses", metadata: metadata)
  }
}

/// A figure of each step, from when the step is sent to when it is answered.
final class StepNotes: Sendable {
  private let figures = Mutex<[Int: Double]>([:])

  /// Remembers the figure of a step.
  func keep(_ figure: Double, of step: Int) { figures.withLock { $0[step] = figure } }

  /// The figure of a step, once.
  func take(_ step: Int) -> Double? { figures.withLock { $0.removeValue(forKey: step) } }
}

/// Means over the pairs of a step.
struct PairFigures: Sendable, Hashable {
  let chosenReward, rejectedReward, accuracy, chosenLogprob, rejectedLogprob, chosenLength, rejectedLength: Double

  /// Mean log-prob of a token of the preferred texts.
  var chosenPerToken: Double { chosenLogprob / max(chosenLength, 1e-9) }
  /// Mean log-prob of a token of the other texts.
  var rejectedPerToken: Double { rejectedLogprob / max(rejectedLength, 1e-9) }

  init(_ pairs: WirePairMetrics) {
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
    chosenReward = mean(pairs.rewardsChosen)
    rejectedReward = mean(pairs.rewardsRejected)
    accuracy = mean(zip(pairs.rewardsChosen, pairs.rewardsRejected).map { $0 > $1 ? 1 : 0 })
    chosenLogprob = mean(pairs.logprobsChosen)
    rejectedLogprob = mean(pairs.logprobsRejected)
    chosenLength = mean(pairs.lengthsChosen.map(Double.init))
    rejectedLength = mean(pairs.lengthsRejected.map(Double.init))
  }
}
