import Foundation
import Kernels
import Sequences
import Testing
import Transformer

@Suite("A model of ordinary width")
struct WideModelTests {
  /// One of each kernel: grouped queries, windows, caps, norms of heads and after parts, both residual forms, all activations.
  static let names = [
    "llama-untied", "llama-linear", "mistral", "qwen2-window", "qwen3-yarn", "gemma2", "gemma2-uncapped", "phi3",
    "gpt2",
    "gpt2-scales", "gpt-neo", "gpt-neox", "gpt-neox-sequential", "opt-unbiased", "opt-projected",
  ]

  /// A golden model's kind with widths that fill vector registers and leave remainders; windows and sequences pass tiles of
  /// attention.
  private static func make(_ name: String) throws -> (Transformer, ParameterBuffer, SequenceBatch) {
    let golden = try GoldenModel.read(name)
    var keys = golden.config
    let sizes = [
      "vocab_size": 67, "hidden_size": 80, "n_embd": 80, "word_embed_proj_dim": 80, "intermediate_size": 100,
      "n_inner": 100, "ffn_dim": 100, "num_attention_heads": 2, "n_head": 2, "num_heads": 2, "head_dim": 36,
      "max_position_embeddings": 160, "n_positions": 160, "sliding_window": 40, "window_size": 40,
      "query_pre_attn_scalar": 40,
    ]
    for (key, value) in sizes where keys[key] != nil && keys[key] != .null { keys[key] = .integer(value) }
    // Without biases: those of keys move all scores of a row alike, and have no gradient.
    if name == "opt-projected" { (keys["word_embed_proj_dim"], keys["enable_bias"]) = (.integer(52), .boolean(false)) }
    if case .integer(let heads)? = keys["num_key_value_heads"] { keys["num_key_value_heads"] = .integer(min(heads, 2)) }
    if keys["activation_function"] == .string("relu") { keys["activation_function"] = .string("silu") }
    let transformer = Transformer(try ModelConfiguration(golden.family, keys: keys))
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
    arguments: names)
  func gradients(name: String) throws {
    let (transformer, parameters, batch) = try WideModelTests.make(name)
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

  @Test("a decoding step equals reading the whole text again", arguments: names)
  func cache(name: String) throws {
    let (transformer, parameters, batch) = try WideModelTests.make(name)
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

  @Test("gradients have the same bits whether groups are read together or one after another", arguments: names)
  func groups(name: String) throws {
    let (transformer, parameters, batch) = try WideModelTests.make(name)
    let parts = [batch.slice(0..<1), batch.slice(1..<3)]
    let groups = [[0..<150], [0..<34]]
    func pass(_ batch: SequenceBatch, _ groups: [Range<Int>], _ tape: Tape, _ gradients: ParameterBuffer) -> FloatView {
      transformer.forward(batch, parameters: parameters, tape: tape, rowGroups: groups)
      for (index, value) in tape.hidden.array.enumerated() { tape.hiddenGradient[index] = value / 9 }
      transformer.backward(
        batch, tape: tape, parameters: parameters, gradients: gradients, addsEmbeddings: false)
      return view(tape.embeddedGradient.array)
    }
    let tape = Tape(transformer)
    let (together, apart) = (ParameterBuffer(count: parameters.count), ParameterBuffer(count: parameters.count))
    let embedded = pass(batch, [0..<150, 150..<184], tape, together)
    transformer.addEmbeddingGradients(of: batch, embedded, gradients: together)
    let pieces = zip(parts, groups).map { pass($0, $1, tape, apart) }
    for (part, piece) in zip(parts, pieces) { transformer.addEmbeddingGradients(of: part, piece, gradients: apart) }
    #expect(together.view.array == apart.view.array)
  }

  @Test("fresh norms change nothing but the scale", arguments: names)
  func freshNorms(name: String) throws {
    let (transformer, parameters, _) = try WideModelTests.make(name)
    var generator = SeededGenerator(seed: 1)
    transformer.initialize(parameters, using: &generator)
    for entry in transformer.layout.entries where entry.shape.count == 1 && entry.name.hasSuffix(".weight") {
      #expect(Set(parameters.view(entry).array) == [name.hasPrefix("gemma2") ? 0 : 1], "\(entry.name)")
    }
  }
}
