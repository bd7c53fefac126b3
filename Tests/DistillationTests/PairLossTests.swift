import Distillation
import Foundation
import Kernels
import Sequences
import Testing
import Transformer

/// pairs.json: losses of pairs by float64 autograd and TRL, steps of a tiny Llama with them, rows of DPKD's token form.
struct GoldenPairs: Decodable {
  struct Number: Decodable, CustomTestStringConvertible {
    let form: String
    let number, second, smoothing, margin, value: Double
    let means: Bool
    let pair, slopes: [Double]
    let lengths: [Int]
    /// What TRL's own loss gives; nil where it has no such loss.
    let trl: Foreign?
    var testDescription: String { "\(form) \(number) \(second) \(smoothing) of \(pair)" }
  }
  struct Foreign: Decodable {
    let by: String
    let value: Double
    let slopes, rewards: [Double]
  }
  struct Sequence: Decodable {
    let tokenIDs: [TokenID]
    let promptLength: Int
  }
  struct Step: Decodable {
    let loss, pairLoss, norm: Double
    let terms, logprobs: [Double]
    /// Means over pairs as DPOTrainer reports them; nil where it reports those of other sums, or has no such loss.
    let rewards: [Double]?
  }
  struct Case: Decodable {
    let form: String
    let number, second, smoothing, weight, anchor: Double
    let means: Bool
    let reference: PairReference
    let margins, weights: [Double]
    /// The loss of TRL's that was minimised; nil: a transcription.
    let by: String?
    let steps: [Step]
    let parameters: [String: [Float]]
  }
  struct Row: Decodable {
    let logits, teacher: [Float]
    let target: TokenID
    let beta, anchor, value: Double
    let gradient: [Double]
  }

  let numbers: [Number]
  let sequences: [Sequence]
  let start: [String: [Float]]
  let given: [[Double]]
  let teacher: [Float]
  let cases: [Case]
  let rows: [Row]

  static func form(_ name: String, _ number: Double, _ second: Double, _ smoothing: Double) -> PairLoss.Form {
    switch name {
    case "logistic": .logistic(beta: number, gamma: second, labelSmoothing: smoothing)
    case "squared": .squared(tau: number)
    default: .hinge(beta: number, margin: second)
    }
  }

  func objective(_ example: Case) throws -> Objective {
    try Objective(
      terms: [LossTerm(.crossEntropy, weight: example.anchor), LossTerm(.crossEntropy, weight: 0)],
      reduction: .tokenMean,
      pair: PairLoss(
        Self.form(example.form, example.number, example.second, example.smoothing),
        isLengthNormalized: example.means, reference: example.reference, weight: example.weight))
  }

  func batch(_ example: Case, microBatchSize: Int) throws -> TrainingBatch {
    let isGiven = example.reference == .given
    return try TrainingBatch(
      sequences: SequenceBatch(sequences.map { TokenSequence(tokenIDs: $0.tokenIDs, promptLength: $0.promptLength) }),
      termIndices: sequences.indices.map { $0 % 2 }, microBatchSize: microBatchSize,
      pairs: PairColumns(
        referenceChosen: isGiven ? given.map { $0[0] } : [], referenceRejected: isGiven ? given.map { $0[1] } : [],
        margins: example.margins, weights: example.weights))
  }

  /// What a teacher answers that is asked for the actual tokens.
  var scores: PositionScores {
    var scores = PositionScores()
    (scores.positionCount, scores.tokenLogprobs) = (teacher.count, teacher)
    return scores
  }
}

@Suite struct PairLossTests {
  /// s_w = −12 (8 tokens), s_l = −20 (10 tokens), r_w = −10, r_l = −30.
  struct Known: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let loss: PairLoss
    let value: Double
    var slope: Double?
  }
  static let known = [
    Known(
      testDescription: "DPO",
      loss: PairLoss(.logistic(beta: 0.1), isLengthNormalized: false, reference: .given), value: 1.463282,
      slope: -0.0768525),
    Known(
      testDescription: "DPKD",
      loss: PairLoss(.logistic(beta: 0.1), isLengthNormalized: true, reference: .teacher), value: 0.757599,
      slope: -0.00664012),
    Known(
      testDescription: "SimPO",
      loss: PairLoss(.logistic(beta: 2, gamma: 1), isLengthNormalized: true, reference: .none), value: 0.693147,
      slope: -0.125),
    Known(
      testDescription: "IPO", loss: PairLoss(.squared(tau: 0.1), isLengthNormalized: true, reference: .given),
      value: 39.0625),
    Known(
      testDescription: "hinge",
      loss: PairLoss(.hinge(beta: 0.1, margin: 1), isLengthNormalized: false, reference: .given), value: 2.2),
    Known(
      testDescription: "SLiC", loss: PairLoss(.hinge(margin: 1), isLengthNormalized: true, reference: .none),
      value: 0.5),
  ]

  /// Tolerance: the table has six digits.
  @Test("equals the table of known values", arguments: known)
  func table(_ row: Known) {
    let isFree = row.loss.reference == .none
    let found = row.loss.evaluate(
      PairLogprobs(
        chosen: -12, rejected: -20, chosenLength: 8, rejectedLength: 10, referenceChosen: isFree ? 0 : -10,
        referenceRejected: isFree ? 0 : -30))
    #expect(abs(found.value - row.value) <= 5e-7)
    if let slope = row.slope { #expect(abs(found.chosenSlope - slope) <= 5e-8) }
  }

  /// Tolerance: both are float64; a logistic's tail is computed as e^−x here and there. TRL's sums up to 64 log-probs of tokens
  /// where ours has their sum, which is 1e-14 of it, and squares it once.
  @Test(
    "equals float64 autograd, and the losses of TRL's DPOTrainer and CPOTrainer with their gradients",
    arguments: try (golden("pairs.json") as GoldenPairs).numbers)
  func autograd(_ row: GoldenPairs.Number) {
    let loss = PairLoss(
      GoldenPairs.form(row.form, row.number, row.second, row.smoothing), isLengthNormalized: row.means,
      reference: .given)
    let pair = PairLogprobs(
      chosen: row.pair[0], rejected: row.pair[1], chosenLength: row.lengths[0], rejectedLength: row.lengths[1],
      referenceChosen: row.pair[2], referenceRejected: row.pair[3])
    let found = loss.evaluate(pair, margin: row.margin)
    func expectClose(_ ours: Double, _ theirs: Double, _ what: String) {
      #expect(abs(ours - theirs) <= 1e-12 + 1e-12 * abs(theirs), "\(what): \(ours) where float64 has \(theirs)")
    }
    expectClose(found.value, row.value, "value")
    expectClose(found.chosenSlope, row.slopes[0], "∂L/∂s_w")
    expectClose(found.rejectedSlope, row.slopes[1], "∂L/∂s_l")
    guard let trl = row.trl else { return }
    expectClose(found.value, trl.value, "value of \(trl.by)")
    expectClose(found.chosenSlope, trl.slopes[0], "∂L/∂s_w of \(trl.by)")
    expectClose(found.rejectedSlope, trl.slopes[1], "∂L/∂s_l of \(trl.by)")
    expectClose(loss.rewards(pair).chosen, trl.rewards[0], "TRL's chosen reward")
    expectClose(loss.rewards(pair).rejected, trl.rewards[1], "TRL's rejected reward")
  }

  @Test("DPOTrainer's sigmoid, ipo, hinge, sigmoid_norm and AOT of one pair are among what is compared")
  func coverage() throws {
    let golden = try golden("pairs.json") as GoldenPairs
    let numbers = Set(golden.numbers.compactMap(\.trl?.by))
    let own = ["sigmoid", "ipo", "hinge", "sigmoid_norm", "aot"].map { "DPOTrainer \($0)" }
    #expect(numbers == Set(own + ["CPOTrainer"]))
    #expect(
      golden.cases.compactMap(\.by).sorted()
        == ["hinge", "ipo", "ipo", "sigmoid", "sigmoid_norm"].map { "DPOTrainer \($0)" })
  }

  /// Tolerance: float32 log-probs carry 1e-7 of their size.
  @Test("DPKD's token form equals float64 autograd, with all log-probs and with all of them as the top")
  func tokenForm() throws {
    for row in (try golden("pairs.json") as GoldenPairs).rows {
      let kind = TokenLossKind.topTokenPreference(beta: row.beta, crossEntropy: row.anchor)
      for scores in [
        fullScores(teacher: row.teacher),
        topScores(teacher: row.teacher, topCount: row.teacher.count, target: row.target),
      ] {
        let (loss, gradient) = try rowLoss(kind, logits: row.logits, target: row.target, teacher: scores, scale: 2)
        #expect(abs(loss.value - row.value) <= 1e-6 + 3e-6 * abs(row.value))
        for (ours, theirs) in zip(gradient, row.gradient) where !(abs(Double(ours) - 2 * theirs) <= 3e-6) {
          Issue.record("\(row.logits.count) tokens: \(ours) where float64 has \(2 * theirs)")
        }
      }
    }
  }

  @Test("DPKD's token form equals the known value, moves two logits, and is log 2 where both prefer one token")
  func tokenFormTable() throws {
    let teacher = logSoftmax([0.5, 1.5, -1, 0.75, -2]).map { Float($0) }
    let kind = TokenLossKind.topTokenPreference(beta: 0.1, crossEntropy: 0)
    for scores in [fullScores(teacher: teacher), topScores(teacher: teacher, topCount: 2, target: 1)] {
      let (loss, gradient) = try rowLoss(kind, logits: [1, -0.5, 0.25, 2, -1.5], target: 1, teacher: scores)
      #expect(abs(loss.value - 0.868793) <= 1e-6)
      for (ours, known) in zip(gradient, [0, -0.058054, 0, 0.058054, 0]) { #expect(abs(Double(ours) - known) <= 1e-6) }
    }
    let (same, none) = try rowLoss(
      kind, logits: [0, 3, 1, 0, -1], target: 2, teacher: fullScores(teacher: teacher))
    #expect(abs(same.value - log(2)) <= 1e-12 && none.allSatisfy { $0 == 0 } && same.agrees == true)
  }

  @Test("a student's token outside the teacher's top counts as the last of it")
  func tokenFormBound() throws {
    let teacher = logSoftmax([0.5, 1.5, -1, 0.75, -2]).map { Float($0) }
    let kind = TokenLossKind.topTokenPreference(beta: 0.1, crossEntropy: 0)
    let top = try rowLoss(
      kind, logits: [1, -0.5, 0.25, 0, 2], target: 1, teacher: topScores(teacher: teacher, topCount: 2, target: 1))
    var bounded = teacher
    bounded[4] = teacher[3]
    let same = try rowLoss(kind, logits: [1, -0.5, 0.25, 0, 2], target: 1, teacher: fullScores(teacher: bounded))
    #expect(abs(top.loss.value - same.loss.value) <= 1e-7)
  }

  @Test("refuses numbers outside their ranges, and terms that are no cross-entropies")
  func refuses() {
    for form in [
      PairLoss.Form.logistic(beta: 0), .logistic(beta: .nan), .logistic(beta: 1, labelSmoothing: 0.5),
      .squared(tau: -1), .hinge(margin: -1), .hinge(beta: 0, margin: 1),
    ] {
      #expect(throws: DistillationError.self) {
        try Objective(
          terms: [LossTerm(.crossEntropy)], reduction: .tokenMean,
          pair: PairLoss(form, isLengthNormalized: true, reference: .none))
      }
    }
    #expect(throws: DistillationError.termBesidePairs(.forwardKL)) {
      try Objective(
        terms: [LossTerm(.forwardKL)], reduction: .tokenMean,
        pair: PairLoss(.logistic(beta: 1), isLengthNormalized: true, reference: .none))
    }
  }
}
