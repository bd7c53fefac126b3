import Distillation
import Foundation
import Kernels
import Sequences
import Testing
import Transformer

/// weights.json: a tiny Llama's optimizer steps with a weight for each token, in PyTorch.
struct GoldenWeights: Decodable {
  /// By sequence and completion token.
  let weights: [[Float]]
  let steps: GoldenSteps

  func batch(microBatchSize: Int, weights: [Float]? = nil) throws -> TrainingBatch {
    let plain = try steps.batch(microBatchSize: microBatchSize)
    return try TrainingBatch(
      sequences: plain.sequences, termIndices: plain.termIndices, microBatchSize: microBatchSize,
      tokenWeights: weights ?? Array(self.weights.joined()))
  }
}

@Suite("Weights of tokens") struct TokenWeightTests {
  let golden: GoldenWeights

  init() throws { golden = try DistillationTests.golden("weights.json") }

  /// Tolerance: ours is float32, PyTorch's float64; Adam's first steps amplify a gradient's relative error.
  @Test("make PyTorch's optimizer steps: Σ m w L over Σ m", arguments: 0..<2, [1, 2, 5])
  func matchesPyTorch(_ index: Int, _ microBatchSize: Int) throws {
    let example = golden.steps.cases[index]
    let trainer = try TinyStudent(example.start).trainer(example.objective)
    for step in example.steps {
      let measured = try trainer.step(
        golden.batch(microBatchSize: microBatchSize), teacher: golden.steps.scores(example.objective))
      #expect(abs(measured.loss - step.loss) <= 2e-6 * step.loss)
      #expect(abs(measured.gradientNorm - step.norm) <= 1e-5 * step.norm)
      for (ours, theirs) in zip(measured.termLosses, step.terms) { #expect(abs(ours - theirs) <= 2e-6 * theirs) }
      #expect(measured.tokenCount == 9)
    }
    let known = try #require(example.steps.last?.parameters)
    try expectPyTorch(known, trainer.transformer.layout, trainer.parameters, absolute: 5e-6, relative: 2e-5)
  }

  @Test("have the same bits for any number of micro-batches", arguments: 0..<2)
  func microBatches(_ index: Int) throws {
    let example = golden.steps.cases[index]
    let runs = try [1, 2, 5].map { size in
      let trainer = try TinyStudent(example.start).trainer(example.objective)
      let measured = try trainer.step(
        golden.batch(microBatchSize: size), teacher: golden.steps.scores(example.objective))
      return (measured, trainer.parameters.view.array)
    }
    for run in runs.dropFirst() { #expect(run.0 == runs[0].0 && run.1 == runs[0].1) }
  }

  @Test("of 1 change no bit")
  func ones() throws {
    let example = golden.steps.cases[0]
    let count = golden.weights.joined().count
    let runs = try [[], Array(repeating: Float(1), count: count)].map { weights in
      let trainer = try TinyStudent(example.start).trainer(example.objective)
      return (try trainer.step(golden.batch(microBatchSize: 5, weights: weights)), trainer.parameters.view.array)
    }
    #expect(runs[0].0 == runs[1].0 && runs[0].1 == runs[1].1)
  }

  @Test("of 0 make a completion's beginning what a prompt is: read and not learnt")
  func zeros() throws {
    let objective = try Objective(terms: [LossTerm(.crossEntropy)], reduction: .tokenMean)
    let ids: [TokenID] = [1, 5, 0, 7, 2, 2, 6]
    func measured(prompt: Int, weights: [Float]) throws -> StepMeasurements {
      let batch = try TrainingBatch(
        sequences: SequenceBatch([TokenSequence(tokenIDs: ids, promptLength: prompt)]), termIndices: [0],
        microBatchSize: 1, tokenWeights: weights)
      return try TinyStudent(golden.steps.cases[0].start).trainer(objective).step(batch)
    }
    let (short, long) = (try measured(prompt: 2, weights: [0, 0, 1, 1, 1]), try measured(prompt: 4, weights: []))
    #expect(abs(short.loss - long.loss) <= 1e-6 * long.loss)
    #expect(abs(short.gradientNorm - long.gradientNorm) <= 1e-5 * long.gradientNorm)
    #expect(short.tokenCount == 3 && long.tokenCount == 3)
    // Nothing at all is learnt, and nothing is divided by 0.
    let none = try measured(prompt: 2, weights: [0, 0, 0, 0, 0])
    #expect(none.loss == 0 && none.gradientNorm == 0 && none.tokenCount == 0)
  }

  @Test("are refused where there are too few, where one is no factor, and beside pairs")
  func refusals() throws {
    let example = golden.steps.cases[0]
    let trainer = try TinyStudent(example.start).trainer(example.objective)
    let count = golden.weights.joined().count
    for weights in [Array(repeating: 1, count: count - 1), [.nan] + Array(repeating: Float(1), count: count - 1), [-1]]
    {
      #expect(throws: DistillationError.self) {
        try trainer.step(golden.batch(microBatchSize: 5, weights: weights))
      }
    }
    let pairs = try Objective(
      terms: [LossTerm(.crossEntropy)], reduction: .tokenMean,
      pair: PairLoss(.logistic(beta: 1, gamma: 0, labelSmoothing: 0), isLengthNormalized: false, reference: .none))
    let batch = try TrainingBatch(
      sequences: SequenceBatch([1, 2].map { TokenSequence(tokenIDs: [1, $0, 3], promptLength: 1) }),
      termIndices: [0, 0], microBatchSize: 2, tokenWeights: [1, 2, 1, 2])
    #expect(throws: DistillationError.weightsBesidePairs) {
      try TinyStudent(example.start).trainer(pairs).step(batch)
    }
  }
}
