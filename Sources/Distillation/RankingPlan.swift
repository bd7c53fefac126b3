internal import Sequences

/// The ranked groups of an optimizer batch with everything about them but the student's log-probs.
struct RankingPlan: Sendable {
  let loss: RankingLoss
  /// The sequences of each group, in order.
  let groups: [Range<Int>]
  /// Pairs that the teacher orders, at least 1.
  let divisor: Int
  /// The teacher's log-prob of each sequence of each group. Shape: `[groups, N]`.
  private let teacher: [[Double]]

  /// - Parameters:
  ///   - plan: Says where sequences stand in the teacher's columns.
  ///   - scores: What the teacher said, its log-probs of the actual tokens among it.
  init(
    _ batch: TrainingBatch, _ loss: RankingLoss, _ plan: LossPlan, teacher scores: PositionScores
  ) throws(DistillationError) {
    self.loss = loss
    groups = try Self.groups(batch.termIndices, loss)
    try scores.expectTokenLogprobs(count: plan.teacherPositionCount)
    let lengths = batch.sequences.scoredPositions.ranges.map(\.count)
    teacher = try groups.map { group throws(DistillationError) in
      try group.map { sequence throws(DistillationError) in
        let start = plan.shares[sequence].teacherStart ?? 0
        return try scores.logprob(of: start..<start + lengths[sequence])
      }
    }
    divisor = max(teacher.reduce(0) { $0 + RankingLoss.pairs($1).count }, 1)
  }

  /// Each N neighbouring sequences of the ranking's term.
  private static func groups(_ terms: [Int], _ loss: RankingLoss) throws(DistillationError) -> [Range<Int>] {
    var groups: [Range<Int>] = []
    var sequence = 0
    while sequence < terms.count {
      guard terms[sequence] == loss.term else {
        sequence += 1
        continue
      }
      let found = terms[sequence...].prefix(loss.groupSize).prefix { $0 == loss.term }.count
      guard found == loss.groupSize else {
        throw .countMismatch(
          column: "the group of ranked sequences from \(sequence) on", expected: loss.groupSize, found: found)
      }
      groups.append(sequence..<sequence + found)
      sequence += found
    }
    return groups
  }

  /// Measures the groups of a pass, which parts none.
  ///
  /// - Parameters:
  ///   - first: The pass's first sequence in the batch.
  ///   - logprobs: The student's, of its sequences. Shape: `[sequences]`.
  /// - Returns: The groups, and `weight / divisor · ∂L/∂s` of each sequence, 0 where it is not ranked.
  func measure(
    first: Int, logprobs: [Double]
  ) throws(DistillationError) -> (groups: [RankingValue], slopes: [Double]) {
    let pass = first..<first + logprobs.count
    var values: [RankingValue] = []
    var slopes = [Double](repeating: 0, count: logprobs.count)
    for (group, teacher) in zip(groups, teacher) where group.overlaps(pass) {
      precondition(pass.lowerBound <= group.lowerBound && group.upperBound <= pass.upperBound, "part of a group")
      let student = group.map { logprobs[$0 - first] }
      for (sequence, logprob) in zip(group, student) where !logprob.isFinite {
        throw .lossNotFinite(sequence: sequence, value: logprob)
      }
      let value = loss.evaluate(student: student, teacher: teacher)
      for (sequence, slope) in zip(group, value.slopes) {
        slopes[sequence - first] = loss.weight / Double(divisor) * slope
      }
      values.append(value)
    }
    return (values, slopes)
  }
}
