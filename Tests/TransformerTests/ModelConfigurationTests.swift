import Kernels
import Sequences
import Testing
import Transformer

@Suite("A model's configuration")
struct ModelConfigurationTests {
  @Test(
    "refuses values that no model has, naming the field",
    arguments: [
      ("headCount", 12, 5, 5, nil as Int?), ("keyValueHeadCount", 12, 4, 3, nil), ("headWidth", 12, 4, 2, nil),
      ("headWidth", 8, 2, 2, 3), ("width", 0, 2, 2, nil), ("headCount", 8, 0, 1, nil),
    ])
  func refusals(field: String, width: Int, heads: Int, keyValueHeads: Int, headWidth: Int?) throws {
    let error = #expect(throws: ModelError.self) {
      try ModelConfiguration(
        family: .llama, vocabSize: 10, width: width, layerCount: 1, headCount: heads,
        keyValueHeadCount: keyValueHeads, headWidth: headWidth, feedForwardWidth: 4, contextLength: 8)
    }
    guard case .invalidConfiguration(field, _, _) = error else {
      Issue.record("\(String(describing: error)) does not name \(field)")
      return
    }
  }

  @Test("a layout has no gaps, and a tied head no entry of its own", arguments: [true, false])
  func layout(tied: Bool) throws {
    let layout = ParameterLayout(
      try ModelConfiguration(
        family: .llama, vocabSize: 10, width: 8, layerCount: 2, headCount: 2, feedForwardWidth: 4, contextLength: 8,
        tiesWordEmbeddings: tied))
    var next = 0
    for entry in layout.entries {
      #expect(entry.offset == next)
      next += entry.count
    }
    #expect(next == layout.count)
    #expect((layout["lm_head.weight"] == nil) == tied)
    #expect(layout["model.layers.1.self_attn.q_proj.weight"]?.shape == [8, 8])
    #expect(layout.entries.filter { !$0.isMatrix }.allSatisfy { $0.name.contains("norm") })
  }

  @Test("fresh parameters have the spread they are drawn with; the same seed gives the same bits")
  func initialization() throws {
    let transformer = Transformer(
      try ModelConfiguration(
        family: .gpt2, vocabSize: 200, width: 32, layerCount: 2, headCount: 2, feedForwardWidth: 64, contextLength: 8))
    func fresh(_ seed: UInt64) -> ParameterBuffer {
      let buffer = ParameterBuffer(count: transformer.layout.count)
      var generator = SeededGenerator(seed: seed)
      transformer.initialize(buffer, using: &generator)
      return buffer
    }
    let parameters = fresh(1)
    #expect(parameters.view.array == fresh(1).view.array)
    #expect(parameters.view.array != fresh(2).view.array)
    for entry in transformer.layout.entries {
      let values = parameters.view(entry).array.map(Double.init)
      let mean = values.reduce(0, +) / Double(values.count)
      let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
      if entry.isMatrix {
        let expected = entry.name.hasSuffix("c_proj.weight") ? 0.02 / 2 : 0.02
        // Four standard errors of a deviation over so many draws.
        #expect(abs(deviation / expected - 1) < 4 / (2 * Double(values.count)).squareRoot(), "\(entry.name)")
      } else {
        #expect(mean == (entry.name.hasSuffix("bias") ? 0 : 1) && deviation == 0, "\(entry.name)")
      }
    }
  }

  @Test("the keys of a model read back as the same model", arguments: GoldenModel.names)
  func keys(name: String) throws {
    let model = try GoldenModel.read(name).configuration
    #expect(try ModelConfiguration(model.family, keys: model.keys) == model)
  }

  @Test(
    "keys that describe no model are refused by name",
    arguments: [
      ("opt", "do_layer_norm_before", ConfigurationValue.integer(0), "do_layer_norm_before is 0; it must be true or"),
      ("opt", "word_embed_proj_dim", .integer(0), "word_embed_proj_dim is 0; it must be in 1..."),
      ("opt", "word_embed_proj_dim", .integer(1 << 22), "word_embed_proj_dim is 4194304; it must be in 1...1048576"),
      ("opt", "layer_norm_elementwise_affine", .boolean(false), "layer_norm_elementwise_affine is false"),
      ("gpt-neo", "attention_types", .list([.list([.list([.string("far")]), .integer(2)])]), "attention_types is far"),
      ("gpt-neo", "attention_types", .list([.integer(1)]), "attention_types is a list of 1; it must be pairs"),
      ("gpt-neo", "num_layers", .integer(3), "attention_types is a list of 1; it must be pairs of kinds"),
      ("gpt-neo", "window_size", .integer(0), "sliding_window is 0"),
      (
        "qwen2-window", "layer_types", .list([.string("full_attention")]),
        "layer_types is a list of 1; it must be a list of 2"
      ),
      (
        "qwen2-window", "layer_types", .list([.string("a"), .string("b")]),
        "layer_types is a; it must be full_attention"
      ),
      ("gemma2", "query_pre_attn_scalar", .integer(-4), "query_pre_attn_scalar is -4"),
      ("gemma2", "attn_logit_softcapping", .number(-1), "attn_logit_softcapping is -1.0"),
      ("gemma2", "final_logit_softcapping", .number(1e9), "final_logit_softcapping is 1"),
      ("gemma2", "use_bidirectional_attention", .boolean(true), "use_bidirectional_attention is true"),
      ("gpt2", "add_cross_attention", .boolean(true), "add_cross_attention is true; it must be false"),
      ("gpt2", "n_head", .integer(3), "n_head is 3; it must be a divisor of n_embd 8"),
      ("gpt2", "n_inner", .integer(0), "n_inner is 0"),
      ("gpt2", "n_positions", .integer(1 << 40), "n_positions is 1099511627776"),
      ("gpt-neox", "num_attention_heads", .integer(16), "partial_rotary_factor is 0.25; it must be such that"),
      ("mistral", "sliding_window", .string("4"), "sliding_window is 4; it must be a whole number"),
      ("phi3-longrope", "max_position_embeddings", .integer(-1), "max_position_embeddings is -1"),
      ("llama", "vocab_size", .integer(16_777_217), "vocab_size is 16777217"),
      ("llama", "num_hidden_layers", .integer(5000), "num_hidden_layers is 5000; it must be in 1...4096"),
      ("llama", "tie_word_embeddings", .string("yes"), "tie_word_embeddings is yes; it must be true or false"),
    ])
  func refusedKeys(name: String, key: String, value: ConfigurationValue, says: String) throws {
    let golden = try GoldenModel.read(name)
    let error = try #require(
      #expect(throws: ModelError.self) {
        try ModelConfiguration(golden.family, keys: golden.config.merging([key: value]) { $1 })
      })
    #expect(error.description.contains(says), "\(error)")
  }

  @Test("a model of more parameters than memory is refused")
  func parameterLimit() {
    #expect(throws: ModelError.self) {
      try ModelConfiguration(
        family: .llama, vocabSize: 1 << 20, width: 1 << 15, layerCount: 10, headCount: 8, feedForwardWidth: 1 << 17,
        contextLength: 8)
    }
  }

  @Test(
    "any value of any key is taken or refused, and what is taken is written and read back", arguments: GoldenModel.names
  )
  func hostileKeys(name: String) throws {
    let golden = try GoldenModel.read(name)
    let values: [ConfigurationValue] = [
      .null, .boolean(true), .boolean(false), .integer(-1), .integer(0), .integer(1), .integer(7), .integer(.max),
      .integer(.min), .number(0.3), .number(-2.5), .number(1e300), .number(1e-300), .string(""), .string("gelu\n"),
      .list([]), .list([.integer(3)]), .list([.list([.list([]), .integer(2)])]), .object([:]),
      .object(["rope_type": .string("yarn"), "factor": .integer(.max)]),
      .object(["rope_type": .string("longrope"), "short_factor": .list([]), "long_factor": .list([])]),
    ]
    var taken = 0
    for key in golden.config.keys {
      for value in values {
        do {
          let model = try ModelConfiguration(golden.family, keys: golden.config.merging([key: value]) { $1 })
          #expect(try ModelConfiguration(model.family, keys: model.keys).keys == model.keys, "\(key) = \(value)")
          taken += 1
        } catch let error as ModelError {
          #expect(!error.description.contains("\n") && error.description.utf8.count < 300, "\(error)")
        }
      }
    }
    #expect(taken > 100)
  }
}
