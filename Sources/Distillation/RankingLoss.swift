internal import Foundation

/// A loss of the order that log-probs of one completion have after several prompts: the student's is to be the teacher's.
///
/// The N sequences of a group have the same completion after different prompts. With s_i the student's log-prob of the completion
/// after prompt i, summed over its tokens, t_i the teacher's, and `rank_i` 1 + the number of j with t_j > t_i, so that 1 is most
/// preferred, each two with t_i > t_j have
///
///     L = max(0, (s_j − s_i) / D + (rank_j − rank_i) / (N − 1)),   D = max(max s − min s, ε)
///
/// D is a constant of the gradient: where L is above 0, `∂L/∂s_j = 1/D` and `∂L/∂s_i = −1/D`. Prompts that the teacher finds equally good
/// make no pair.
///
/// - SeeAlso: <https://arxiv.org/abs/2312.17055>.
public struct RankingLoss: Sendable, Hashable {
  /// Index of the term whose sequences are ranked, a cross-entropy; each N neighbouring ones are a group.
  public var term: Int
  /// N, at least 2.
  public var groupSize: Int
  /// Factor of the mean over pairs in the whole loss.
  public var weight: Double
  /// ε, in nats, above 0.
  public var leastSpread: Double

  /// Names the numbers.
  public init(term: Int, groupSize: Int, weight: Double = 1, leastSpread: Double) {
    (self.term, self.groupSize) = (term, groupSize)
    (self.weight, self.leastSpread) = (weight, leastSpread)
  }

  /// Throws unless all numbers are in their ranges, and the term is a cross-entropy.
  func validate(_ terms: [LossTerm]) throws(DistillationError) {
    func expect(_ name: String, _ value: Double, _ holds: Bool, _ range: String) throws(DistillationError) {
      guard value.isFinite, holds else { throw .parameterOutOfRange(name: name, value: value, range: range) }
    }
    try expect("term of the ranking", Double(term), terms.indices.contains(term), "0...\(terms.count - 1)")
    guard terms[term].kind == .crossEntropy else { throw .termBesideRanking(terms[term].kind) }
    try expect("group size", Double(groupSize), groupSize >= 2, "2 and above")
    try expect("ranking weight", weight, weight >= 0, "[0, ∞)")
    try expect("least spread", leastSpread, leastSpread > 0, "(0, ∞)")
  }
}

/// The loss of one group with its derivatives.
public struct RankingValue: Sendable, Hashable, Codable {
  /// Sum of L over the pairs, before any weight.
  public var sum: Double
  /// Its derivatives with respect to the student's log-probs. Shape: `[N]`.
  public var slopes: [Double]
  /// Pairs that the teacher orders.
  public var pairCount: Int
  /// Those that the student orders alike.
  public var agreementCount: Int
}

extension RankingLoss {
  /// Pairs (i, j) with t_i > t_j, in order, and `rank_j − rank_i` of each.
  static func pairs(_ teacher: [Double]) -> [(better: Int, worse: Int, ranks: Int)] {
    let ranks = teacher.map { own in 1 + teacher.count { $0 > own } }
    return teacher.indices.flatMap { better in
      teacher.indices.filter { teacher[better] > teacher[$0] }.map {
        (better: better, worse: $0, ranks: ranks[$0] - ranks[better])
      }
    }
  }

  /// Returns the loss of a group.
  ///
  /// - Parameters:
  ///   - student: s, finite. Shape: `[N]`. Unit: nats.
  ///   - teacher: t, finite. Shape: `[N]`. Unit: nats.
  public func evaluate(student: [Double], teacher: [Double]) -> RankingValue {
    precondition(
      student.count == groupSize && teacher.count == groupSize,
      "\(student.count) and \(teacher.count) log-probs of a group of \(groupSize)")
    let spread = max((student.max() ?? 0) - (student.min() ?? 0), leastSpread)
    var value = RankingValue(
      sum: 0, slopes: [Double](repeating: 0, count: groupSize), pairCount: 0, agreementCount: 0)
    for (better, worse, ranks) in Self.pairs(teacher) {
      value.pairCount += 1
      value.agreementCount += student[better] > student[worse] ? 1 : 0
      let missing = (student[worse] - student[better]) / spread + Double(ranks) / Double(groupSize - 1)
      guard missing > 0 else { continue }
      value.sum += missing
      value.slopes[worse] += 1 / spread
      value.slopes[better] -= 1 / spread
    }
    return value
  }
}
