import Distillation
import Foundation
import Kernels
import Optimization
import Sequences
import Testing
import Transformer

/// skews.json: a tiny Llama's optimizer steps with an α for each sequence and weights that move, in PyTorch.
struct GoldenSkews: Decodable {
  struct Step: Decodable {
    let loss, norm: Double
    let terms, weights, alphas, gaps: [Double]
  }
  struct Term: Decodable {
    let kind: String
    let alpha, weight, finalWeight: Double

    init(from decoder: any Decoder) throws {
      var values = try decoder.unkeyedContainer()
      kind = try values.decode(String.self)
      (alpha, weight) = (try values.decode(Double.self), try values.decode(Double.self))
      finalWeight = try values.decode(Double.self)
    }
  }
  struct Case: Decodable {
    let firstSteps, topCount: Int
    let terms: [Term]
    let steps: [Step]
    let parameters: [String: [Float]]
  }
  struct Number: Decodable {
    let gap, mean, greatest, alpha: Double
  }

  let sequences: [GoldenSteps.Sequence]
  let teacher: [[[Float]]]
  let start: [String: [Float]]
  let maxSteps: Int
  let least: Double
  let alphas: [Number]
  let cases: [Case]

  func objective(_ example: Case) throws -> Objective {
    try Objective(
      terms: example.terms.map { term in
        LossTerm(
          term.kind == "skewForwardKL" ? .skewForwardKL(alpha: term.alpha) : .skewReverseKL(alpha: term.alpha),
          weight: term.weight, ramp: WeightRamp(to: term.finalWeight, over: 0.5),
          adaptiveSkew: AdaptiveSkew(least: least, firstSteps: example.firstSteps))
      }, reduction: .sequenceMean, topCount: example.topCount)
  }

  func batch(microBatchSize: Int) throws -> TrainingBatch {
    try TrainingBatch(
      sequences: SequenceBatch(
        sequences.map { TokenSequence(tokenIDs: $0.tokenIDs, promptLength: $0.promptLength) }),
      termIndices: sequences.map(\.term), microBatchSize: microBatchSize)
  }

  func scores(topCount: Int) -> PositionScores {
    var scores = PositionScores()
    for (sequence, rows) in zip(sequences, teacher) {
      for (offset, row) in rows.enumerated() {
        let target = sequence.tokenIDs[sequence.promptLength + offset]
        scores.append(
          topCount == 0 ? fullScores(teacher: row) : topScores(teacher: row, topCount: topCount, target: target))
      }
    }
    return scores
  }

  func trainer(_ example: Case, gaps: SkewGaps = SkewGaps()) throws -> StudentTrainer {
    let student = try TinyStudent(start)
    let optimizer = AdamW(
      layout: student.transformer.layout,
      options: try AdamWOptions(weightDecay: 0.1, beta2: 0.95, epsilon: 1e-6, maxGradientNorm: 0.5),
      schedule: try LearningRateSchedule(shape: .constant, peak: 1e-2, maxSteps: maxSteps))
    return try StudentTrainer(
      transformer: student.transformer, parameters: student.parameters, vocabSize: TinyStudent.vocabSize,
      optimizer: optimizer, objective: objective(example), skewGaps: gaps)
  }
}

@Suite("A skew for each sequence") struct SkewTrainingTests {
  let golden: GoldenSkews

  init() throws { golden = try DistillationTests.golden("skews.json") }

  @Test("is the paper's function of the gap and of its mean")
  func formula() throws {
    let skew = AdaptiveSkew(least: golden.least, firstSteps: 1)
    for number in golden.alphas {
      let alpha = skew.alpha(gap: number.gap, mean: number.mean, greatest: number.greatest)
      #expect(abs(alpha - number.alpha) <= 1e-12, "\(number)")
    }
    // Neither 0 / 0 nor a division by 0 makes anything but an α in the range.
    for mean in [0, 0.3, -0.3] {
      let alpha = skew.alpha(gap: -1e-5, mean: mean, greatest: 0.1)
      #expect(alpha >= 0.01 && alpha <= 0.1)
    }
  }

  /// Tolerance: both are float32 with their own order of sums; Adam's first steps amplify a gradient's relative error, and α
  /// that of a gap's distance to the mean gap, of 1e-3 here.
  @Test("makes PyTorch's optimizer steps, with weights that move", arguments: 0..<2, [1, 2, 6])
  func matchesPyTorch(_ index: Int, _ microBatchSize: Int) throws {
    let example = golden.cases[index]
    let trainer = try golden.trainer(example)
    for step in example.steps {
      let measured = try trainer.step(
        golden.batch(microBatchSize: microBatchSize), teacher: golden.scores(topCount: example.topCount))
      #expect(abs(measured.loss - step.loss) <= 1e-4 * step.loss)
      #expect(abs(measured.gradientNorm - step.norm) <= 1e-3 * step.norm)
      #expect(measured.termWeights == step.weights)
      for (ours, theirs) in zip(measured.termLosses, step.terms) { #expect(abs(ours - theirs) <= 1e-4 * theirs) }
      for (ours, theirs) in zip(measured.termGaps, step.gaps) { #expect(abs(ours - theirs) <= 1e-5) }
      for (ours, theirs) in zip(measured.termAlphas, step.alphas) { #expect(abs(ours - theirs) <= 1e-3) }
    }
    try expectPyTorch(
      example.parameters, trainer.transformer.layout, trainer.parameters, absolute: 2e-5, relative: 2e-4)
  }

  @Test("has the same bits for any number of micro-batches", arguments: 0..<2)
  func microBatches(_ index: Int) throws {
    let example = golden.cases[index]
    let runs = try [1, 2, 3, 6].map { size in
      let trainer = try golden.trainer(example)
      let measured = try example.steps.map { _ in
        try trainer.step(golden.batch(microBatchSize: size), teacher: golden.scores(topCount: example.topCount))
      }
      return (measured, trainer.parameters.view.array, trainer.skewGaps.sums)
    }
    for run in runs.dropFirst() {
      #expect(run.0 == runs[0].0 && run.1 == runs[0].1 && run.2 == runs[0].2)
    }
  }

  @Test("remembers the first steps alone, and nothing of an evaluation or of a step that failed")
  func remembers() throws {
    let example = golden.cases[0]
    let trainer = try golden.trainer(example)
    let (batch, scores) = (try golden.batch(microBatchSize: 2), golden.scores(topCount: 0))
    _ = try trainer.step(batch, teacher: scores, evaluate: true)
    #expect(trainer.skewGaps.sums.isEmpty)
    var broken = scores
    broken.fullLogprobs[broken.fullLogprobs.count - 1] = .nan
    #expect(throws: DistillationError.self) { try trainer.step(batch, teacher: broken) }
    #expect(trainer.skewGaps.sums.isEmpty)
    var known: [[GapSum]] = []
    for _ in example.steps {
      _ = try trainer.step(batch, teacher: scores)
      known.append(trainer.skewGaps.sums)
    }
    // Two sequences with a completion belong to the second term, three to the first.
    #expect(known[0].map(\.count) == [3, 2] && known[1].map(\.count) == [6, 4])
    #expect(known[2...].allSatisfy { $0 == known[1] })
  }

  @Test("goes on from what a checkpoint remembers; without it alphas stay where they were")
  func goesOn() throws {
    let example = golden.cases[0]
    let (batch, scores) = (try golden.batch(microBatchSize: 6), golden.scores(topCount: 0))
    let whole = try golden.trainer(example)
    for _ in 0..<3 { _ = try whole.step(batch, teacher: scores) }
    func resumed(_ gaps: SkewGaps) throws -> StepMeasurements {
      let optimizer = AdamW(
        layout: whole.transformer.layout, options: whole.optimizer.options, schedule: whole.optimizer.schedule,
        stepCount: whole.optimizer.stepCount, firstMoments: whole.optimizer.firstMoments.copy(),
        secondMoments: whole.optimizer.secondMoments.copy())
      return try StudentTrainer(
        transformer: whole.transformer, parameters: whole.parameters.copy(), vocabSize: TinyStudent.vocabSize,
        optimizer: optimizer, objective: whole.objective, skewGaps: gaps
      ).step(batch, teacher: scores)
    }
    let (again, forgot) = (try resumed(SkewGaps(whole.skewGaps.sums)), try resumed(SkewGaps()))
    #expect(again == (try whole.step(batch, teacher: scores)))
    #expect(forgot.termAlphas.allSatisfy { abs($0 - 0.1) <= 1e-12 } && forgot.loss != again.loss)
  }

  @Test("takes the teacher's log-probs of the actual tokens from full log-probs or from their own column")
  func columns() throws {
    let example = golden.cases[0]
    let batch = try golden.batch(microBatchSize: 6)
    var scores = golden.scores(topCount: 0)
    let first = try golden.trainer(example).step(batch, teacher: scores)
    let targets = batch.sequences.scoredPositions.targets
    scores.tokenLogprobs = targets.indices.map {
      scores.fullLogprobs[$0 * TinyStudent.vocabSize + Int(targets[$0])]
    }
    #expect(try golden.trainer(example).step(batch, teacher: scores) == first)
  }

  @Test("is for skewed losses, and its numbers have ranges")
  func ranges() {
    let bad = [
      LossTerm(.forwardKL, adaptiveSkew: AdaptiveSkew(firstSteps: 1)),
      LossTerm(.skewForwardKL(alpha: 0.1), adaptiveSkew: AdaptiveSkew(least: 0.2, firstSteps: 1)),
      LossTerm(.skewForwardKL(alpha: 0.1), adaptiveSkew: AdaptiveSkew(least: 0, firstSteps: 1)),
      LossTerm(.skewForwardKL(alpha: 0.1), adaptiveSkew: AdaptiveSkew(firstSteps: -1)),
      LossTerm(.forwardKL, ramp: WeightRamp(to: -1, over: 0.5)), LossTerm(.forwardKL, ramp: WeightRamp(to: 1, over: 0)),
      LossTerm(.forwardKL, ramp: WeightRamp(to: .nan, over: 0.5)),
      LossTerm(.forwardKL, ramp: WeightRamp(to: 1, over: 1.5)),
    ]
    for term in bad {
      #expect(throws: DistillationError.self) { try Objective(terms: [term], reduction: .tokenMean) }
    }
  }

  @Test("a weight moves with the steps of the run, and stays at the end of its line")
  func ramp() {
    let term = LossTerm(.forwardKL, weight: 1, ramp: WeightRamp(to: 1.5, over: 0.5))
    #expect([0, 25, 50, 100, 500].map { term.weight(afterSteps: $0, of: 100) } == [1, 1.25, 1.5, 1.5, 1.5])
    #expect(LossTerm(.forwardKL, weight: 0.3).weight(afterSteps: 7, of: 9) == 0.3)
  }
}
