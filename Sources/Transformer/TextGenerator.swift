import Kernels
public import Sequences

/// Continues prompts.
///
/// The completions depend on each prompt, its options and its seed alone: neither on the other prompts of the call nor on
/// the number of threads.
public struct TextGenerator: Sendable {
  private let transformer: Transformer
  private let parameters: ParameterBuffer
  private let weights: GenerationWeights
  private let vocabSize: Int
  private let eosTokenIDs: [TokenID]
  private let limits: GenerationLimits

  /// Makes a generator.
  ///
  /// - Parameters:
  ///   - weights: Packed from the parameters; nil: packed here, as float32.
  ///   - vocabSize: Ids that may occur; rows of the head past these are padding and are never drawn.
  ///   - eosTokenIDs: Ids that end a completion where the request names none.
  public init(
    transformer: Transformer, parameters: ParameterBuffer, weights: GenerationWeights? = nil, vocabSize: Int,
    eosTokenIDs: [TokenID], limits: GenerationLimits = GenerationLimits()
  ) {
    precondition(
      vocabSize > 0 && vocabSize <= transformer.configuration.vocabSize,
      "vocabSize \(vocabSize) of a head of \(transformer.configuration.vocabSize)")
    self.transformer = transformer
    self.parameters = parameters
    self.vocabSize = vocabSize
    self.eosTokenIDs = eosTokenIDs
    self.limits = limits
    self.weights = weights ?? .packed(from: parameters, of: transformer)
  }

  /// Continues the prompt of each sequence; what follows a prompt in `prompts` is ignored.
  ///
  /// Blocks the calling thread and uses the compute pool. Completions come in the prompts' order. A prompt that fills the
  /// context gets an empty completion.
  /// - Parameters:
  ///   - seeds: One per prompt.
  ///   - newTokenLimits: Limits of new tokens beside that of `sampling`, one per prompt; empty: none.
  ///   - endsText: Asked after each new token about a completion so far: true ends it. For stop strings.
  ///   - isCancelled: Asked before each step, which gives every unfinished completion a token.
  /// - Throws: ``ModelError`` where a prompt or an option cannot be answered; `CancellationError`; what `onFinished`
  ///   throws.
  public func generate(
    prompts: SequenceBatch, sampling: SamplingOptions, seeds: [UInt64], newTokenLimits: [Int] = [],
    endsText: (@Sendable ([TokenID]) -> Bool)? = nil, isCancelled: @escaping @Sendable () -> Bool = { false },
    onFinished: (Completion) throws -> Void
  ) throws {
    guard prompts.count == seeds.count else {
      throw ModelError.invalidOption(
        name: "seeds", value: "\(seeds.count) numbers", requirement: "one per prompt (\(prompts.count))")
    }
    guard newTokenLimits.isEmpty || newTokenLimits.count == prompts.count else {
      throw ModelError.invalidOption(
        name: "newTokenLimits", value: "\(newTokenLimits.count) numbers",
        requirement: "one per prompt (\(prompts.count)), or none")
    }
    let batch = GenerationBatch(
      transformer: transformer, parameters: parameters, weights: weights, vocabSize: vocabSize,
      eosTokenIDs: eosTokenIDs, limits: limits)
    for (index, (sequence, seed)) in zip(prompts.sequences, seeds).enumerated() {
      let sampling = newTokenLimits.isEmpty ? sampling : sampling.limited(to: newTokenLimits[index])
      try batch.add(
        GenerationRequest(prompt: Array(sequence.prompt), sampling: sampling, seed: seed, endsText: endsText))
    }
    var (ended, next) = ([Int: GenerationBatch.Finished](), 0)
    while !batch.isEmpty {
      guard !isCancelled() else { throw CancellationError() }
      for finished in batch.step() { ended[finished.id] = finished }
      while let finished = ended.removeValue(forKey: next) {
        try onFinished(
          Completion(
            promptIndex: next, tokenIDs: finished.tokenIDs, tokenLogprobs: finished.logprobs,
            finishReason: finished.reason))
        next += 1
      }
    }
  }
}
