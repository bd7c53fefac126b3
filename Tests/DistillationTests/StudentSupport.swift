import Distillation
import Foundation
import Kernels
import Optimization
import Sequences
import Testing
import Transformer

/// steps.json: a tiny Llama's optimizer steps in PyTorch.
struct GoldenSteps: Decodable {
  struct Sequence: Decodable {
    let tokenIDs: [TokenID]
    let promptLength, term: Int
  }
  struct Step: Decodable {
    let loss, norm: Double
    let terms: [Double]
    let parameters: [String: [Float]]
  }
  struct Term: Decodable {
    let kind: TokenLossKind
    let weight: Double

    init(from decoder: any Decoder) throws {
      var values = try decoder.unkeyedContainer()
      let (name, number) = (try values.decode(String.self), try values.decode(Double?.self))
      kind =
        switch name {
        case "skewForwardKL": .skewForwardKL(alpha: number ?? .nan)
        case "skewReverseKL": .skewReverseKL(alpha: number ?? .nan)
        case "forwardKL": .forwardKL
        default: .crossEntropy
        }
      weight = try values.decode(Double.self)
    }
  }
  struct Case: Decodable {
    let terms: [Term]
    let reduction: Reduction
    let topCount: Int
    let start: [String: [Float]]
    let steps: [Step]

    var objective: Objective {
      get throws {
        try Objective(
          terms: terms.map { LossTerm($0.kind, weight: $0.weight) }, reduction: reduction, topCount: topCount)
      }
    }
  }

  let sequences: [Sequence]
  let teacher: [[[Float]]]
  let cases: [Case]

  func batch(microBatchSize: Int) throws -> TrainingBatch {
    try TrainingBatch(
      sequences: SequenceBatch(
        sequences.map { TokenSequence(tokenIDs: $0.tokenIDs, promptLength: $0.promptLength) }),
      termIndices: sequences.map(\.term), microBatchSize: microBatchSize)
  }

  /// The teacher's reply to what the objective asks.
  func scores(_ objective: Objective) -> PositionScores {
    var scores = PositionScores()
    for (sequence, rows) in zip(sequences, teacher) where objective.terms[sequence.term].kind.needsTeacher {
      for (offset, row) in rows.enumerated() {
        let target = sequence.tokenIDs[sequence.promptLength + offset]
        scores.append(
          objective.topCount == 0
            ? fullScores(teacher: row) : topScores(teacher: row, topCount: objective.topCount, target: target))
      }
    }
    return scores
  }
}

/// The student of Golden/generate_steps.py: 11 ids, a head of 12 rows.
struct TinyStudent {
  static let vocabSize = 11
  let transformer: Transformer
  let parameters: ParameterBuffer

  init(_ tensors: [String: [Float]]) throws {
    transformer = Transformer(
      try ModelConfiguration(
        family: .llama, vocabSize: 12, width: 8, layerCount: 2, headCount: 4, keyValueHeadCount: 2,
        feedForwardWidth: 12, contextLength: 16))
    parameters = ParameterBuffer(count: transformer.layout.count)
    for entry in transformer.layout.entries {
      for (index, value) in (tensors[entry.name] ?? []).enumerated() { parameters.view(entry)[index] = value }
    }
  }

  func trainer(_ objective: Objective, learningRate: Double = 1e-2, partCount: Int = 1) throws -> StudentTrainer {
    let optimizer = AdamW(
      layout: transformer.layout,
      options: try AdamWOptions(weightDecay: 0.1, beta2: 0.95, epsilon: 1e-6, maxGradientNorm: 0.5),
      schedule: try LearningRateSchedule(shape: .constant, peak: learningRate, maxSteps: 100))
    return try StudentTrainer(
      transformer: transformer, parameters: parameters, vocabSize: Self.vocabSize, optimizer: optimizer,
      objective: objective, arithmetic: TrainingArithmetic(partCount: partCount))
  }
}

/// Expects every element of some tensors, times `factor`, to be PyTorch's within `absolute + relative · |PyTorch's|`.
func expectPyTorch<Known: BinaryFloatingPoint>(
  _ known: [String: [Known]], _ layout: ParameterLayout, _ values: ParameterBuffer, factor: Double = 1,
  absolute: Double, relative: Double, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  for entry in layout.entries {
    let theirs = try #require(known[entry.name], sourceLocation: sourceLocation)
    #expect(theirs.count == entry.count, "\(entry.name)", sourceLocation: sourceLocation)
    for (ours, theirs) in zip(values.view(entry).array, theirs) {
      let (ours, theirs) = (Double(ours) * factor, Double(theirs))
      guard !(abs(ours - theirs) <= absolute + relative * abs(theirs)) else { continue }
      Issue.record("\(entry.name): \(ours) where PyTorch has \(theirs)", sourceLocation: sourceLocation)
    }
  }
}
