internal import Sequences

/// How each sequence of an optimizer batch enters the loss. Divisors are those of the whole batch, whatever the micro-batches.
struct LossPlan: Sendable {
  /// One sequence's part.
  struct Share: Sendable {
    /// Its term.
    let term: Int
    /// Factor of each of its positions' values within the term.
    let coefficient: Double
    /// Where its positions begin in the teacher's columns; nil where its term needs no teacher.
    let teacherStart: Int?
    /// Where its positions begin among those of policy gradients; nil where its term is none.
    var policyStart: Int?
  }

  /// Shape: `[B]`.
  let shares: [Share]
  /// Positions that count in the loss.
  let tokenCount: Int
  /// Positions that the teacher has to have scored.
  let teacherPositionCount: Int
  /// Positions that enter a policy gradient.
  let policyPositionCount: Int

  init(_ batch: TrainingBatch, _ objective: Objective) throws(DistillationError) {
    try batch.validate(objective)
    let counts = batch.sequences.scoredPositions.ranges.map(\.count)
    var tokens = [Int](repeating: 0, count: objective.terms.count)
    var sequences = tokens
    for (sequence, term) in batch.termIndices.enumerated() {
      tokens[term] += counts[sequence]
      sequences[term] += 1
    }
    var (teacherCount, policyCount) = (0, 0)
    shares = batch.termIndices.enumerated().map { sequence, term in
      let divisor =
        switch objective.reduction {
        case .tokenMean: max(tokens[term], 1)
        case .sequenceMean: sequences[term] * max(counts[sequence], 1)
        }
      let needsTeacher = objective.needsTeacher(term: term)
      let isPolicy = objective.terms[term].kind.needsTokenLogprobs
      defer { teacherCount += needsTeacher ? counts[sequence] : 0 }
      defer { policyCount += isPolicy ? counts[sequence] : 0 }
      return Share(
        term: term, coefficient: 1 / Double(divisor), teacherStart: needsTeacher ? teacherCount : nil,
        policyStart: isPolicy ? policyCount : nil)
    }
    policyPositionCount = policyCount
    tokenCount = counts.reduce(0, +)
    teacherPositionCount = teacherCount
  }

  /// Takes the teacher's columns; nil where the batch needs none.
  func teacherScores(
    _ scores: PositionScores, vocabSize: Int, _ objective: Objective, head: OutputHead?
  ) throws(DistillationError) -> TeacherScores? {
    guard teacherPositionCount > 0, objective.pair == nil else { return nil }
    guard scores.positionCount == teacherPositionCount else {
      throw .countMismatch(
        column: "the teacher's positions", expected: teacherPositionCount, found: scores.positionCount)
    }
    let teacher = try TeacherScores(scores, vocabSize: vocabSize, head: head, precision: objective.precision)
    if let teacher { return teacher }
    throw .teacherMissing(objective.terms.first { $0.kind.needsTeacher }?.kind ?? .forwardKL)
  }
}
