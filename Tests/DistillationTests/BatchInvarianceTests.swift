import Distillation
import Foundation
import Kernels
import Optimization
import Programs
import Sequences
import Testing
import TiedPrograms
import Transformer

let precisions = ProductPrecision.allCases.filter { $0.failure == nil }

/// A student with sequences of many lengths, some longer than a segment must be, and a teacher's log-probs of them.
struct UnevenBatch {
  static let vocabSize = 290
  let transformer: Transformer
  let parameters: ParameterBuffer
  let sequences: SequenceBatch
  let scores: PositionScores

  init(tied: Bool = true, lengths: [Int] = [40, 7, 300, 120, 120, 3, 2, 256, 1, 64, 190]) throws {
    transformer = Transformer(
      try ModelConfiguration(
        family: .llama, vocabSize: 300, width: 32, layerCount: 2, headCount: 4, keyValueHeadCount: 2,
        feedForwardWidth: 48, contextLength: 320, tiesWordEmbeddings: tied))
    parameters = ParameterBuffer(count: transformer.layout.count)
    var generator = SeededGenerator(seed: 7)
    transformer.initialize(parameters, using: &generator)
    sequences = SequenceBatch(
      lengths.map { length in
        TokenSequence(
          tokenIDs: (0..<length).map { _ in TokenID(generator.next() % UInt64(Self.vocabSize)) },
          promptLength: min(length, 2))
      })
    var scores = PositionScores()
    scores.positionCount = sequences.scoredPositions.count
    for _ in 0..<scores.positionCount {
      let logits = (0..<Self.vocabSize).map { _ in Float(generator.next() >> 40) * 0x1p-22 }
      let logSum = Float(log(logits.reduce(0.0) { $0 + exp(Double($1)) }))
      scores.fullLogprobs += logits.map { $0 - logSum }
    }
    self.scores = scores
  }

  func batch(microBatchSize: Int) throws -> TrainingBatch {
    try TrainingBatch(
      sequences: sequences, termIndices: (0..<sequences.count).map { $0 % 2 }, microBatchSize: microBatchSize)
  }

  func trainer(
    _ precision: ProductPrecision, recomputes: Bool = false, isAdaptive: Bool = false, partCount: Int = 1,
    sharing: ReplicaSharing = ReplicaSharing()
  ) throws -> StudentTrainer {
    let skew = isAdaptive ? AdaptiveSkew(firstSteps: 1) : nil
    return try StudentTrainer(
      transformer: transformer, parameters: parameters.copy(), vocabSize: Self.vocabSize,
      optimizer: AdamW(
        layout: transformer.layout, options: try AdamWOptions(),
        schedule: try LearningRateSchedule(shape: .constant, peak: 2e-3, maxSteps: 100)),
      objective: try Objective(
        terms: [
          LossTerm(.skewForwardKL(alpha: 0.1), adaptiveSkew: skew),
          LossTerm(.skewReverseKL(alpha: 0.1), adaptiveSkew: skew),
        ], reduction: .sequenceMean),
      arithmetic: TrainingArithmetic(precision: precision, recomputesActivations: recomputes, partCount: partCount),
      sharing: sharing)
  }

  /// A student, and adapters with dropout on a wider model, that teach each other.
  func pair(_ precision: ProductPrecision, recomputes: Bool = false) throws -> MutualTrainer {
    let wide = Transformer(
      try ModelConfiguration(
        family: .llama, vocabSize: 304, width: 40, layerCount: 2, headCount: 4, keyValueHeadCount: 4,
        feedForwardWidth: 56, contextLength: 320))
    let base = ParameterBuffer(count: wide.layout.count)
    var generator = SeededGenerator(seed: 9)
    wide.initialize(base, using: &generator)
    let adapters = Adapters(zeros: try AdapterLayout(wide, AdapterOptions(rank: 3, alpha: 6, dropout: 0.2)))
    for index in 0..<adapters.values.count { adapters.values.view[index] = Float(generator.nextUnit() - 0.5) / 4 }
    let schedule = try LearningRateSchedule(shape: .constant, peak: 2e-3, maxSteps: 100)
    func trainer(_ transformer: Transformer, _ parameters: ParameterBuffer, _ layout: ParameterLayout) throws
      -> StudentTrainer
    {
      try StudentTrainer(
        transformer: transformer, parameters: parameters, vocabSize: Self.vocabSize,
        optimizer: AdamW(layout: layout, options: try AdamWOptions(), schedule: schedule),
        objective: try Objective(
          terms: [LossTerm(.forwardKL, weight: 0.5, crossEntropyWeight: 1), LossTerm(.reverseKL)],
          reduction: .tokenMean),
        arithmetic: TrainingArithmetic(precision: precision, recomputesActivations: recomputes), dropoutSeed: 3)
    }
    return try MutualTrainer(
      student: trainer(transformer, parameters.copy(), transformer.layout),
      module: trainer(wide, base.adapted(by: adapters), adapters.layout.parameters))
  }
}

extension MutualTrainer {
  /// All that learns.
  fileprivate var learned: [Float] { student.parameters.view.array + module.parameters.learning.view.array }
}

@Suite("A step's bits")
struct BatchInvarianceTests {
  @Test("are the same for any number of micro-batches", arguments: precisions, [true, false])
  func microBatches(_ precision: ProductPrecision, _ tied: Bool) throws {
    let uneven = try UnevenBatch(tied: tied)
    let runs = try [1, 2, 4, 11].map { size in
      let trainer = try uneven.trainer(precision, isAdaptive: tied)
      let measured = try (0..<2).map { _ in
        try trainer.step(uneven.batch(microBatchSize: size), teacher: uneven.scores)
      }
      return (measured, trainer.parameters.view.array)
    }
    for run in runs.dropFirst() {
      #expect(run.0 == runs[0].0)
      #expect(run.1 == runs[0].1)
    }
  }

  @Test("are the same where activations are computed again", arguments: precisions)
  func recomputes(_ precision: ProductPrecision) throws {
    let uneven = try UnevenBatch()
    let trainers = try [false, true].map { try uneven.trainer(precision, recomputes: $0) }
    for trainer in trainers { _ = try trainer.step(uneven.batch(microBatchSize: 4), teacher: uneven.scores) }
    #expect(trainers[0].parameters.view.array == trainers[1].parameters.view.array)
  }

  @Test("are the same of two models that teach each other", arguments: precisions)
  func mutual(_ precision: ProductPrecision) throws {
    let uneven = try UnevenBatch()
    let runs = try [(1, false), (4, true), (11, false)].map { size, recomputes in
      let pair = try uneven.pair(precision, recomputes: recomputes)
      let measured = try (0..<2).map { _ in try pair.step(uneven.batch(microBatchSize: size)) }
      return (measured, pair.learned)
    }
    for run in runs.dropFirst() { #expect(run.0 == runs[0].0 && run.1 == runs[0].1) }
  }

  /// bfloat16 has 8 bits: a product's factors are off by at most 2⁻⁹ each, independently.
  @Test("in bfloat16 are close to float32's, and so is what is learned", .enabled(if: precisions.contains(.bfloat16)))
  func bfloat16() throws {
    let uneven = try UnevenBatch()
    let batch = try uneven.batch(microBatchSize: 4)
    let (exact, rounded) = (try uneven.trainer(.float32), try uneven.trainer(.bfloat16))
    let first = (try exact.step(batch, teacher: uneven.scores), try rounded.step(batch, teacher: uneven.scores))
    #expect(first.0.loss != first.1.loss)
    #expect(abs(first.0.loss - first.1.loss) < 1e-3 * first.0.loss)
    #expect(abs(first.0.gradientNorm - first.1.gradientNorm) < 1e-2 * first.0.gradientNorm)
    for _ in 0..<15 {
      _ = (try exact.step(batch, teacher: uneven.scores), try rounded.step(batch, teacher: uneven.scores))
    }
    let last = (
      try exact.step(batch, teacher: uneven.scores, evaluate: true).loss,
      try rounded.step(batch, teacher: uneven.scores, evaluate: true).loss
    )
    #expect(last.0 < 0.9 * first.0.loss)
    #expect(abs(last.0 - last.1) < 0.02 * last.0)
  }

  /// Where RETORT_BITS_FILE names a file, it gets the bits.
  @Test("are the same when it is done again")
  func repeats() throws {
    func all() throws -> [UInt64] {
      let divergences = try precisions.flatMap { precision in
        try [false, true].flatMap { try Self.bits(precision, isAdaptive: $0) } + Self.mutualBits(precision)
      }
      return try divergences + UnevenRanking().bits()
    }
    let bits = try all()
    #expect(try all() == bits)
    guard let path = ProcessInfo.processInfo.environment["RETORT_BITS_FILE"] else { return }
    let text = "\(ComputePool.threadCount) threads\n" + bits.map { String($0, radix: 16) }.joined(separator: "\n")
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  /// This program again, with as many threads; what it wrote after the first line.
  @Test("are the same for any number of threads, as are scores")
  func threads() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bits-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let runs = try [1, 2, 3].map { count in
      let file = folder.appending(path: "\(count)")
      let again = try PipedProgram.testsAgain(
        "BatchInvarianceTests/repeats", environment: ["RETORT_THREADS": "\(count)", "RETORT_BITS_FILE": file.path],
        output: .discarded)
      #expect(again.running.wait() == .status(0))
      return try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    }
    #expect(runs.map { $0[0] } == ["1 threads", "2 threads", "3 threads"])
    #expect(runs[0].count > 10_000)
    for run in runs.dropFirst() { #expect(run.dropFirst() == runs[0].dropFirst()) }
  }

  /// Bits of two steps' losses of models that teach each other, and of both after them.
  private static func mutualBits(_ precision: ProductPrecision) throws -> [UInt64] {
    let uneven = try UnevenBatch()
    let pair = try uneven.pair(precision)
    let losses = try (0..<2).flatMap { _ in
      let measured = try pair.step(uneven.batch(microBatchSize: 4))
      return [measured.loss.bitPattern, measured.module?.loss.bitPattern ?? 0]
    }
    return losses + pair.learned.map { UInt64($0.bitPattern) }
  }

  /// Bits of two steps' losses, of the student after them, and of its scores.
  private static func bits(_ precision: ProductPrecision, isAdaptive: Bool) throws -> [UInt64] {
    let uneven = try UnevenBatch()
    let trainer = try uneven.trainer(precision, isAdaptive: isAdaptive)
    let losses = try (0..<2).map { _ in
      try trainer.step(uneven.batch(microBatchSize: 4), teacher: uneven.scores).loss.bitPattern
    }
    let scorer = Scorer(
      transformer: uneven.transformer, parameters: trainer.parameters, vocabSize: UnevenBatch.vocabSize)
    var scores = PositionScores()
    try scorer.score(
      uneven.sequences, options: ScoreOptions(tokenLogprobs: true, topCount: 4, entropy: true),
      maximumChunkPositions: 1000
    ) { scores.append($0) }
    let floats = trainer.parameters.view.array + scores.tokenLogprobs + scores.topLogprobs + scores.entropies
    return losses + floats.map { UInt64($0.bitPattern) }
  }
}
