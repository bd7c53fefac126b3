public import Sequences

public struct Scorer: Sendable {
  public init(transformer: Transformer, parameters: ParameterBuffer, vocabSize: Int) {}
  public func score(
    _ batch: SequenceBatch, options: ScoreOptions, maximumChunkPositions: Int,
    emit: (PositionScores) throws -> Void
  ) throws {}
}
