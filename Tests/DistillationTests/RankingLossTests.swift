import Distillation
import Foundation
import Sequences
import Testing

/// rankings.json: ranking losses of groups by float64 autograd, and steps of a tiny Llama with forward KL of whole rows beside them.
struct GoldenRankings: Decodable {
  struct Group: Decodable, CustomTestStringConvertible {
    let student, teacher, slopes: [Double]
    let leastSpread, sum: Double
    let pairCount, agreementCount: Int
    var testDescription: String { "\(student) where the teacher has \(teacher)" }
  }
  struct Step: Decodable {
    let loss, ranking, norm, agreement: Double
    let terms: [Double]
  }
  struct Case: Decodable {
    let groupSize, topCount: Int
    let weight, leastSpread, crossEntropy: Double
    let reduction: Reduction
    let steps: [Step]
    let parameters: [String: [Float]]

    var objective: Objective {
      get throws {
        try Objective(
          terms: [LossTerm(.forwardKL), LossTerm(.crossEntropy, weight: crossEntropy)], reduction: reduction,
          ranking: RankingLoss(term: 1, groupSize: groupSize, weight: weight, leastSpread: leastSpread),
          topCount: topCount)
      }
    }
  }

  let groups: [Group]
  let start: [String: [Float]]
  let sequences: [GoldenSteps.Sequence]
  let teacher: [[[Float]]]
  let cases: [Case]

  func batch(microBatchSize: Int) throws -> TrainingBatch {
    try TrainingBatch(
      sequences: SequenceBatch(sequences.map { TokenSequence(tokenIDs: $0.tokenIDs, promptLength: $0.promptLength) }),
      termIndices: sequences.map(\.term), microBatchSize: microBatchSize)
  }

  /// The teacher's reply to what the objective asks: also log-probs of the actual tokens.
  func scores(topCount: Int) -> PositionScores {
    var scores = PositionScores()
    for (sequence, rows) in zip(sequences, teacher) {
      for (offset, row) in rows.enumerated() {
        let target = sequence.tokenIDs[sequence.promptLength + offset]
        var position =
          topCount == 0 ? fullScores(teacher: row) : topScores(teacher: row, topCount: topCount, target: target)
        position.tokenLogprobs = [row[Int(target)]]
        scores.append(position)
      }
    }
    return scores
  }
}

@Suite("A ranking of prompts") struct RankingLossTests {
  private static func loss(_ groupSize: Int, leastSpread: Double = 0.01) -> RankingLoss {
    RankingLoss(term: 0, groupSize: groupSize, leastSpread: leastSpread)
  }

  /// Tolerance: both are float64, sums of at most 45 terms of size 1 over a spread of at least 0.01.
  @Test("equals float64 autograd", arguments: try (golden("rankings.json") as GoldenRankings).groups)
  func autograd(_ group: GoldenRankings.Group) {
    let found = Self.loss(group.student.count, leastSpread: group.leastSpread).evaluate(
      student: group.student, teacher: group.teacher)
    #expect(abs(found.sum - group.sum) <= 1e-12 + 1e-12 * group.sum)
    #expect(found.slopes.count == group.slopes.count)
    for (ours, theirs) in zip(found.slopes, group.slopes) { #expect(abs(ours - theirs) <= 1e-12 + 1e-12 * abs(theirs)) }
    #expect(found.pairCount == group.pairCount && found.agreementCount == group.agreementCount)
  }

  @Test("of two is 2 the wrong way round, 1 where the student finds them equal, and 0 in the teacher's order")
  func two() {
    let loss = Self.loss(2)
    let wrong = loss.evaluate(student: [-5, -3], teacher: [-1, -2])
    #expect(wrong.sum == 2 && wrong.slopes == [-0.5, 0.5] && wrong.agreementCount == 0)
    let equal = loss.evaluate(student: [-5, -5], teacher: [-1, -2])
    #expect(equal.sum == 1 && equal.slopes == [-100, 100] && equal.agreementCount == 0)
    let right = loss.evaluate(student: [-3, -5], teacher: [-1, -2])
    #expect(right.sum == 0 && right.slopes == [0, 0] && right.agreementCount == 1)
  }

  @Test(
    "wants the spaces of the teacher's ranks: it is 0 where the student's log-probs lie evenly in the teacher's order")
  func spaces() {
    // All quotients by the spread of 8 are exact.
    let even = Self.loss(5).evaluate(student: [-2, -4, -6, -8, -10], teacher: [-1, -2, -3, -4, -5])
    #expect(even.sum == 0 && even.agreementCount == 10)
    let crowded = Self.loss(5).evaluate(student: [-2, -2.5, -3, -3.5, -10], teacher: [-1, -2, -3, -4, -5])
    #expect(crowded.sum > 0 && crowded.agreementCount == 10)
  }

  @Test("has no pair where the teacher finds two prompts equally good, whose rank is then the better one")
  func ties() {
    let all = Self.loss(3).evaluate(student: [-1, -2, -3], teacher: [-4, -4, -4])
    #expect(all.sum == 0 && all.slopes == [0, 0, 0] && all.pairCount == 0)
    // Ranks 1, 1, 3: both pairs have a margin of 1.
    let two = Self.loss(3).evaluate(student: [-2, -2, -2], teacher: [-1, -1, -5])
    #expect(two.sum == 2 && two.pairCount == 2 && two.slopes == [-100, -100, 200])
  }

  /// The spread is that of ε here, a constant: what the gradient takes for constant is so.
  @Test("has the slopes that central differences have, where no log-prob is on a hinge")
  func centralDifferences() {
    let loss = Self.loss(4, leastSpread: 30)
    let (student, teacher) = ([-3.0, -11, -7, -4.5], [-9.0, -2, -2.5, -6])
    let found = loss.evaluate(student: student, teacher: teacher)
    for place in student.indices {
      func sum(_ size: Double) -> Double {
        var moved = student
        moved[place] += size
        return loss.evaluate(student: moved, teacher: teacher).sum
      }
      #expect(abs((sum(1e-4) - sum(-1e-4)) / 2e-4 - found.slopes[place]) <= 1e-9)
    }
  }

  @Test("does not know what is added to all log-probs of either model")
  func shifts() {
    let (student, teacher) = ([-3.0, -11, -7, -4.5], [-9.0, -2, -2.5, -6])
    let loss = Self.loss(4)
    let shifted = loss.evaluate(student: student.map { $0 - 16 }, teacher: teacher.map { $0 + 8 })
    #expect(shifted == loss.evaluate(student: student, teacher: teacher))
  }

  @Test(
    "is refused with numbers outside their ranges, on another loss than cross-entropy, and beside pairs, draws and hidden states"
  )
  func refusals() throws {
    let terms = [LossTerm(.forwardKL), LossTerm(.crossEntropy, weight: 0)]
    func make(
      _ ranking: RankingLoss, pair: PairLoss? = nil, drawCount: Int = 0, hiddenWeight: Double = 0
    ) throws -> Objective {
      try Objective(
        terms: pair == nil ? terms : [terms[1], terms[1]], reduction: .tokenMean, pair: pair, ranking: ranking,
        drawCount: drawCount, hiddenWeight: hiddenWeight)
    }
    let good = RankingLoss(term: 1, groupSize: 4, leastSpread: 0.01)
    let options = try make(good).scoreOptions
    #expect(options.tokenLogprobs && options.fullLogprobs)
    #expect(throws: DistillationError.termBesideRanking(.forwardKL)) {
      try make(RankingLoss(term: 0, groupSize: 4, leastSpread: 0.01))
    }
    for bad in [
      RankingLoss(term: 2, groupSize: 4, leastSpread: 0.01), RankingLoss(term: 1, groupSize: 1, leastSpread: 0.01),
      RankingLoss(term: 1, groupSize: 4, leastSpread: 0), RankingLoss(term: 1, groupSize: 4, leastSpread: .nan),
      RankingLoss(term: 1, groupSize: 4, weight: -1, leastSpread: 1),
    ] {
      #expect(throws: DistillationError.self, "\(bad)") { try make(bad) }
    }
    let pair = PairLoss(.hinge(margin: 1), isLengthNormalized: true, reference: .none)
    #expect(throws: DistillationError.self) { try make(good, pair: pair) }
    #expect(throws: DistillationError.self) { try make(good, drawCount: 4) }
    #expect(throws: DistillationError.self) { try make(good, hiddenWeight: 1) }
  }
}
