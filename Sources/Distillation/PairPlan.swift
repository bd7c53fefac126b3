internal import Sequences

/// The pairs of an optimizer batch with everything about them but the student's log-probs. Sequences of terms beside pairs stand behind
/// them.
struct PairPlan: Sendable {
  let loss: PairLoss
  /// Pairs that count in the mean, at least 1.
  let divisor: Int
  /// The two sequences of each pair.
  var groups: [Range<Int>] { (0..<pairCount).map { 2 * $0..<2 * $0 + 2 } }
  private let pairCount: Int
  private let columns: PairColumns
  /// The reference's log-prob of each sequence of a pair; empty without one. Shape: `[2P]`.
  private let references: [Double]

  /// - Parameters:
  ///   - terms: Say which sequences are no pairs.
  ///   - teacher: The teacher's log-probs of the actual tokens of all pairs, where it is the reference.
  init(
    _ batch: TrainingBatch, _ loss: PairLoss, terms: [LossTerm], teacher: PositionScores
  ) throws(DistillationError) {
    let count = batch.termIndices.prefix { !terms[$0].isBesidePairs }.count
    for sequence in count..<batch.termIndices.count where !terms[batch.termIndices[sequence]].isBesidePairs {
      throw .pairBehindOthers(sequence: sequence)
    }
    guard count.isMultiple(of: 2) else {
      throw .countMismatch(column: "the sequences of pairs", expected: count + 1, found: count)
    }
    try batch.pairs.validate(pairCount: count / 2, loss)
    (self.loss, columns, pairCount) = (loss, batch.pairs, count / 2)
    divisor = max(columns.weights.isEmpty ? pairCount : columns.weights.count { $0 > 0 }, 1)
    references =
      switch loss.reference {
      case .none: []
      case .given: zip(columns.referenceChosen, columns.referenceRejected).flatMap { [$0, $1] }
      case .teacher: try Self.logprobs(teacher, batch.sequences.scoredPositions.ranges.prefix(count))
      }
  }

  /// The teacher's log-prob of each sequence, its positions given.
  private static func logprobs(
    _ teacher: PositionScores, _ ranges: ArraySlice<Range<Int>>
  ) throws(DistillationError) -> [Double] {
    try teacher.expectTokenLogprobs(count: ranges.last?.upperBound ?? 0)
    return try ranges.map { positions throws(DistillationError) in try teacher.logprob(of: positions) }
  }

  /// Measures the pairs among some sequences, of which none is parted.
  ///
  /// - Parameters:
  ///   - first: The first sequence's index in the batch.
  ///   - logprobs: The student's, of neighbouring sequences from there on. Shape: `[sequences]`.
  ///   - lengths: Their tokens that count.
  /// - Returns: The pairs, and `weight / divisor · ∂L/∂s` of each sequence, 0 where it is of no pair.
  func measure(
    first: Int, logprobs: [Double], lengths: [Int]
  ) throws(DistillationError) -> (pairs: [PairMeasurement], slopes: [Double]) {
    let count = min(max(2 * pairCount - first, 0), logprobs.count)
    precondition(count == 0 || first.isMultiple(of: 2) && count.isMultiple(of: 2), "half a pair at sequence \(first)")
    var pairs: [PairMeasurement] = []
    var slopes: [Double] = []
    for place in stride(from: 0, to: count, by: 2) {
      let pair = (first + place) / 2
      let numbers = PairLogprobs(
        chosen: logprobs[place], rejected: logprobs[place + 1], chosenLength: lengths[place],
        rejectedLength: lengths[place + 1], referenceChosen: references.isEmpty ? 0 : references[2 * pair],
        referenceRejected: references.isEmpty ? 0 : references[2 * pair + 1])
      let result = loss.evaluate(numbers, margin: columns.margins.isEmpty ? 1 : columns.margins[pair])
      guard result.value.isFinite else { throw .lossNotFinite(sequence: first + place, value: result.value) }
      let weight = columns.weights.isEmpty ? 1 : columns.weights[pair]
      let factor = loss.weight * weight / Double(divisor)
      slopes += [factor * result.chosenSlope, factor * result.rejectedSlope]
      let rewards = loss.rewards(numbers)
      pairs.append(
        PairMeasurement(
          logprobs: numbers, loss: result.value, chosenReward: rewards.chosen, rejectedReward: rewards.rejected,
          weight: weight))
    }
    return (pairs, slopes + Array(repeating: 0, count: logprobs.count - count))
  }
}
