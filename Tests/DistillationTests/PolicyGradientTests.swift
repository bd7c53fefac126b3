import Distillation
import Foundation
import Kernels
import Optimization
import Sequences
import Testing
import Transformer

/// policy.json: policy gradients in PyTorch.
struct GoldenPolicies: Decodable {
  /// A loss as the file has it: (discount, future only, length normalised, clip, reward limit, reverse KL, teacher's share).
  struct Policy: Decodable {
    let policy: PolicyGradient

    init(from decoder: any Decoder) throws {
      var values = try decoder.unkeyedContainer()
      policy = PolicyGradient(
        discount: try values.decode(Double.self), isFutureOnly: try values.decode(Bool.self),
        isLengthNormalized: try values.decode(Bool.self), clip: try values.decode(Double.self),
        rewardLimit: try values.decode(Double.self), reverseKL: try values.decode(Double.self),
        teacherShare: try values.decode(Double.self))
    }
  }
  struct Advantages: Decodable {
    let policy: Policy
    let rewards, advantages: [Double]
  }
  struct Row: Decodable, Sendable {
    let policy: Policy
    let logits, teacher: [Float]
    let target: TokenID
    let advantage, behavior, weight, value: Double
    let gradient: [Double]

    /// With our weight.
    var token: PolicyToken {
      let weight = policy.policy.weight(teacher: Double(teacher[Int(target)]), behavior: behavior)
      return PolicyToken(advantage: advantage, behaviorLogprob: behavior, weight: weight)
    }
  }
  struct Sequence: Decodable {
    let tokenIDs: [TokenID]
    let promptLength: Int
  }
  struct Step: Decodable { let loss, norm: Double }
  struct Case: Decodable {
    let policy: Policy
    let start: [String: [Float]]
    let behavior: [[Float]]
    let teacher: [[[Float]]]
    let steps: [Step]
    let parameters: [String: [Float]]
  }
  let sequences: [Sequence]
  let advantages: [Advantages]
  let rows: [Row]
  let cases: [Case]

  func batch(_ example: Case, microBatchSize: Int) throws -> TrainingBatch {
    try TrainingBatch(
      sequences: SequenceBatch(sequences.map { TokenSequence(tokenIDs: $0.tokenIDs, promptLength: $0.promptLength) }),
      termIndices: sequences.map { _ in 0 }, microBatchSize: microBatchSize,
      behaviorLogprobs: example.behavior.flatMap(\.self))
  }

  /// The teacher's reply: log-probs of the actual tokens, and all of them where there is a reverse KL.
  func scores(_ example: Case) -> PositionScores {
    var scores = PositionScores()
    for (sequence, rows) in zip(sequences, example.teacher) {
      for (offset, row) in rows.enumerated() {
        scores.positionCount += 1
        scores.tokenLogprobs.append(row[Int(sequence.tokenIDs[sequence.promptLength + offset])])
        if example.policy.policy.reverseKL > 0 { scores.fullLogprobs += row }
      }
    }
    return scores
  }
}

@Suite("A policy gradient") struct PolicyGradientTests {
  let golden: GoldenPolicies

  init() throws { golden = try DistillationTests.golden("policy.json") }

  @Test("has the advantages of their definition")
  func advantages() {
    for example in golden.advantages {
      let behavior = [Float](repeating: -2, count: example.rewards.count)
      let tokens = example.policy.policy.tokens(teacher: example.rewards.map { Float($0 - 2) }, behavior: behavior)
      #expect(tokens.allSatisfy { $0.behaviorLogprob == -2 } && tokens.count == example.advantages.count)
      for (ours, known) in zip(tokens, example.advantages) { #expect(abs(ours.advantage - known) <= 1e-12) }
    }
  }

  /// Tolerance: float32 log-probs carry 1e-7 of their size.
  @Test("equals float64 autograd on random rows, rounded or not")
  func autograd() throws {
    for row in golden.rows {
      let policy = row.policy.policy
      let scores = try TeacherScores(fullScores(teacher: row.teacher), vocabSize: row.logits.count)
      let source = try #require(scores)
      let workspace = RowLossWorkspace(vocabSize: row.logits.count, rowSize: row.logits.count + 1)
      let (logits, other) = (floats(row.logits + [7]), floats(row.logits + [7]))
      let rounded = BFloat16Storage(count: row.logits.count + 1).view
      let token = row.token
      let loss = try workspace.replaceLogits(
        logits, policy: policy, token: token, target: row.target, teacher: policy.reverseKL > 0 ? (source, 0) : nil,
        scale: 1)
      _ = try workspace.replaceLogits(
        other, policy: policy, token: token, target: row.target, teacher: policy.reverseKL > 0 ? (source, 0) : nil,
        scale: 1, rounded: rounded)
      #expect(abs(loss.value - row.value) <= 2e-6 + 3e-6 * abs(row.value))
      for (ours, known) in zip(logits.array, row.gradient) { #expect(abs(Double(ours) - known) <= 2e-6) }
      #expect(logits[row.logits.count] == 0 && abs(logits.array.reduce(0, +)) <= 2e-6)
      let expected = BFloat16Storage(count: row.logits.count + 1).view
      expected.round(logits)
      #expect((0...row.logits.count).allSatisfy { rounded[$0] == expected[$0] })
    }
  }

  /// Tolerance: float32 gradients of 11 tokens, added up.
  @Test("of a sampled token has the gradient of the reverse KL in expectation over what the student writes")
  func expectation() throws {
    for row in golden.rows.prefix(10) {
      let logprobs = logSoftmax(row.logits)
      let workspace = RowLossWorkspace(vocabSize: row.logits.count, rowSize: row.logits.count)
      var sums = [Double](repeating: 0, count: row.logits.count)
      for (id, logprob) in logprobs.enumerated() {
        let logits = floats(row.logits)
        let token = PolicyToken(advantage: Double(row.teacher[id]) - logprob, behaviorLogprob: logprob)
        _ = try workspace.replaceLogits(logits, policy: PolicyGradient(), token: token, target: TokenID(id), scale: 1)
        for (index, slope) in logits.array.enumerated() { sums[index] += exp(logprob) * Double(slope) }
      }
      let exact = try rowLoss(.reverseKL, logits: row.logits, teacher: fullScores(teacher: row.teacher)).gradient
      for (ours, known) in zip(sums, exact) { #expect(abs(ours - Double(known)) <= 2e-6) }
    }
  }

  @Test("weighs a token by the student's share in what it was drawn from: from 0 to 1 / (1 − α), 1 where both agree")
  func weights() {
    for row in golden.rows { #expect(abs(row.token.weight - row.weight) <= 1e-12) }
    #expect(Set(golden.rows.map { $0.policy.policy.teacherShare }) == [0, 0.2, 0.7])
    let policy = PolicyGradient(rewardLimit: 100, teacherShare: 0.2)
    #expect(abs(policy.weight(teacher: -2, behavior: -2) - 1) <= 1e-12)
    #expect(policy.weight(teacher: -.infinity, behavior: -2) == 1.25 && policy.weight(teacher: 0, behavior: -2000) == 0)
    let tokens = policy.tokens(teacher: [-1, -.infinity, -3], behavior: [-3, -1, -3])
    let known = [exp(-3) / (0.2 * exp(-1) + 0.8 * exp(-3)), 1.25, 1]
    for (ours, weight) in zip(tokens, known) { #expect(abs(ours.weight - weight) <= 1e-12) }
    #expect(PolicyGradient().tokens(teacher: [-1], behavior: [-3]).map(\.weight) == [1])
  }

  /// Tolerance: float32 gradients of 11 tokens, added up.
  @Test("weights make what both wrote stand for what the student would have written", arguments: [0.2, 0.7])
  func unbiased(share: Double) throws {
    let policy = PolicyGradient(teacherShare: share)
    for row in golden.rows.prefix(10) {
      let logprobs = logSoftmax(row.logits)
      let workspace = RowLossWorkspace(vocabSize: row.logits.count, rowSize: row.logits.count)
      var sums = [Double](repeating: 0, count: row.logits.count)
      for (id, logprob) in logprobs.enumerated() {
        let logits = floats(row.logits)
        let token = PolicyToken(
          advantage: Double(row.teacher[id]) - logprob, behaviorLogprob: logprob,
          weight: policy.weight(teacher: Double(row.teacher[id]), behavior: logprob))
        _ = try workspace.replaceLogits(logits, policy: policy, token: token, target: TokenID(id), scale: 1)
        let drawn = share * exp(Double(row.teacher[id])) + (1 - share) * exp(logprob)
        for (index, slope) in logits.array.enumerated() { sums[index] += drawn * Double(slope) }
      }
      let exact = try rowLoss(.reverseKL, logits: row.logits, teacher: fullScores(teacher: row.teacher)).gradient
      for (ours, known) in zip(sums, exact) { #expect(abs(ours - Double(known)) <= 2e-6) }
    }
  }

  @Test("the slope is the derivative of the value, and 0 where the ratio is clipped")
  func centralDifferences() {
    for row in golden.rows {
      let (policy, token) = (row.policy.policy, row.token)
      for shift in [-0.4, -0.01, 0.01, 0.1, 0.5] {
        let place = row.behavior + shift
        let (above, below) = (
          policy.evaluate(token, logprob: place + 1e-6), policy.evaluate(token, logprob: place - 1e-6)
        )
        let slope = policy.evaluate(token, logprob: place).slope
        #expect(abs((above.value - below.value) / 2e-6 - slope) <= 1e-8 + 1e-6 * abs(slope))
        if policy.clip > 0, (exp(shift) - 1) * (row.advantage > 0 ? 1 : -1) > policy.clip { #expect(slope == 0) }
      }
    }
  }

  /// Tolerance: both are float32 with their own order of sums; Adam's first steps amplify a gradient's relative error.
  @Test("makes PyTorch's optimizer steps", arguments: [0, 1, 2], [1, 2, 5])
  func steps(_ index: Int, _ microBatchSize: Int) throws {
    let example = golden.cases[index]
    let student = try TinyStudent(example.start)
    let objective = try Objective(terms: [LossTerm(.policyGradient(example.policy.policy))], reduction: .tokenMean)
    let trainer = try student.trainer(objective)
    #expect(objective.scoreOptions.tokenLogprobs && objective.scoreOptions.fullLogprobs == (index > 0))
    for step in example.steps {
      let measured = try trainer.step(
        golden.batch(example, microBatchSize: microBatchSize), teacher: golden.scores(example))
      #expect(abs(measured.loss - step.loss) <= 2e-5 + 2e-5 * abs(step.loss))
      #expect(abs(measured.gradientNorm - step.norm) <= 1e-5 + 1e-4 * step.norm)
    }
    try expectPyTorch(
      example.parameters, student.transformer.layout, student.parameters, absolute: 1e-5, relative: 1e-4)
  }

  @Test("refuses columns of another length, what is no number, and a teacher without what it needs")
  func refuses() throws {
    let example = golden.cases[0]
    let trainer = try TinyStudent(example.start).trainer(
      Objective(terms: [LossTerm(.policyGradient(PolicyGradient()))], reduction: .tokenMean))
    let (batch, scores) = (try golden.batch(example, microBatchSize: 5), golden.scores(example))
    func step(_ behavior: [Float], _ scores: PositionScores) throws {
      _ = try trainer.step(
        TrainingBatch(
          sequences: batch.sequences, termIndices: batch.termIndices, microBatchSize: 5, behaviorLogprobs: behavior),
        teacher: scores)
    }
    let count = batch.behaviorLogprobs.count
    #expect(
      throws: DistillationError.countMismatch(
        column: "the log-probs of the text's writer", expected: count, found: count - 1)
    ) { try step(Array(batch.behaviorLogprobs.dropLast()), scores) }
    var behavior = batch.behaviorLogprobs
    behavior[2] = -.infinity
    #expect(throws: DistillationError.behaviorLogprobNotFinite(position: 2)) { try step(behavior, scores) }
    var other = scores
    other.tokenLogprobs[1] = .nan
    #expect(throws: DistillationError.teacherLogprobNotFinite(position: 1)) { try step(batch.behaviorLogprobs, other) }
    // A probability of 0 is a reward without end, unless rewards are cut.
    other.tokenLogprobs[1] = -.infinity
    #expect(throws: DistillationError.teacherLogprobNotFinite(position: 1)) { try step(batch.behaviorLogprobs, other) }
    let cut = PolicyGradient(rewardLimit: 100)
    #expect(cut.tokens(teacher: [-.infinity, -1], behavior: [-1, -1]).map(\.advantage) == [-100, 0])
    let limited = try TinyStudent(example.start).trainer(
      Objective(terms: [LossTerm(.policyGradient(cut))], reduction: .tokenMean))
    #expect(try limited.step(batch, teacher: other).loss.isFinite)
    other = scores
    other.tokenLogprobs = []
    #expect(throws: DistillationError.self) { try step(batch.behaviorLogprobs, other) }
    // Tokens alone are not enough for a reverse KL.
    let minillm = try TinyStudent(example.start).trainer(
      Objective(terms: [LossTerm(.policyGradient(PolicyGradient(reverseKL: 1)))], reduction: .tokenMean))
    #expect(throws: DistillationError.teacherMissing(.reverseKL)) { try minillm.step(batch, teacher: scores) }
    #expect(trainer.optimizer.stepCount == 0 && minillm.optimizer.stepCount == 0)
    for bad in [
      PolicyGradient(discount: 1.1), PolicyGradient(clip: 1), PolicyGradient(rewardLimit: -1),
      PolicyGradient(reverseKL: .nan), PolicyGradient(teacherShare: 1), PolicyGradient(teacherShare: -0.1),
    ] {
      #expect(throws: DistillationError.self) {
        try Objective(terms: [LossTerm(.policyGradient(bad))], reduction: .tokenMean)
      }
    }
  }
}
