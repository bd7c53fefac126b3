import Kernels
public import Sequences

/// Continues prompts.
///
/// Prompts are worked on in groups of 32 by their index, each group on one thread: the completions depend on the request
/// alone, neither on the number of threads nor on what else the process does.
public struct TextGenerator: Sendable {
  /// Prompts whose tokens are computed together.
  public static let groupSize = 32

  private let transformer: Transformer
  private let parameters: ParameterBuffer
  private let vocabSize: Int
  private let eosTokenIDs: [TokenID]

  /// Makes a generator.
  ///
  /// - Parameters:
  ///   - vocabSize: Ids that may occur; rows of the head past these are padding and are never drawn.
  ///   - eosTokenIDs: Ids that end a completion where the request names none.
  public init(transformer: Transformer, parameters: ParameterBuffer, vocabSize: Int, eosTokenIDs: [TokenID]) {
    precondition(
      vocabSize > 0 && vocabSize <= transformer.configuration.vocabSize,
      "vocabSize \(vocabSize) of a head of \(transformer.configuration.vocabSize)")
    self.transformer = transformer
    self.parameters = parameters
    self.vocabSize = vocabSize
    self.eosTokenIDs = eosTokenIDs
  }

  /// Continues the prompt of each sequence; what follows a prompt in `prompts` is ignored.
  ///
  /// Blocks the calling thread and uses the compute pool. Completions come in the prompts' order, some groups at a time.
  /// A prompt that fills the context gets an empty completion.
  /// - Parameters:
  ///   - seeds: One per prompt.
  ///   - isCancelled: Asked before each new token of a group, from the threads that compute.
  /// - Throws: ``ModelError`` where a prompt or an option cannot be answered; `CancellationError`; what `onFinished`
  ///   throws.
  public func generate(
    prompts: SequenceBatch, sampling: SamplingOptions, seeds: [UInt64],
    isCancelled: @escaping @Sendable () -> Bool = { false }, onFinished: (Completion) throws -> Void
  ) throws {
    let prompts = prompts.sequences.map { TokenSequence(prompt: Array($0.prompt), completion: []) }
    try transformer.check(SequenceBatch(prompts), vocabSize: vocabSize)
    try check(sampling, promptCount: prompts.count, seedCount: seeds.count)
    let starts = Array(stride(from: 0, to: prompts.count, by: TextGenerator.groupSize))
    for wave in stride(from: 0, to: starts.count, by: ComputePool.threadCount) {
      let waveStarts = Array(starts[wave..<min(wave + ComputePool.threadCount, starts.count)])
      let groups = ComputePool.map(waveStarts.count) { index in
        let range = waveStarts[index]..<min(waveStarts[index] + TextGenerator.groupSize, prompts.count)
        return generate(
          Array(prompts[range]), first: range.lowerBound, sampling, seeds: Array(seeds[range]), isCancelled: isCancelled
        )
      }
      // The completions of a wave that was cut off are not whole.
      guard !isCancelled() else { throw CancellationError() }
      for completion in groups.joined() { try onFinished(completion) }
    }
  }

  private func generate(
    _ prompts: [TokenSequence], first: Int, _ sampling: SamplingOptions, seeds: [UInt64],
    isCancelled: () -> Bool
  ) -> [Completion] {
    var stops = Set(sampling.stopTokenIDs)
    if stops.isEmpty { stops = Set(eosTokenIDs) }
    var group = GenerationGroup(
      transformer, parameters, prompts: prompts.map(\.tokenIDs), sampling: sampling, seeds: seeds)
    let sampler = TokenSampler(options: sampling, stops: stops)
    group.readPrompts()
    while !group.live.isEmpty, !isCancelled() {
      group.draw(with: sampler, vocabSize: vocabSize, stops: stops)
      group.readNewTokens()
    }
    return group.slots.enumerated().map { index, slot in
      Completion(
        promptIndex: first + index, tokenIDs: slot.tokenIDs, tokenLogprobs: slot.logprobs,
        finishReason: slot.finishReason)
    }
  }

  private func check(_ sampling: SamplingOptions, promptCount: Int, seedCount: Int) throws(ModelError) {
    func refuse(_ name: String, _ value: some Any, _ requirement: String) -> ModelError {
      .invalidOption(name: name, value: "\(value)", requirement: requirement)
    }
    guard sampling.samplingTemperature >= 0, sampling.samplingTemperature.isFinite else {
      throw refuse("samplingTemperature", sampling.samplingTemperature, "a number, 0 or greater")
    }
    guard sampling.topK >= 0 else { throw refuse("topK", sampling.topK, "0 or greater") }
    guard sampling.topP > 0, sampling.topP <= 1 else { throw refuse("topP", sampling.topP, "in (0, 1]") }
    guard (0...1).contains(sampling.minP) else { throw refuse("minP", sampling.minP, "in [0, 1]") }
    guard sampling.repetitionPenalty > 0, sampling.repetitionPenalty.isFinite else {
      throw refuse("repetitionPenalty", sampling.repetitionPenalty, "a number over 0")
    }
    guard sampling.noRepeatNgramSize >= 0 else {
      throw refuse("noRepeatNgramSize", sampling.noRepeatNgramSize, "0 or greater")
    }
    guard (0...max(0, sampling.maxNewTokens)).contains(sampling.minNewTokens) else {
      throw refuse("minNewTokens", sampling.minNewTokens, "in 0...maxNewTokens (\(sampling.maxNewTokens))")
    }
    guard sampling.maxNewTokens >= 1 else { throw refuse("maxNewTokens", sampling.maxNewTokens, "1 or greater") }
    guard promptCount == seedCount else {
      throw refuse("seeds", "\(seedCount) numbers", "one per prompt (\(promptCount))")
    }
  }
}
