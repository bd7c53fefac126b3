internal import Distillation
internal import Foundation
internal import Kernels
internal import Optimization
internal import Sequences
internal import Transformer

/// The step that is measured: what a student learns from, and how.
///
/// The student is GPT-2's: D 384, 10 layers, 6 heads, feed-forward 1,536, V 14,019, tied: 23.3 million parameters. Its tokens are
/// random; it learns by cross-entropy, as a student of its teacher's texts does.
public struct ReplicaCase: Sendable, Hashable, Codable {
  /// Into how many parts a batch is cut at most, as `training.replicas` has it: above 1 bits are those of replicas.
  public var partCount = 2
  /// Sequences of a batch.
  public var sequenceCount = 16
  /// Tokens of each.
  public var sequenceLength = 256
  /// Sequences of a pass.
  public var microBatchSize = 4
  /// Of the large products: `float32` or `bfloat16`.
  public var precision = "float32"
  /// Blocks of the student.
  public var layerCount = 10
  /// Whether each replica keeps the optimizer's state of its share alone.
  public var shardsOptimizer = false
  /// Whether what is final of a gradient is summed while the rest is computed.
  public var overlaps = true

  /// The step of the issue.
  public init() {}

  /// A trainer at the start: the same parameters for the same case.
  func trainer() throws -> StudentTrainer {
    let configuration = try ModelConfiguration(
      family: .gpt2, vocabSize: 14_019, width: 384, layerCount: layerCount, headCount: 6, feedForwardWidth: 1536,
      contextLength: max(512, sequenceLength))
    let transformer = Transformer(configuration)
    let parameters = ParameterBuffer(count: transformer.layout.count)
    var generator = SeededGenerator(seed: 1)
    transformer.initialize(parameters, using: &generator)
    let schedule = try LearningRateSchedule(shape: .constant, peak: 1e-4, maxSteps: 1 << 20)
    return try StudentTrainer(
      transformer: transformer, parameters: parameters, vocabSize: configuration.vocabSize,
      optimizer: AdamW(layout: transformer.layout, options: AdamWOptions(), schedule: schedule),
      objective: Objective(terms: [LossTerm(.crossEntropy)], reduction: .tokenMean),
      arithmetic: TrainingArithmetic(
        precision: ProductPrecision(rawValue: precision) ?? .float32, partCount: partCount),
      sharing: ReplicaSharing(shardsOptimizer: shardsOptimizer, overlaps: overlaps))
  }

  /// The batch of a step.
  func batch(_ step: Int) throws -> TrainingBatch {
    let sequences = (0..<sequenceCount).map { index in
      var generator = SeededGenerator(seed: 2, path: UInt64(step), UInt64(index))
      let tokens = (0..<sequenceLength).map { _ in TokenID(generator.next() % 14_019) }
      return TokenSequence(tokenIDs: tokens, promptLength: 1)
    }
    return try TrainingBatch(
      sequences: SequenceBatch(sequences), termIndices: [Int](repeating: 0, count: sequenceCount),
      microBatchSize: microBatchSize)
  }
}
