public import Sequences

public struct TextGenerator: Sendable {
  public init(transformer: Transformer, parameters: ParameterBuffer, vocabSize: Int, eosTokenIDs: [TokenID]) {}
  public func generate(
    prompts: SequenceBatch, sampling: SamplingOptions, seeds: [UInt64], onFinished: (Completion) -> Void
  ) throws {}
}
