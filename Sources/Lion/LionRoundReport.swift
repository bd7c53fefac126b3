/// What a round of discrimination and generation came to.
public struct LionRoundReport: Sendable, Hashable, Codable {
  /// What came of one kind of invention.
  public struct Inventions: Sendable, Hashable, Codable {
    /// Texts of the generator.
    public let requested: Int
    /// Those that were taken.
    public let accepted: Int
    /// Those that were not, by reason.
    public let rejected: [String: Int]
  }

  /// The round, from 0.
  public let round: Int
  /// Instructions with a verdict.
  public let scoredCount: Int
  /// Instructions whose verdicts could not be read: they are in no other figure.
  public let unscoredCount: Int
  /// Scored instructions whose gap is at least the threshold.
  public let hardCount: Int
  /// Mean of the teacher's scores.
  public let teacherScore: Double?
  /// Mean of the student's scores.
  public let studentScore: Double?
  /// Mean of teacher − student.
  public let meanGap: Double?
  /// Median of teacher − student.
  public let medianGap: Double?
  /// Mean of half of what the first place gains.
  public let positionBias: Double?
  /// By kind: `hard`, `easy`.
  public let inventions: [String: Inventions]
  /// What each role has cost since the run began.
  public let usage: [String: ModelUsage]

  init(
    round: Int, scoredCount: Int, unscoredCount: Int, hardCount: Int, verdicts: [Verdict],
    inventions: [String: Inventions], usage: [String: ModelUsage]
  ) {
    (self.round, self.scoredCount, self.unscoredCount, self.hardCount) = (round, scoredCount, unscoredCount, hardCount)
    (self.inventions, self.usage) = (inventions, usage)
    func mean(_ key: (Verdict) -> Double) -> Double? {
      verdicts.isEmpty ? nil : verdicts.reduce(0) { $0 + key($1) } / Double(verdicts.count)
    }
    (teacherScore, studentScore) = (mean(\.teacherScore), mean(\.studentScore))
    (meanGap, positionBias) = (mean(\.gap), mean(\.positionBias))
    let gaps = verdicts.map(\.gap).sorted()
    medianGap = gaps.isEmpty ? nil : (gaps[(gaps.count - 1) / 2] + gaps[gaps.count / 2]) / 2
  }

  /// Hard instructions over scored ones.
  public var hardShare: Double? { scoredCount > 0 ? Double(hardCount) / Double(scoredCount) : nil }
  /// Texts that were taken over texts that were asked for.
  public var yield: Double? {
    let requested = inventions.values.reduce(0) { $0 + $1.requested }
    return requested > 0 ? Double(inventions.values.reduce(0) { $0 + $1.accepted }) / Double(requested) : nil
  }
}
