import Distillation
import Foundation
import Kernels
import Optimization
import Sequences
import Testing
import Transformer

@Suite struct PairTrainingTests {
  let golden: GoldenPairs

  init() throws { golden = try DistillationTests.golden("pairs.json") }

  /// Tolerance: both are float32 with their own order of sums; Adam's first steps amplify a gradient's relative error.
  @Test("makes PyTorch's optimizer steps, with TRL's DPOTrainer where it has the loss", arguments: 0..<8, [1, 2, 6])
  func matchesPyTorch(_ index: Int, _ microBatchSize: Int) throws {
    let example = golden.cases[index]
    let student = try TinyStudent(golden.start)
    let trainer = try student.trainer(golden.objective(example))
    for step in example.steps {
      let measured = try trainer.step(
        golden.batch(example, microBatchSize: microBatchSize),
        teacher: example.reference == .teacher ? golden.scores : PositionScores())
      #expect(abs(measured.loss - step.loss) <= 2e-5 + 2e-5 * step.loss)
      #expect(abs(measured.pairLoss - step.pairLoss) <= 2e-5 + 2e-5 * step.pairLoss)
      #expect(abs(measured.gradientNorm - step.norm) <= 1e-5 + 1e-4 * step.norm)
      for (ours, theirs) in zip(measured.termLosses, step.terms) { #expect(abs(ours - theirs) <= 2e-5 * theirs) }
      let logprobs = measured.pairs.flatMap { [$0.logprobs.chosen, $0.logprobs.rejected] }
      #expect(logprobs.count == step.logprobs.count)
      for (ours, theirs) in zip(logprobs, step.logprobs) { #expect(abs(ours - theirs) <= 1e-5 + 1e-5 * abs(theirs)) }
      let rewards = [measured.pairs.map(\.chosenReward), measured.pairs.map(\.rejectedReward)]
      for (ours, theirs) in zip(rewards, step.rewards ?? []) {
        #expect(abs(ours.reduce(0, +) / Double(ours.count) - theirs) <= 1e-5 + 1e-5 * abs(theirs))
      }
    }
    try expectPyTorch(
      example.parameters, student.transformer.layout, student.parameters, absolute: 1e-5, relative: 1e-4)
  }

  @Test("a student that is its own reference has Δ = 0: DPO's loss is log 2, to the bit")
  func ownReference() throws {
    let example = golden.cases[0]
    let student = try TinyStudent(golden.start)
    let trainer = try student.trainer(
      Objective(
        terms: [LossTerm(.crossEntropy, weight: 0)], reduction: .tokenMean,
        pair: PairLoss(.logistic(beta: 0.1), isLengthNormalized: false, reference: .given)))
    func batch(_ pairs: PairColumns) throws -> TrainingBatch {
      let sequences = try golden.batch(example, microBatchSize: 2).sequences
      return try TrainingBatch(
        sequences: sequences, termIndices: sequences.sequenceLengths.map { _ in 0 }, microBatchSize: 2, pairs: pairs)
    }
    let zero = [Double](repeating: 0, count: 3)
    let first = try trainer.step(
      batch(PairColumns(referenceChosen: zero, referenceRejected: zero)), evaluate: true)
    let second = try trainer.step(
      batch(
        PairColumns(
          referenceChosen: first.pairs.map(\.logprobs.chosen), referenceRejected: first.pairs.map(\.logprobs.rejected))
      ))
    #expect(second.pairs.allSatisfy { $0.loss == log(2) && $0.chosenReward == 0 })
  }

  @Test("pairs of weight 0 leave no gradient and do not count in the mean")
  func weights() throws {
    let example = golden.cases[4]
    let student = try TinyStudent(golden.start)
    let objective = try Objective(
      terms: [LossTerm(.crossEntropy, weight: 0), LossTerm(.crossEntropy, weight: 0)], reduction: .tokenMean,
      pair: PairLoss(.hinge(margin: 50), isLengthNormalized: true, reference: .none))
    func measured(_ weights: [Double]) throws -> StepMeasurements {
      let batch = try golden.batch(example, microBatchSize: 6)
      return try TinyStudent(golden.start).trainer(objective).step(
        TrainingBatch(
          sequences: batch.sequences, termIndices: batch.termIndices, microBatchSize: 6,
          pairs: PairColumns(weights: weights)))
    }
    _ = student
    let (none, one, all) = (try measured([0, 0, 0]), try measured([0, 1, 0]), try measured([]))
    #expect(none.loss == 0 && none.gradientNorm == 0)
    #expect(one.loss == one.pairs[1].loss && one.gradientNorm > 0)
    #expect(abs(all.loss - all.pairs.reduce(0) { $0 + $1.loss } / 3) <= 1e-12)
  }

  @Test("refuses half a pair, columns of another length, and a teacher that leaves tokens out")
  func refusesBatches() throws {
    let trainer = try TinyStudent(golden.start).trainer(golden.objective(golden.cases[0]))
    let batch = try golden.batch(golden.cases[0], microBatchSize: 2)
    func step(_ sequences: Int, _ pairs: PairColumns) throws {
      _ = try trainer.step(
        TrainingBatch(
          sequences: batch.sequences.slice(0..<sequences), termIndices: [Int](repeating: 0, count: sequences),
          microBatchSize: 2, pairs: pairs))
    }
    #expect(throws: DistillationError.countMismatch(column: "the sequences of pairs", expected: 4, found: 3)) {
      try step(3, PairColumns())
    }
    #expect(
      throws: DistillationError.countMismatch(column: "the pairs' chosen references", expected: 2, found: 0)
    ) { try step(4, PairColumns()) }
    #expect(throws: DistillationError.self) {
      try step(2, PairColumns(referenceChosen: [.nan], referenceRejected: [0]))
    }
    #expect(throws: DistillationError.self) {
      try step(2, PairColumns(referenceChosen: [0], referenceRejected: [0], weights: [-1]))
    }
    let withTeacher = try TinyStudent(golden.start).trainer(golden.objective(golden.cases[1]))
    var scores = golden.scores
    scores.tokenLogprobs.removeLast()
    #expect(throws: DistillationError.self) {
      try withTeacher.step(golden.batch(golden.cases[1], microBatchSize: 2), teacher: scores)
    }
    scores.tokenLogprobs.append(-.infinity)
    #expect(throws: DistillationError.teacherLogprobNotFinite(position: scores.tokenLogprobs.count - 1)) {
      try withTeacher.step(golden.batch(golden.cases[1], microBatchSize: 2), teacher: scores)
    }
    #expect(trainer.optimizer.stepCount == 0 && withTeacher.optimizer.stepCount == 0)
  }
}

/// Pairs of many lengths; the vocabulary decides how many chunks their logits take.
private struct UnevenPairs {
  let transformer: Transformer
  let parameters: ParameterBuffer
  let batch: SequenceBatch
  let vocabSize: Int

  init(vocabSize: Int, lengths: [Int]) throws {
    self.vocabSize = vocabSize
    transformer = Transformer(
      try ModelConfiguration(
        family: .llama, vocabSize: vocabSize, width: 16, layerCount: 1, headCount: 2, keyValueHeadCount: 1,
        feedForwardWidth: 24, contextLength: 512, tiesWordEmbeddings: true))
    parameters = ParameterBuffer(count: transformer.layout.count)
    var generator = SeededGenerator(seed: 11)
    transformer.initialize(parameters, using: &generator)
    for index in 0..<parameters.view.count { parameters.view[index] *= 8 }
    batch = SequenceBatch(
      lengths.map { length in
        TokenSequence(
          tokenIDs: (0..<length).map { _ in TokenID(generator.next() % UInt64(vocabSize)) },
          promptLength: min(length, 2))
      })
  }

  func objective(_ form: PairLoss.Form) throws -> Objective {
    try Objective(
      terms: [LossTerm(.crossEntropy, weight: 0.3), LossTerm(.crossEntropy, weight: 0)], reduction: .tokenMean,
      pair: PairLoss(form, isLengthNormalized: true, reference: .none))
  }

  func step(_ form: PairLoss.Form, microBatchSize: Int, _ parameters: ParameterBuffer, evaluate: Bool = false) throws
    -> StepMeasurements
  {
    let trainer = try StudentTrainer(
      transformer: transformer, parameters: parameters, vocabSize: vocabSize,
      optimizer: AdamW(
        layout: transformer.layout,
        // The update is then the gradient itself: m / (√v + ε) · ε.
        options: try AdamWOptions(epsilon: 1e6, maxGradientNorm: 0),
        schedule: try LearningRateSchedule(shape: .constant, peak: 1e6, maxSteps: 100)),
      objective: try objective(form))
    return try trainer.step(
      TrainingBatch(
        sequences: batch, termIndices: batch.sequenceLengths.indices.map { $0 % 2 }, microBatchSize: microBatchSize),
      evaluate: evaluate)
  }
}

@Suite("A step with pairs") struct PairGradientTests {
  static let forms: [PairLoss.Form] = [
    .logistic(beta: 2, gamma: 1, labelSmoothing: 0.1), .squared(tau: 0.5), .hinge(margin: 30),
  ]
  static let lengths = [40, 7, 300, 120, 120, 3, 2, 256, 9, 64, 190, 190]

  @Test("has the same bits for any number of micro-batches", arguments: forms)
  func microBatches(_ form: PairLoss.Form) throws {
    let uneven = try UnevenPairs(vocabSize: 290, lengths: Self.lengths)
    let runs = try [1, 2, 3, 4, 12].map { size in
      let parameters = uneven.parameters.copy()
      return (try uneven.step(form, microBatchSize: size, parameters), parameters.view.array)
    }
    for run in runs.dropFirst() {
      #expect(run.0 == runs[0].0)
      #expect(run.1 == runs[0].1)
    }
  }

  /// Tolerance: losses of float32 passes, of size 1 to 1,000, differ by rounding of about 1e-6 of them, over 2 · 0.01.
  @Test(
    "has the slope that central differences have, whether logits take one chunk or many", arguments: forms,
    [290, 180_000])
  func centralDifferences(_ form: PairLoss.Form, _ vocabSize: Int) throws {
    let uneven = try UnevenPairs(vocabSize: vocabSize, lengths: [40, 7, 60, 120])
    #expect((1 << 24) / vocabSize < 219 || vocabSize == 290)
    let after = uneven.parameters.copy()
    let measured = try uneven.step(form, microBatchSize: 4, after)
    let gradient = zip(uneven.parameters.view.array, after.view.array).map { Double($0 - $1) }
    let norm = sqrt(gradient.reduce(0) { $0 + $1 * $1 })
    #expect(abs(norm - measured.gradientNorm) <= 1e-3 * norm)
    func loss(_ size: Double) throws -> Double {
      let moved = uneven.parameters.copy()
      for (index, slope) in gradient.enumerated() { moved.view[index] += Float(size * slope / norm) }
      return try uneven.step(form, microBatchSize: 4, moved, evaluate: true).loss
    }
    let slope = (try loss(1e-3) - loss(-1e-3)) / 2e-3
    #expect(abs(slope - norm) <= 0.02 * norm, "\(slope) where the gradient's norm is \(norm)")
  }
}
