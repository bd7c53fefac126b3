import Distillation
import Foundation
import Kernels
import Optimization
import Sequences
import Testing
import Transformer

@Suite("Training with a ranking") struct RankingTrainingTests {
  let golden: GoldenRankings

  init() throws { golden = try DistillationTests.golden("rankings.json") }

  /// Tolerance: ours is float32, PyTorch's float64; a difference of log-probs of size 1 to 10 is divided by their spread, and Adam's first
  /// steps amplify a gradient's relative error.
  @Test(
    "makes PyTorch's optimizer steps: forward KL of whole rows, and the order of subsets", arguments: 0..<2, [1, 3, 16])
  func matchesPyTorch(_ index: Int, _ microBatchSize: Int) throws {
    let example = golden.cases[index]
    let student = try TinyStudent(golden.start)
    let trainer = try student.trainer(example.objective)
    for step in example.steps {
      let measured = try trainer.step(
        golden.batch(microBatchSize: microBatchSize), teacher: golden.scores(topCount: example.topCount))
      #expect(abs(measured.loss - step.loss) <= 2e-5 * step.loss)
      #expect(abs(measured.rankingLoss - step.ranking) <= 2e-5 * step.ranking)
      #expect(abs(measured.gradientNorm - step.norm) <= 1e-4 * step.norm)
      #expect(abs(measured.rankingAgreement - step.agreement) <= 1e-12)
      for (ours, theirs) in zip(measured.termLosses, step.terms) { #expect(abs(ours - theirs) <= 2e-5 * theirs) }
    }
    try expectPyTorch(
      example.parameters, student.transformer.layout, student.parameters, absolute: 1e-5, relative: 1e-4)
  }

  @Test("asks the teacher about whole rows and about answers, and about nothing else")
  func questions() throws {
    let objective = try golden.cases[0].objective
    let batch = try golden.batch(microBatchSize: 16)
    #expect(try batch.teacherSequenceIndices(objective) == Array(0..<16))
    #expect(objective.scoreOptions == ScoreOptions(tokenLogprobs: true, fullLogprobs: true))
    #expect(try golden.cases[1].objective.scoreOptions == ScoreOptions(tokenLogprobs: true, topCount: 3))
    let alone = try Objective(
      terms: [LossTerm(.crossEntropy)], reduction: .tokenMean,
      ranking: RankingLoss(term: 0, groupSize: 2, leastSpread: 0.01))
    #expect(alone.scoreOptions == ScoreOptions(tokenLogprobs: true))
  }

  @Test("of weight 0 leaves the gradient of the whole rows")
  func weightless() throws {
    let term = [LossTerm(.forwardKL), LossTerm(.crossEntropy, weight: 0)]
    func parameters(_ ranking: RankingLoss?) throws -> [Float] {
      let student = try TinyStudent(golden.start)
      let objective = try Objective(terms: term, reduction: .tokenMean, ranking: ranking)
      let all = golden.scores(topCount: 0)
      // Without a ranking the teacher is asked about whole rows alone.
      var scores = PositionScores()
      var start = 0
      for sequence in golden.sequences {
        let count = sequence.tokenIDs.count - sequence.promptLength
        if ranking != nil || sequence.term == 0 { scores.append(all.positions(start..<start + count)) }
        start += count
      }
      _ = try student.trainer(objective).step(golden.batch(microBatchSize: 4), teacher: scores)
      return student.parameters.view.array
    }
    let with = try parameters(RankingLoss(term: 1, groupSize: 3, weight: 0, leastSpread: 0.01))
    #expect(try with == parameters(nil))
  }

  @Test("refuses half a group, missing log-probs of tokens, and weights of tokens")
  func refusesBatches() throws {
    let example = golden.cases[0]
    let trainer = try TinyStudent(golden.start).trainer(example.objective)
    let batch = try golden.batch(microBatchSize: 4)
    let short = try TrainingBatch(
      sequences: batch.sequences.slice(0..<3), termIndices: [0, 1, 1], microBatchSize: 4)
    var scores = golden.scores(topCount: 0)
    #expect(
      throws: DistillationError.countMismatch(column: "the group of ranked sequences from 1 on", expected: 3, found: 2)
    ) { try trainer.step(short, teacher: scores) }
    let count = scores.tokenLogprobs.count
    scores.tokenLogprobs = []
    #expect(
      throws: DistillationError.countMismatch(
        column: "the teacher's log-probs of the actual tokens", expected: count, found: 0)
    ) { try trainer.step(batch, teacher: scores) }
    scores.tokenLogprobs = [Float](repeating: -1, count: count)
    scores.tokenLogprobs[count - 1] = -.infinity
    #expect(throws: DistillationError.teacherLogprobNotFinite(position: count - 1)) {
      try trainer.step(batch, teacher: scores)
    }
    let weighted = try TrainingBatch(
      sequences: batch.sequences, termIndices: batch.termIndices, microBatchSize: 4,
      tokenWeights: [Float](repeating: 1, count: count))
    #expect(throws: DistillationError.weightsBesidePairs) {
      try trainer.step(weighted, teacher: golden.scores(topCount: 0))
    }
    #expect(trainer.optimizer.stepCount == 0)
  }
}

/// Rows of many lengths, each with answers after two of its beginnings; segments of gradients end within no group.
struct UnevenRanking {
  static let vocabSize = 290
  let transformer: Transformer
  let parameters: ParameterBuffer
  let sequences: SequenceBatch
  let terms: [Int]
  let scores: PositionScores

  init(lengths: [Int] = [250, 40, 180, 300, 12, 220, 7, 120]) throws {
    transformer = Transformer(
      try ModelConfiguration(
        family: .llama, vocabSize: Self.vocabSize, width: 16, layerCount: 1, headCount: 2, keyValueHeadCount: 1,
        feedForwardWidth: 24, contextLength: 320, tiesWordEmbeddings: true))
    parameters = ParameterBuffer(count: transformer.layout.count)
    var generator = SeededGenerator(seed: 13)
    transformer.initialize(parameters, using: &generator)
    for index in 0..<parameters.view.count { parameters.view[index] *= 8 }
    var rows: [TokenSequence] = []
    for length in lengths {
      let ids = (0..<length).map { _ in TokenID(generator.next() % UInt64(Self.vocabSize)) }
      rows.append(TokenSequence(tokenIDs: ids, promptLength: 1))
      for cut in [0, 2, 4] {
        rows.append(TokenSequence(prompt: Array(ids.dropLast(2).dropFirst(cut)), completion: ids.suffix(2)))
      }
    }
    sequences = SequenceBatch(rows)
    terms = rows.indices.map { $0 % 4 == 0 ? 0 : 1 }
    var scores = PositionScores()
    for target in sequences.scoredPositions.targets {
      let logits = (0..<Self.vocabSize).map { _ in Float(generator.next() >> 40) * 0x1p-22 }
      let logSum = Float(log(logits.reduce(0.0) { $0 + exp(Double($1)) }))
      scores.positionCount += 1
      scores.fullLogprobs += logits.map { $0 - logSum }
      scores.tokenLogprobs.append(logits[Int(target)] - logSum)
    }
    self.scores = scores
  }

  /// - Parameter isPlain: The update is the gradient itself: m / (√v + ε) · ε.
  func step(
    _ ranking: RankingLoss, microBatchSize: Int, _ parameters: ParameterBuffer, isPlain: Bool = false,
    evaluate: Bool = false
  ) throws -> StepMeasurements {
    let trainer = try StudentTrainer(
      transformer: transformer, parameters: parameters, vocabSize: Self.vocabSize,
      optimizer: AdamW(
        layout: transformer.layout,
        options: try isPlain ? AdamWOptions(epsilon: 1e6, maxGradientNorm: 0) : AdamWOptions(),
        schedule: try LearningRateSchedule(shape: .constant, peak: isPlain ? 1e6 : 1e-3, maxSteps: 100)),
      objective: try Objective(
        terms: [LossTerm(.forwardKL), LossTerm(.crossEntropy, weight: 0)], reduction: .tokenMean, ranking: ranking))
    return try trainer.step(
      TrainingBatch(sequences: sequences, termIndices: terms, microBatchSize: microBatchSize), teacher: scores,
      evaluate: evaluate)
  }

  /// Bits of a step's loss and of the student after it.
  func bits() throws -> [UInt64] {
    let parameters = parameters.copy()
    let loss = try step(RankingLoss(term: 1, groupSize: 3, leastSpread: 0.01), microBatchSize: 8, parameters).loss
    return [loss.bitPattern] + parameters.view.array.map { UInt64($0.bitPattern) }
  }
}

@Suite("A step with a ranking") struct RankingGradientTests {
  @Test("has the same bits for any number of micro-batches")
  func microBatches() throws {
    let uneven = try UnevenRanking()
    let ranking = RankingLoss(term: 1, groupSize: 3, leastSpread: 0.01)
    let runs = try [1, 4, 9, 32].map { size in
      let parameters = uneven.parameters.copy()
      return (try uneven.step(ranking, microBatchSize: size, parameters), parameters.view.array)
    }
    #expect(runs[0].0.rankingLoss > 0)
    for run in runs.dropFirst() { #expect(run.0 == runs[0].0 && run.1 == runs[0].1) }
  }

  /// The spread is that of ε here, a constant, and no log-prob moves past a hinge. Tolerance: losses of float32 passes differ by rounding
  /// of about 1e-6 of them, over 2 · 0.001.
  @Test("has the slope that central differences have", arguments: [0.0, 400])
  func centralDifferences(_ weight: Double) throws {
    let uneven = try UnevenRanking(lengths: [40, 7, 60, 120])
    let ranking = RankingLoss(term: 1, groupSize: 3, weight: weight, leastSpread: 1000)
    let after = uneven.parameters.copy()
    let measured = try uneven.step(ranking, microBatchSize: 4, after, isPlain: true)
    let gradient = zip(uneven.parameters.view.array, after.view.array).map { Double($0 - $1) }
    let norm = sqrt(gradient.reduce(0) { $0 + $1 * $1 })
    #expect(abs(norm - measured.gradientNorm) <= 1e-3 * norm)
    func loss(_ size: Double) throws -> Double {
      let moved = uneven.parameters.copy()
      for (index, slope) in gradient.enumerated() { moved.view[index] += Float(size * slope / norm) }
      return try uneven.step(ranking, microBatchSize: 4, moved, evaluate: true).loss
    }
    let slope = (try loss(1e-3) - loss(-1e-3)) / 2e-3
    #expect(abs(slope - norm) <= 0.02 * norm, "\(slope) where the gradient's norm is \(norm)")
  }
}
