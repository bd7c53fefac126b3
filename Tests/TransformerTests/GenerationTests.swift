import Foundation
import Kernels
import Sequences
import Synchronization
import Testing
import Transformer

@Suite("Generation")
struct GenerationTests {
  private static func prompts(_ golden: GoldenModel) -> SequenceBatch {
    SequenceBatch(golden.sequences.map { TokenSequence(prompt: Array($0.prompt), completion: []) })
  }

  private static func generate(
    _ prompts: SequenceBatch, _ golden: GoldenModel, _ sampling: SamplingOptions, eos: [TokenID] = [],
    seed: UInt64 = 0
  ) throws -> [Completion] {
    let transformer = try golden.transformer()
    let generator = try TextGenerator(
      transformer: transformer, parameters: golden.parameters(transformer), vocabSize: golden.configuration.vocabSize,
      eosTokenIDs: eos)
    var completions: [Completion] = []
    let seeds = (0..<prompts.count).map { SeededGenerator(seed: seed, path: UInt64($0)).state }
    try generator.generate(prompts: prompts, sampling: sampling, seeds: seeds) { completions.append($0) }
    return completions
  }

  @Test("greedy completions are transformers'", arguments: GoldenModel.names)
  func greedy(name: String) throws {
    let golden = try GoldenModel.read(name)
    let completions = try GenerationTests.generate(
      GenerationTests.prompts(golden), golden, SamplingOptions(samplingTemperature: 0, maxNewTokens: 8))
    #expect(completions.map(\.tokenIDs) == golden.greedy)
    #expect(completions.map(\.promptIndex) == [0, 1, 2, 3])
    #expect(completions.allSatisfy { $0.finishReason == .length })
  }

  @Test("reported log-probs are those of scoring the completion from scratch", arguments: GoldenModel.names)
  func cacheEqualsRecomputation(name: String) throws {
    let golden = try GoldenModel.read(name)
    let prompts = GenerationTests.prompts(golden)
    let completions = try GenerationTests.generate(
      prompts, golden, SamplingOptions(samplingTemperature: 1.5, topK: 9, topP: 0.95, maxNewTokens: 12))
    let batch = SequenceBatch(
      zip(prompts.sequences, completions).map { TokenSequence(prompt: $0.tokenIDs, completion: $1.tokenIDs) })
    let transformer = try golden.transformer()
    let scorer = try Scorer(
      transformer: transformer, parameters: golden.parameters(transformer), vocabSize: golden.configuration.vocabSize)
    var scores = PositionScores()
    try scorer.score(batch, options: ScoreOptions(tokenLogprobs: true), maximumChunkPositions: 100) {
      scores.append($0)
    }
    let reported = completions.flatMap(\.tokenLogprobs)
    #expect(reported.count == scores.tokenLogprobs.count && reported.count == 48)
    for (one, other) in zip(reported, scores.tokenLogprobs) { #expect(abs(one - other) < 2e-5 * (1 + abs(other))) }
  }

  @Test("a stop id ends a completion and belongs to it; the request's ids take the place of the model's")
  func stops() throws {
    let golden = try GoldenModel.read("llama")
    let (prompts, expected) = (GenerationTests.prompts(golden), golden.greedy[0])
    var sampling = SamplingOptions(samplingTemperature: 0, maxNewTokens: 8)
    let byModel = try GenerationTests.generate(prompts, golden, sampling, eos: [expected[2]])[0]
    let end = (expected.firstIndex(of: expected[2]) ?? 0) + 1
    #expect(byModel.tokenIDs == Array(expected[..<end]) && byModel.finishReason == .stop)
    #expect(byModel.tokenLogprobs.count == end)
    sampling.stopTokenIDs = [expected[0]]
    #expect(try GenerationTests.generate(prompts, golden, sampling, eos: [expected[2]])[0].tokenIDs == [expected[0]])
  }

  @Test("a cancelled call computes no further token, and gives no completion that is not whole")
  func cancellation() throws {
    let golden = try GoldenModel.read("llama")
    let transformer = try golden.transformer()
    let generator = try TextGenerator(
      transformer: transformer, parameters: golden.parameters(transformer), vocabSize: golden.configuration.vocabSize,
      eosTokenIDs: [])
    let prompts = GenerationTests.prompts(golden)
    let asked = Atomic(0)
    let completed = Atomic(0)
    #expect(throws: CancellationError.self) {
      try generator.generate(
        prompts: prompts, sampling: SamplingOptions(samplingTemperature: 0, maxNewTokens: 8),
        seeds: Array(repeating: 0, count: prompts.count),
        isCancelled: { asked.add(1, ordering: .relaxed).newValue > 3 },
        onFinished: { _ in completed.add(1, ordering: .relaxed) })
    }
    #expect(completed.load(ordering: .relaxed) == 0)
    // Three tokens and the question that stopped them.
    #expect(asked.load(ordering: .relaxed) == 4)
  }

  @Test("a completion ends where the context does", arguments: ["gpt2", "llama"])
  func contextLimit(name: String) throws {
    let golden = try GoldenModel.read(name)
    let context = try golden.configuration.contextLength
    let prompts = SequenceBatch(
      [context, context - 1, context - 3].map { length in
        TokenSequence(prompt: (0..<length).map { TokenID($0 % 13) }, completion: [])
      })
    let completions = try GenerationTests.generate(prompts, golden, SamplingOptions(maxNewTokens: 10))
    #expect(completions.map(\.tokenIDs.count) == [0, 1, 3])
    #expect(completions.allSatisfy { $0.finishReason == .length })
  }

  @Test("completions depend on the request alone: not on the threads at work, nor on another run of it")
  func determinism() throws {
    let golden = try GoldenModel.read("llama")
    let prompts = SequenceBatch(
      (0..<70).map { index in
        TokenSequence(prompt: (0...index % 5).map { TokenID(($0 * 7 + index) % 13) }, completion: [])
      })
    let sampling = SamplingOptions(samplingTemperature: 1.2, topP: 0.9, maxNewTokens: 9)
    let first = try GenerationTests.generate(prompts, golden, sampling, eos: [3], seed: 5)
    #expect(first.map(\.promptIndex) == Array(0..<70))
    // Inside a piece of the pool's work everything runs on one thread.
    let inside = ComputePool.map(2) { _ in
      try? GenerationTests.generate(prompts, golden, sampling, eos: [3], seed: 5)
    }
    #expect(inside == [first, first])
    #expect(try GenerationTests.generate(prompts, golden, sampling, eos: [3], seed: 6) != first)
  }

  @Test(
    "refuses what it cannot answer, naming the option",
    arguments: [
      (SamplingOptions(samplingTemperature: -1), "samplingTemperature"), (SamplingOptions(topK: -1), "topK"),
      (SamplingOptions(samplingTemperature: .nan), "samplingTemperature"), (SamplingOptions(topP: 0), "topP"),
      (SamplingOptions(topP: 1.5), "topP"), (SamplingOptions(maxNewTokens: 0), "maxNewTokens"),
      (SamplingOptions(minP: -0.1), "minP"), (SamplingOptions(minP: 1.1), "minP"),
      (SamplingOptions(repetitionPenalty: 0), "repetitionPenalty"),
      (SamplingOptions(repetitionPenalty: .infinity), "repetitionPenalty"),
      (SamplingOptions(samplingTemperature: .leastNormalMagnitude / 8), "samplingTemperature"),
      (SamplingOptions(repetitionPenalty: .leastNormalMagnitude / 8), "repetitionPenalty"),
      (SamplingOptions(noRepeatNgramSize: -1), "noRepeatNgramSize"),
      (SamplingOptions(minNewTokens: 9, maxNewTokens: 8), "minNewTokens"),
    ])
  func refusals(sampling: SamplingOptions, option: String) throws {
    let golden = try GoldenModel.read("gpt2")
    let error = #expect(throws: ModelError.self) {
      try GenerationTests.generate(GenerationTests.prompts(golden), golden, sampling)
    }
    guard case .invalidOption(option, _, _) = error else {
      Issue.record("\(String(describing: error)) does not name \(option)")
      return
    }
  }
}
