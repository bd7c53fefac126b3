import Foundation
import Kernels
import Sequences
import Testing
import Transformer

@Suite("A model of ordinary width")
struct WideModelTests {
  /// Widths that fill vector registers and leave remainders, sequences past one block of attention.
  private static func make(_ family: ModelConfiguration.Family) throws -> (Transformer, ParameterBuffer, SequenceBatch)
  {
    let transformer = Transformer(
      try ModelConfiguration(
        family: family, vocabSize: 67, width: 72, layerCount: 2, headCount: 2,
        keyValueHeadCount: family == .llama ? 1 : 2, feedForwardWidth: 100, contextLength: 160,
        tiesWordEmbeddings: family == .llama))
    let parameters = ParameterBuffer(count: transformer.layout.count)
    var generator = SeededGenerator(seed: 4)
    transformer.initialize(parameters, using: &generator)
    // Away from the start, where many gradients nearly vanish.
    for entry in transformer.layout.entries {
      let view = parameters.view(entry)
      for index in 0..<view.count {
        view[index] = view[index] * (entry.isMatrix ? 6 : 1) + (entry.isMatrix ? 0 : Float(generator.nextUnit() - 0.5))
      }
    }
    let lengths = [150, 1, 33]
    let batch = SequenceBatch(
      lengths.enumerated().map { index, length in
        TokenSequence(
          tokenIDs: (0..<length).map { _ in TokenID(generator.next() % 67) }, promptLength: min(length, 1 + 3 * index))
      })
    return (transformer, parameters, batch)
  }

  @Test(
    "each tensor's gradient is the loss's central difference along it",
    arguments: [ModelConfiguration.Family.llama, .gpt2])
  func gradients(family: ModelConfiguration.Family) throws {
    let (transformer, parameters, batch) = try WideModelTests.make(family)
    let gradients = ParameterBuffer(count: parameters.count)
    let tape = Tape(transformer)
    _ = crossEntropy(batch, transformer, parameters, tape: tape, gradients: gradients)
    for entry in transformer.layout.entries {
      let gradient = gradients.view(entry).array.map(Double.init)
      let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(norm > 1e-4, "\(entry.name)")
      func loss(_ step: Double) -> Double {
        let moved = parameters.copy()
        let view = moved.view(entry)
        for index in 0..<view.count { view[index] += Float(step * gradient[index] / norm) }
        return crossEntropy(batch, transformer, moved, tape: tape)
      }
      let h = 4e-3
      let numeric = (8 * (loss(h) - loss(-h)) - (loss(2 * h) - loss(-2 * h))) / (12 * h)
      #expect(abs(numeric - norm) < 4e-3 * norm + 1e-4, "\(entry.name)")
    }
  }

  @Test("a decoding step equals reading the whole text again", arguments: [ModelConfiguration.Family.llama, .gpt2])
  func cache(family: ModelConfiguration.Family) throws {
    let (transformer, parameters, batch) = try WideModelTests.make(family)
    let prompts = SequenceBatch(
      batch.sequences.map { TokenSequence(prompt: Array($0.tokenIDs.prefix(140)), completion: []) })
    let generator = TextGenerator(transformer: transformer, parameters: parameters, vocabSize: 67, eosTokenIDs: [])
    var completed = SequenceBatch()
    var reported: [Float] = []
    try generator.generate(prompts: prompts, sampling: SamplingOptions(maxNewTokens: 20), seeds: [1, 2, 3]) {
      completed.append(TokenSequence(prompt: prompts.sequences[$0.promptIndex].tokenIDs, completion: $0.tokenIDs))
      reported += $0.tokenLogprobs
    }
    var scored: [Float] = []
    try Scorer(transformer: transformer, parameters: parameters, vocabSize: 67).score(
      completed, options: ScoreOptions(tokenLogprobs: true), maximumChunkPositions: 1000
    ) { scored += $0.tokenLogprobs }
    #expect(reported.count == 60 && scored.count == 60)
    for (one, other) in zip(reported, scored) { #expect(abs(one - other) < 2e-5 * (1 + abs(other))) }
  }
}
