import Foundation
import Kernels
import Sequences
import Testing
import Transformer

@Suite("The passes of a model")
struct GradientTests {
  @Test("log-probs, loss and every gradient equal PyTorch's in float64", arguments: GoldenModel.names)
  func golden(name: String) throws {
    let golden = try GoldenModel.read(name)
    let transformer = try golden.transformer()
    let parameters = try golden.parameters(transformer)
    #expect(Set(transformer.layout.entries.map(\.name)) == Set(golden.tensors.keys))
    let gradients = ParameterBuffer(count: parameters.count)
    let loss = crossEntropy(golden.batch, transformer, parameters, gradients: gradients)
    #expect(abs(loss - golden.loss) < 2e-6)
    for entry in transformer.layout.entries {
      let expected = golden.tensors[entry.name]?.gradient ?? []
      let scale = expected.map(abs).max() ?? 0
      for (actual, expected) in zip(gradients.view(entry).array, expected) {
        // Float32 sums of numbers of the tensor's size, whose rounding norms over few small numbers enlarge some times.
        #expect(abs(Double(actual) - expected) < 3e-5 * (scale + 0.1), "\(entry.name)")
      }
    }
  }

  @Test("scored log-probs equal transformers' in float64 at every position and token", arguments: GoldenModel.names)
  func scores(name: String) throws {
    let golden = try GoldenModel.read(name)
    let transformer = try golden.transformer()
    let scorer = try Scorer(
      transformer: transformer, parameters: golden.parameters(transformer),
      vocabSize: transformer.configuration.vocabSize)
    var scores = PositionScores()
    try scorer.score(golden.batch, options: ScoreOptions(fullLogprobs: true), maximumChunkPositions: 3) {
      scores.append($0)
    }
    #expect(scores.fullLogprobs.count == golden.logprobs.count)
    for (actual, expected) in zip(scores.fullLogprobs, golden.logprobs) {
      #expect(abs(Double(actual) - expected) < 5e-6 * (1 + abs(expected)))
    }
  }

  @Test("gradients are the loss's central differences along random directions", arguments: GoldenModel.smoothNames)
  func centralDifferences(name: String) throws {
    let golden = try GoldenModel.read(name)
    let transformer = try golden.transformer()
    let parameters = try golden.parameters(transformer)
    let gradients = ParameterBuffer(count: parameters.count)
    _ = crossEntropy(golden.batch, transformer, parameters, gradients: gradients)
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<8 {
      let direction = (0..<parameters.count).map { _ in Float(generator.nextUnit() - 0.5) }
      func loss(_ step: Float) -> Double {
        let moved = parameters.copy()
        for index in 0..<moved.count { moved.view[index] += step * direction[index] }
        return crossEntropy(golden.batch, transformer, moved)
      }
      // Two widths, so that the third derivative cancels.
      let numeric = (8 * (loss(1e-3) - loss(-1e-3)) - (loss(2e-3) - loss(-2e-3))) / 12e-3
      let analytic = zip(gradients.view.array, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      #expect(abs(numeric - analytic) < 2e-3 * (1 + abs(analytic)))
    }
  }

  @Test("micro-batches add up to the gradients of the whole batch", arguments: GoldenModel.names)
  func microBatches(name: String) throws {
    let golden = try GoldenModel.read(name)
    let transformer = try golden.transformer()
    let parameters = try golden.parameters(transformer)
    let (whole, parts) = (ParameterBuffer(count: parameters.count), ParameterBuffer(count: parameters.count))
    let loss = crossEntropy(golden.batch, transformer, parameters, gradients: whole)
    let tape = Tape(transformer)
    let total = golden.batch.scoredPositions.count
    let sum = (0..<golden.batch.count).reversed().reduce(0.0) { sum, index in
      sum
        + crossEntropy(
          golden.batch.slice(index..<index + 1), transformer, parameters, tape: tape, total: total, gradients: parts)
    }
    #expect(abs(sum - loss) < 1e-6)
    for (one, other) in zip(whole.view.array, parts.view.array) { #expect(abs(one - other) < 1e-5 * (1 + abs(one))) }
  }

  @Test("a tape gives the same bits after another batch went through it", arguments: GoldenModel.names)
  func reusedTape(name: String) throws {
    let golden = try GoldenModel.read(name)
    let transformer = try golden.transformer()
    let parameters = try golden.parameters(transformer)
    let (fresh, reused) = (ParameterBuffer(count: parameters.count), ParameterBuffer(count: parameters.count))
    let small = golden.batch.slice(0..<1)
    let loss = crossEntropy(small, transformer, parameters, gradients: fresh)
    let tape = Tape(transformer)
    _ = crossEntropy(
      golden.batch, transformer, parameters, tape: tape, gradients: ParameterBuffer(count: parameters.count))
    #expect(crossEntropy(small, transformer, parameters, tape: tape, gradients: reused) == loss)
    #expect(reused.view.array == fresh.view.array)
  }

  @Test("later tokens change nothing before them", arguments: GoldenModel.names)
  func causality(name: String) throws {
    let golden = try GoldenModel.read(name)
    let transformer = try golden.transformer()
    let parameters = try golden.parameters(transformer)
    func hidden(_ tokens: [TokenID]) -> [Float] {
      let tape = Tape(transformer, keepsActivations: false)
      transformer.forward(
        SequenceBatch([TokenSequence(tokenIDs: tokens, promptLength: 1)]), parameters: parameters, tape: tape)
      return Array(tape.hidden.array.prefix(4 * transformer.configuration.embeddingWidth))
    }
    #expect(hidden([1, 2, 3, 4, 5, 6]) == hidden([1, 2, 3, 4, 9, 0]))
    #expect(hidden([1, 2, 3, 4, 5, 6]) != hidden([1, 2, 3, 5, 5, 6]))
  }

  @Test("a tape of block inputs grows with layers by their inputs alone")
  func memory() throws {
    func bytes(layers: Int, _ memory: Tape.Memory) throws -> Int {
      let transformer = Transformer(
        try ModelConfiguration(
          family: .gpt2, vocabSize: 20, width: 32, layerCount: layers, headCount: 2, feedForwardWidth: 128,
          contextLength: 64))
      let parameters = ParameterBuffer(count: transformer.layout.count)
      let tape = Tape(transformer, memory: memory)
      let batch = SequenceBatch([TokenSequence(tokenIDs: (0..<64).map { $0 % 20 }, promptLength: 1)])
      _ = crossEntropy(batch, transformer, parameters, tape: tape, gradients: ParameterBuffer(count: parameters.count))
      return tape.byteCount
    }
    func perLayer(_ memory: Tape.Memory) throws -> Int {
      (try bytes(layers: 12, memory) - bytes(layers: 4, memory)) / 8
    }
    // Rows of floats: D for each buffer, the feed-forward part's two, 2 statistics for each of 2 norms.
    #expect(try perLayer(.blockInputs) == 64 * 32 * 4)
    #expect(try perLayer(.everything) == 64 * (32 * (1 + 4 + 3) + 2 * 128 + 4) * 4)
  }

  @Test("a backward pass that computes blocks again gives the same bits", arguments: GoldenModel.names)
  func computedAgain(name: String) throws {
    let golden = try GoldenModel.read(name)
    let transformer = try golden.transformer()
    let parameters = try golden.parameters(transformer)
    let (kept, again) = (ParameterBuffer(count: parameters.count), ParameterBuffer(count: parameters.count))
    let loss = crossEntropy(golden.batch, transformer, parameters, gradients: kept)
    let tape = Tape(transformer, memory: .blockInputs)
    #expect(crossEntropy(golden.batch, transformer, parameters, tape: tape, gradients: again) == loss)
    #expect(again.view.array == kept.view.array)
  }
}
