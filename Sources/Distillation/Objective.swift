public import Sequences

/// How positions become one number, within each term.
public enum Reduction: String, Sendable, Hashable, Codable {
  /// Sum over all positions of the term's sequences in the optimizer batch, divided by their number.
  case tokenMean
  /// Mean over the positions of each sequence, then the mean over the term's sequences, as DistiLLM-2's code has it.
  /// A sequence without positions counts as one whose loss is 0.
  case sequenceMean
}

/// What is minimised: `Σ weight · term`, each term reduced over its own group of sequences, and a loss of pairs or a ranking where there
/// is one.
///
/// DistiLLM-2 has two: `skewForwardKL(0.1)` on the teacher's texts and `skewReverseKL(0.1)` on the student's.
public struct Objective: Sendable, Hashable {
  /// The terms; a batch names them by index.
  public let terms: [LossTerm]
  /// The loss of each two neighbouring sequences of a batch, but for those of terms beside pairs; nil: sequences are no pairs. All terms
  /// are cross-entropies then.
  public let pair: PairLoss?
  /// The loss of the order of some term's sequences; nil: none is ranked.
  public let ranking: RankingLoss?
  /// How positions and sequences are averaged.
  public let reduction: Reduction
  /// Teacher log-probs to ask per position: 0 asks for all V, else K and a tail.
  public let topCount: Int
  /// Whether hidden states are asked instead of log-probs, which then come from them and the teacher's output head.
  public let usesHiddenStates: Bool
  /// How the teacher's numbers travel.
  public let precision: Precision
  /// Ids to have drawn per position in place of log-probs; 0: none. Every loss with a teacher is forward KL then.
  public let drawCount: Int
  /// Fixes what is drawn after the same tokens.
  public let drawSeed: UInt64
  /// Factor of the mean squared error between the teacher's last hidden states and a projection of the student's; 0: there is none.
  public let hiddenWeight: Double

  /// Makes an objective; refuses no terms, and numbers outside their ranges.
  public init(
    terms: [LossTerm], reduction: Reduction, pair: PairLoss? = nil, ranking: RankingLoss? = nil, topCount: Int = 0,
    usesHiddenStates: Bool = false, precision: Precision = .float32, drawCount: Int = 0, drawSeed: UInt64 = 0,
    hiddenWeight: Double = 0
  ) throws(DistillationError) {
    guard !terms.isEmpty else { throw .noTerms }
    guard topCount >= 0 else {
      throw .parameterOutOfRange(name: "top_count", value: Double(topCount), range: "0 and above")
    }
    guard !usesHiddenStates || topCount == 0 else {
      throw .parameterOutOfRange(
        name: "top_count", value: Double(topCount), range: "0...0, since hidden states are asked")
    }
    guard drawCount >= 0, drawCount == 0 || (topCount == 0 && !usesHiddenStates) else {
      throw .parameterOutOfRange(
        name: "draw_count", value: Double(drawCount), range: "0 and above, and 0 where other forms are asked")
    }
    guard hiddenWeight.isFinite, hiddenWeight >= 0, hiddenWeight == 0 || (pair == nil && drawCount == 0) else {
      throw .parameterOutOfRange(
        name: "hidden_weight", value: hiddenWeight, range: "[0, ∞), and 0 beside pairs and draws")
    }
    try pair?.validate()
    try ranking?.validate(terms)
    guard ranking == nil || (pair == nil && drawCount == 0 && hiddenWeight == 0) else {
      throw .parameterOutOfRange(
        name: "ranking", value: 1, range: "0...0: it stands beside no pairs, draws or hidden states")
    }
    for term in terms {
      try term.validate()
      guard pair == nil || term.kind == .crossEntropy else { throw .termBesidePairs(term.kind) }
      guard drawCount == 0 || !term.kind.needsTeacher || term.kind == .forwardKL else {
        throw .biasedByDraws(term.kind)
      }
      guard !term.standardizesLogits || (topCount == 0 && drawCount == 0) else {
        throw .parameterOutOfRange(
          name: "standardize_logits", value: 1, range: "0 where the teacher does not give all log-probs")
      }
    }
    self.terms = terms
    self.pair = pair
    self.ranking = ranking
    self.reduction = reduction
    self.topCount = topCount
    self.usesHiddenStates = usesHiddenStates
    self.precision = precision
    self.drawCount = drawCount
    self.drawSeed = drawSeed
    self.hiddenWeight = hiddenWeight
  }

  /// Whether anything needs the teacher's log-probs.
  public var needsTeacher: Bool { terms.indices.contains(where: needsTeacher(term:)) }

  /// Whether each sequence of some term has an α of its own.
  public var isAdaptive: Bool { terms.contains { $0.adaptiveSkew != nil } }

  /// Whether sequences of a term need the teacher's log-probs.
  func needsTeacher(term: Int) -> Bool {
    terms[term].kind.needsTeacher || ranking?.term == term
      || pair?.reference == .teacher && !terms[term].isBesidePairs
  }

  /// What to ask of the teacher about the sequences that ``TrainingBatch/teacherSequences(_:)`` names.
  public var scoreOptions: ScoreOptions {
    if pair?.reference == .teacher { return ScoreOptions(tokenLogprobs: true, precision: precision) }
    if drawCount > 0 { return ScoreOptions(drawCount: drawCount, drawSeed: drawSeed, precision: precision) }
    let tokens = ranking != nil || terms.contains { $0.kind.needsTokenLogprobs }
    guard terms.contains(where: { $0.kind.needsDistribution }) || !tokens else {
      return ScoreOptions(tokenLogprobs: true, precision: precision)
    }
    if usesHiddenStates {
      return ScoreOptions(tokenLogprobs: tokens || isAdaptive, hiddenState: true, precision: precision)
    }
    let hidden = hiddenWeight > 0
    return topCount == 0
      ? ScoreOptions(tokenLogprobs: tokens, fullLogprobs: true, hiddenState: hidden, precision: precision)
      : ScoreOptions(tokenLogprobs: true, topCount: topCount, hiddenState: hidden, precision: precision)
  }
}

/// One optimizer step's sequences.
public struct TrainingBatch: Sendable, Hashable {
  /// The sequences with their completions, in the order of their sample index.
  public let sequences: SequenceBatch
  /// For each sequence the index of its term in the objective. Shape: `[B]`.
  public let termIndices: [Int]
  /// Sequences per forward pass: micro-batch i holds sequences `i·n ..< (i + 1)·n`.
  public let microBatchSize: Int
  /// About the pairs, where the objective has a loss of pairs.
  public let pairs: PairColumns
  /// Log-probs of completion tokens when they were written, of the sequences whose term is a policy gradient, in order; else empty.
  /// Unit: nats.
  public let behaviorLogprobs: [Float]
  /// Factors of the losses of completion tokens, of all sequences in order; a token of weight 0 does not count in a mean. Empty: 1 for
  /// all. Shape: `[R]`.
  public let tokenWeights: [Float]

  /// Makes a batch; the counts must agree.
  public init(
    sequences: SequenceBatch, termIndices: [Int], microBatchSize: Int, pairs: PairColumns = PairColumns(),
    behaviorLogprobs: [Float] = [], tokenWeights: [Float] = []
  ) throws(DistillationError) {
    guard termIndices.count == sequences.count else {
      throw .countMismatch(column: "term_indices", expected: sequences.count, found: termIndices.count)
    }
    guard microBatchSize >= 1 else {
      throw .parameterOutOfRange(name: "micro_batch_size", value: Double(microBatchSize), range: "1 and above")
    }
    self.sequences = sequences
    self.termIndices = termIndices
    self.microBatchSize = microBatchSize
    self.pairs = pairs
    self.behaviorLogprobs = behaviorLogprobs
    self.tokenWeights = tokenWeights
  }

  /// The sequences whose terms need the teacher, in order: what to send to `Score`, and what ``StudentTrainer/step(_:teacher:evaluate:)`` expects the scores of.
  public func teacherSequences(_ objective: Objective) throws(DistillationError) -> SequenceBatch {
    let all = sequences.sequences
    return SequenceBatch(try teacherSequenceIndices(objective).map { all[$0] })
  }

  /// Places in the batch of ``teacherSequences(_:)``.
  public func teacherSequenceIndices(_ objective: Objective) throws(DistillationError) -> [Int] {
    try validate(objective)
    return termIndices.indices.filter { objective.needsTeacher(term: termIndices[$0]) }
  }

  /// Throws where a sequence names a term that the objective has not.
  func validate(_ objective: Objective) throws(DistillationError) {
    for (sequence, term) in termIndices.enumerated() where !objective.terms.indices.contains(term) {
      throw .unknownTerm(sequence: sequence, term: term, termCount: objective.terms.count)
    }
  }
}
