import Distillation
import Foundation
import Kernels
import Optimization
import Sequences
import Testing
import Transformer

/// corpus.json: a tiny Llama's optimizer steps with a term on a corpus, in PyTorch.
struct GoldenCorpus: Decodable {
  struct Step: Decodable {
    let loss, pairLoss, norm: Double
    let terms: [Double]
  }
  struct Case: Decodable {
    let name: String
    let sequences: [GoldenSteps.Sequence]
    /// All log-probs of each completion's positions.
    let teacher: [[[Float]]]
    let steps: [Step]
    let parameters: [String: [Float]]

    func batch(microBatchSize: Int, count: Int? = nil) throws -> TrainingBatch {
      let sequences = sequences.prefix(count ?? sequences.count)
      return try TrainingBatch(
        sequences: SequenceBatch(
          sequences.map { TokenSequence(tokenIDs: $0.tokenIDs, promptLength: $0.promptLength) }),
        termIndices: sequences.map(\.term), microBatchSize: microBatchSize)
    }

    /// The teacher's reply about the sequences that it is asked about.
    func scores(_ objective: Objective) throws -> PositionScores {
      var scores = PositionScores()
      for place in try batch(microBatchSize: 1).teacherSequenceIndices(objective) {
        for (offset, row) in teacher[place].enumerated() {
          guard objective.pair != nil else {
            scores.append(fullScores(teacher: row))
            continue
          }
          scores.positionCount += 1
          scores.tokenLogprobs.append(row[Int(sequences[place].tokenIDs[sequences[place].promptLength + offset])])
        }
      }
      return scores
    }
  }

  let beta, anchor, weight: Double
  let start: [String: [Float]]
  let cases: [Case]

  func objective(_ example: Case) throws -> Objective {
    guard example.name == "dpkd" else {
      return try Objective(
        terms: [
          LossTerm(.topTokenPreference(beta: beta, crossEntropy: anchor), weight: 0.5),
          LossTerm(.forwardKL, weight: weight / 4, crossEntropyWeight: 1),
        ], reduction: .tokenMean)
    }
    return try Objective(
      terms: [
        LossTerm(.crossEntropy, weight: anchor), LossTerm(.crossEntropy, weight: 0),
        LossTerm(.crossEntropy, weight: weight, isBesidePairs: true),
      ], reduction: .tokenMean,
      pair: PairLoss(.logistic(beta: beta), isLengthNormalized: true, reference: .teacher))
  }
}

@Suite("A term on a corpus") struct CorpusTrainingTests {
  let golden: GoldenCorpus

  init() throws { golden = try DistillationTests.golden("corpus.json") }

  /// Tolerance: ours is float32, PyTorch's float64; Adam's first steps amplify a gradient's relative error.
  @Test(
    "makes PyTorch's optimizer steps, beside pairs and beside DPKD's released loss", arguments: 0..<2,
    [(1, 1), (2, 1), (20, 1), (1, 8), (3, 8), (20, 8)])
  func matchesPyTorch(_ index: Int, _ sizes: (microBatch: Int, parts: Int)) throws {
    let example = golden.cases[index]
    let objective = try golden.objective(example)
    let trainer = try TinyStudent(golden.start).trainer(objective, partCount: sizes.parts)
    for step in example.steps {
      let measured = try trainer.step(
        example.batch(microBatchSize: sizes.microBatch), teacher: example.scores(objective))
      #expect(abs(measured.loss - step.loss) <= 5e-6 * step.loss)
      #expect(abs(measured.pairLoss - step.pairLoss) <= 1e-5 * step.pairLoss)
      #expect(abs(measured.gradientNorm - step.norm) <= 2e-5 * step.norm)
      #expect(measured.termLosses.count == step.terms.count)
      for (ours, theirs) in zip(measured.termLosses, step.terms) { #expect(abs(ours - theirs) <= 1e-5 * theirs) }
      #expect(measured.pairs.count == (objective.pair == nil ? 0 : 2))
    }
    try expectPyTorch(
      example.parameters, trainer.transformer.layout, trainer.parameters, absolute: 1e-5, relative: 1e-4)
  }

  @Test("has the same bits for any number of micro-batches", arguments: 0..<2)
  func microBatches(_ index: Int) throws {
    let example = golden.cases[index]
    let objective = try golden.objective(example)
    let runs = try [1, 2, 3, 20].map { size in
      let trainer = try TinyStudent(golden.start).trainer(objective, partCount: 8)
      let measured = try trainer.step(example.batch(microBatchSize: size), teacher: example.scores(objective))
      return (measured, trainer.parameters.view.array)
    }
    for run in runs.dropFirst() { #expect(run.0 == runs[0].0 && run.1 == runs[0].1) }
  }

  @Test("leaves the pairs as they are, and asks no teacher about its sequences")
  func besidePairs() throws {
    let example = golden.cases[0]
    let objective = try golden.objective(example)
    #expect(try example.batch(microBatchSize: 2).teacherSequenceIndices(objective) == [0, 1, 2, 3])
    let scores = try example.scores(objective)
    let alone = try TinyStudent(golden.start).trainer(objective)
      .step(example.batch(microBatchSize: 2, count: 4), teacher: scores, evaluate: true)
    let both = try TinyStudent(golden.start).trainer(objective)
      .step(example.batch(microBatchSize: 2), teacher: scores, evaluate: true)
    #expect(alone.termLosses[2] == 0 && both.termLosses[2] > 0)
    #expect(abs(alone.pairLoss - both.pairLoss) <= 1e-6 && both.pairs.count == alone.pairs.count)
    #expect(abs(both.loss - alone.loss - golden.weight * both.termLosses[2]) <= 5e-6 * both.loss)
  }

  @Test("is added to a policy gradient: the loss and the gradient are the sums of both")
  func besidePolicy() throws {
    let policies: GoldenPolicies = try DistillationTests.golden("policy.json")
    let example = try #require(policies.cases.first { $0.policy.policy.reverseKL > 0 })
    let corpus = golden.cases[0].sequences.filter { $0.term == 2 }
    let own = policies.sequences.map { TokenSequence(tokenIDs: $0.tokenIDs, promptLength: $0.promptLength) }
    let other = corpus.map { TokenSequence(tokenIDs: $0.tokenIDs, promptLength: $0.promptLength) }
    func step(_ texts: [TokenSequence], _ terms: [Int]) throws -> (loss: Double, gradient: [Double]) {
      let student = try TinyStudent(example.start)
      let before = student.parameters.view.array
      let isPolicy = terms.contains(0)
      let trainer = try StudentTrainer(
        transformer: student.transformer, parameters: student.parameters, vocabSize: TinyStudent.vocabSize,
        optimizer: AdamW(
          layout: student.transformer.layout,
          // The update is then the gradient itself: m / (√v + ε) · ε.
          options: try AdamWOptions(epsilon: 1e6, maxGradientNorm: 0),
          schedule: try LearningRateSchedule(shape: .constant, peak: 1e6, maxSteps: 100)),
        objective: Objective(
          terms: [LossTerm(.policyGradient(example.policy.policy)), LossTerm(.crossEntropy, weight: 0.7)],
          reduction: .tokenMean))
      let batch = try TrainingBatch(
        sequences: SequenceBatch(texts), termIndices: terms, microBatchSize: 3,
        behaviorLogprobs: isPolicy ? example.behavior.flatMap(\.self) : [])
      let loss = try trainer.step(batch, teacher: isPolicy ? policies.scores(example) : PositionScores()).loss
      return (loss, zip(before, student.parameters.view.array).map { Double($0 - $1) })
    }
    let (policyTerms, corpusTerms) = (own.map { _ in 0 }, other.map { _ in 1 })
    let (one, two) = (try step(own, policyTerms), try step(other, corpusTerms))
    let both = try step(own + other, policyTerms + corpusTerms)
    #expect(abs(both.loss - one.loss - two.loss) <= 1e-5 && two.loss > 0)
    let largest = both.gradient.reduce(0) { max($0, abs($1)) }
    for (sum, parts) in zip(both.gradient, zip(one.gradient, two.gradient)) {
      #expect(abs(sum - parts.0 - parts.1) <= 1e-5 * largest)
    }
  }

  @Test("is refused before a pair, and where pairs are halved or the teacher tells of its sequences")
  func refusals() throws {
    let example = golden.cases[0]
    let objective = try golden.objective(example)
    let trainer = try TinyStudent(golden.start).trainer(objective)
    func step(_ terms: [Int], _ scores: PositionScores) throws {
      let sequences = try example.batch(microBatchSize: 2).sequences.slice(0..<terms.count)
      _ = try trainer.step(
        TrainingBatch(sequences: sequences, termIndices: terms, microBatchSize: 2), teacher: scores)
    }
    let scores = try example.scores(objective)
    #expect(throws: DistillationError.pairBehindOthers(sequence: 3)) { try step([0, 1, 2, 0, 1], scores) }
    #expect(throws: DistillationError.countMismatch(column: "the sequences of pairs", expected: 4, found: 3)) {
      try step([0, 1, 0, 2, 2], scores)
    }
    var more = scores
    more.positionCount += 1
    more.tokenLogprobs.append(-1)
    #expect(throws: DistillationError.self) { try step([0, 1, 0, 1, 2], more) }
    #expect(trainer.optimizer.stepCount == 0)
  }
}
