/// The loss of the order that a row's answer gives to subsets of its demonstrations (BiAlign).
public struct RankingObjective: Sendable, Hashable {
  /// N: subsets of each row.
  public var subsetCount: Int
  /// λ: factor of the mean over pairs.
  public var weight: Double
  /// ε: least difference of log-probs that the student's are divided by, in nats.
  public var leastSpread: Double
}

extension RankingObjective {
  /// The ranking that a recipe asks for; nil where its method has none.
  init?(_ method: Method, _ values: ResolvedValues) {
    guard method == .bialign else { return nil }
    subsetCount = values.whole("bialign.subsets")
    weight = values.number("bialign.rank_weight")
    leastSpread = values.number("bialign.rank_epsilon")
  }
}

extension Recipe {
  /// How rows come to demonstrations.
  public struct BiAlign: Sendable, Hashable {
    /// Subsets of demonstrations that are ranked for each row.
    public var subsetCount: Int
    /// Demonstrations that a row without any is given, drawn from the other rows; nil: such a row is refused.
    public var demonstrationCount: Int?
    /// What stands after each demonstration.
    public var separator: String

    /// Names the numbers.
    public init(
      subsetCount: Int, demonstrationCount: Int? = nil, separator: String = DemonstratedRow.usualSeparator
    ) {
      (self.subsetCount, self.demonstrationCount) = (subsetCount, demonstrationCount)
      self.separator = separator
    }

    init(_ values: ResolvedValues) {
      self.init(
        subsetCount: values.whole("bialign.subsets"), demonstrationCount: values.whole("bialign.demonstrations"),
        separator: values.word("bialign.separator"))
    }
  }

  /// Sequences that each sample adds to a batch: one for each term; where subsets of demonstrations are ranked, one for each of them
  /// and one for the whole row.
  public var sequencesPerSample: Int { objective.ranking.map { $0.subsetCount + 1 } ?? objective.terms.count }
}

extension Method {
  /// What BiAlign learns of the data's answers: the teacher's distributions along the whole row, and nothing but their order after each
  /// subset of demonstrations.
  func demonstratedTerms(_ term: PlannedTerm) -> [PlannedTerm] {
    var ranked = term
    (ranked.kind, ranked.weight) = (.crossEntropy, 0)
    return [term, ranked]
  }
}
