internal import Foundation
internal import Sequences

/// What the gaps of a term's sequences add up to: all that an adaptive skew remembers.
public struct GapSum: Sendable, Hashable {
  /// Of the gaps, in the order of the run's sequences.
  public var sum: Double
  /// Number of gaps.
  public var count: Int

  /// Names the numbers.
  public init(sum: Double = 0, count: Int = 0) { (self.sum, self.count) = (sum, count) }

  /// m; nil where no gap was measured.
  public var mean: Double? { count == 0 ? nil : sum / Double(count) }
}

/// The gaps of the first steps of a run, for each term. They belong to a student as its optimizer's state does.
public final class SkewGaps: @unchecked Sendable {
  // SAFETY: a trainer changes it under its lock alone; it is read elsewhere only between steps.

  /// By term; missing ones are empty.
  public private(set) var sums: [GapSum]

  /// Starts with nothing, or goes on from the state of a checkpoint.
  public init(_ sums: [GapSum] = []) { self.sums = sums }

  /// Remembers what another one does.
  public func adopt(_ sums: [GapSum]) { self.sums = sums }

  /// m of a term; nil where no gap was measured.
  func mean(term: Int) -> Double? { sums.indices.contains(term) ? sums[term].mean : nil }

  func add(_ measurement: SkewMeasurement) {
    while sums.count <= measurement.term { sums.append(GapSum()) }
    sums[measurement.term].sum += measurement.gap
    sums[measurement.term].count += 1
  }
}

/// What a step found of one sequence whose skew is adaptive.
struct SkewMeasurement: Sendable, Hashable, Codable {
  let term: Int
  let gap: Double
  /// What its loss is skewed by.
  let alpha: Double
  /// Whether the gap belongs to m.
  let isFirst: Bool
}

/// The sequences of an optimizer batch whose skew is adaptive, with everything about them but the student's log-probs.
struct SkewPlan: Sendable {
  /// One term's α as a function of the gap.
  private struct Rule: Sendable {
    let skew: AdaptiveSkew
    let greatest: Double
    /// Whether the gap is the teacher's probability less the student's.
    let isOfTeacher: Bool
    /// Nil in the first steps, or where nothing was measured in them.
    let mean: Double?
    let isFirst: Bool
  }

  private let terms: [Int]
  private let rules: [Rule?]
  /// Geometric mean of the teacher's probabilities of each sequence's tokens; 0 where no rule asks. Shape: `[B]`.
  private let teacher: [Double]

  /// Nil where no term's skew is adaptive.
  init?(
    _ batch: TrainingBatch, _ objective: Objective, _ plan: LossPlan, _ gaps: SkewGaps, afterSteps steps: Int,
    teacher scores: PositionScores
  ) throws(DistillationError) {
    guard objective.isAdaptive else { return nil }
    rules = objective.terms.enumerated().map { index, term in
      guard let skew = term.adaptiveSkew, let greatest = term.kind.skew else { return nil }
      let isFirst = steps < skew.firstSteps
      var isOfTeacher = false
      if case .skewForwardKL = term.kind { isOfTeacher = true }
      return Rule(
        skew: skew, greatest: greatest, isOfTeacher: isOfTeacher, mean: isFirst ? nil : gaps.mean(term: index),
        isFirst: isFirst)
    }
    terms = batch.termIndices
    let positions = batch.sequences.scoredPositions
    var means = [Double](repeating: 0, count: positions.ranges.count)
    for (sequence, share) in plan.shares.enumerated() {
      let range = positions.ranges[sequence]
      guard rules[share.term] != nil, !range.isEmpty, let start = share.teacherStart else { continue }
      var sum = 0.0
      for (place, position) in range.enumerated() {
        sum += try Self.logprob(of: positions.targets[position], start + place, scores, plan.teacherPositionCount)
      }
      // −∞ is a probability of 0.
      guard !sum.isNaN, sum < .infinity else { throw .teacherLogprobNotFinite(position: start) }
      means[sequence] = exp(sum / Double(range.count))
    }
    teacher = means
  }

  /// The teacher's log-prob of an actual token: from its own column, or from all log-probs.
  private static func logprob(
    of target: TokenID, _ position: Int, _ scores: PositionScores, _ count: Int
  ) throws(DistillationError) -> Double {
    if scores.tokenLogprobs.count == count { return Double(scores.tokenLogprobs[position]) }
    let vocabSize = count == 0 ? 0 : scores.fullLogprobs.count / count
    guard Int(target) < vocabSize else {
      throw .countMismatch(
        column: "the teacher's log-probs of the actual tokens", expected: count, found: scores.tokenLogprobs.count)
    }
    return Double(scores.fullLogprobs[position * vocabSize + Int(target)])
  }

  /// α of a sequence; nil where it is its term's own.
  ///
  /// - Parameters:
  ///   - logprob: The student's, of the whole completion.
  ///   - length: Tokens of the completion; without any there is no gap.
  func measure(sequence: Int, logprob: Double, length: Int) -> SkewMeasurement? {
    guard let rule = rules[terms[sequence]], length > 0 else { return nil }
    let student = exp(logprob / Double(length))
    let gap = rule.isOfTeacher ? teacher[sequence] - student : student - teacher[sequence]
    let alpha = rule.mean.map { rule.skew.alpha(gap: gap, mean: $0, greatest: rule.greatest) } ?? rule.greatest
    return SkewMeasurement(term: terms[sequence], gap: gap, alpha: alpha, isFirst: rule.isFirst)
  }
}
