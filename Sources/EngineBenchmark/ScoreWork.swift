import Checkpoints
import Foundation
import Sequences
import Transformer

/// A teacher's answer about given sequences: log-probs of their tokens, or of the whole vocabulary.
final class ScoreWork: EngineWork {
  /// Positions of one piece of the answer.
  private static let chunkPositions = 256

  private let scorer: Scorer
  private let batch: SequenceBatch
  private let options: ScoreOptions
  private var isFirst = true

  init(_ file: CaseFile, precision: EnginePrecision) throws {
    let model = try ModelFolder.load(URL(filePath: file.folder))
    let transformer = Transformer(model.configuration)
    scorer = Scorer(
      transformer: transformer, parameters: model.parameters,
      weights: .packed(from: model.parameters, of: transformer, format: precision.weights), vocabSize: file.vocabSize)
    batch = SequenceBatch(file.sequences.map { TokenSequence(tokenIDs: $0, promptLength: 1) })
    options = ScoreOptions(tokenLogprobs: true, fullLogprobs: file.fullLogprobs)
  }

  func round() throws -> WorkerRound {
    var logprobs: [Float] = []
    let (seconds, _) = try timed {
      try scorer.score(batch, options: options, maximumChunkPositions: Self.chunkPositions) {
        logprobs += $0.tokenLogprobs
      }
    }
    defer { isFirst = false }
    return WorkerRound(
      seconds: seconds, tokens: batch.tokenIDs.count, peakBytes: 0, values: isFirst ? logprobs.map(Double.init) : [])
  }
}
