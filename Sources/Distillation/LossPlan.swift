internal import Sequences

/// How each sequence of an optimizer batch enters the loss. Divisors are those of the whole batch, whatever the micro-batches.
struct LossPlan: Sendable {
  /// One sequence's part.
  struct Share: Sendable {
    /// Its term.
    let term: Int
    /// Factor of each of its positions' values within the term.
    let coefficient: Double
    /// Where its positions begin in the batch.
    let start: Int
    /// Where its positions begin in the teacher's columns; nil where its term needs no teacher.
    let teacherStart: Int?
    /// Where its positions begin among those of policy gradients; nil where its term is none.
    var policyStart: Int?
  }

  /// Shape: `[B]`.
  let shares: [Share]
  /// Positions that count in the loss.
  let tokenCount: Int
  /// w of each position; empty: 1 for all. A position of weight 0 does not count.
  private let tokenWeights: [Float]
  /// Positions that the teacher has to have scored.
  let teacherPositionCount: Int
  /// Positions that enter a policy gradient.
  let policyPositionCount: Int

  /// - Parameter scored: Sequences that the teacher was asked about, where it needs to be: the others enter no pass here. Nil: all.
  init(_ batch: TrainingBatch, _ objective: Objective, scored: Range<Int>? = nil) throws(DistillationError) {
    try batch.validate(objective)
    let ranges = batch.sequences.scoredPositions.ranges
    let weights = batch.tokenWeights
    try Self.check(weights, count: ranges.last?.upperBound ?? 0, objective)
    // Positions that the teacher scores, and those that count: Σ m.
    let lengths = ranges.map(\.count)
    let counts = weights.isEmpty ? lengths : ranges.map { range in weights[range].count { $0 > 0 } }
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
      let needsTeacher = objective.needsTeacher(term: term) && scored?.contains(sequence) ?? true
      let isPolicy = objective.terms[term].kind.needsTokenLogprobs
      defer { teacherCount += needsTeacher ? lengths[sequence] : 0 }
      defer { policyCount += isPolicy ? lengths[sequence] : 0 }
      return Share(
        term: term, coefficient: 1 / Double(divisor), start: ranges[sequence].lowerBound,
        teacherStart: needsTeacher ? teacherCount : nil,
        policyStart: isPolicy ? policyCount : nil)
    }
    policyPositionCount = policyCount
    tokenCount = counts.reduce(0, +)
    teacherPositionCount = teacherCount
    tokenWeights = weights
  }

  /// w of a position: that of `Σ m w L / Σ m`.
  func weight(sequence: Int, offset: Int) -> Double {
    tokenWeights.isEmpty ? 1 : Double(tokenWeights[shares[sequence].start + offset])
  }

  private static func check(_ weights: [Float], count: Int, _ objective: Objective) throws(DistillationError) {
    guard !weights.isEmpty else { return }
    guard objective.pair == nil, objective.ranking == nil else { throw .weightsBesidePairs }
    guard weights.count == count else {
      throw .countMismatch(column: "the tokens' weights", expected: count, found: weights.count)
    }
    for weight in weights where !weight.isFinite || weight < 0 {
      throw .parameterOutOfRange(name: "the tokens' weights", value: Double(weight), range: "[0, ∞)")
    }
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
