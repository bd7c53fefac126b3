internal import Sequences

/// The pairs of an optimizer batch with everything about them but the student's log-probs.
struct PairPlan: Sendable {
  let loss: PairLoss
  /// Pairs that count in the mean, at least 1.
  let divisor: Int
  /// The two sequences of each pair.
  var groups: [Range<Int>] { (0..<pairCount).map { 2 * $0..<2 * $0 + 2 } }
  private let pairCount: Int
  private let columns: PairColumns
  /// The reference's log-prob of each sequence; empty without one. Shape: `[B]`.
  private let references: [Double]

  /// - Parameter teacher: The teacher's log-probs of the actual tokens of all sequences, where it is the reference.
  init(_ batch: TrainingBatch, _ loss: PairLoss, teacher: PositionScores) throws(DistillationError) {
    let count = batch.sequences.count
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
      case .teacher: try Self.logprobs(teacher, batch.sequences.scoredPositions)
      }
  }

  /// The teacher's log-prob of each sequence.
  private static func logprobs(
    _ teacher: PositionScores, _ positions: ScoredPositions
  ) throws(DistillationError) -> [Double] {
    try teacher.expectTokenLogprobs(count: positions.count)
    return try positions.ranges.map { positions throws(DistillationError) in try teacher.logprob(of: positions) }
  }

  /// Measures pairs.
  ///
  /// - Parameters:
  ///   - first: The first sequence's index in the batch; even.
  ///   - logprobs: The student's, of neighbouring sequences from there on. Shape: `[sequences]`.
  ///   - lengths: Their tokens that count.
  /// - Returns: The pairs, and `weight / divisor · ∂L/∂s` of each sequence.
  func measure(
    first: Int, logprobs: [Double], lengths: [Int]
  ) throws(DistillationError) -> (pairs: [PairMeasurement], slopes: [Double]) {
    precondition(first.isMultiple(of: 2) && logprobs.count.isMultiple(of: 2), "half a pair at sequence \(first)")
    var pairs: [PairMeasurement] = []
    var slopes: [Double] = []
    for place in stride(from: 0, to: logprobs.count, by: 2) {
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
    return (pairs, slopes)
  }
}
