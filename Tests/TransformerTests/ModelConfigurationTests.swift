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
      ("gpt-neo", "window_size", .integer(0), "window_size is 0; it must be 1 or greater"),
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
      (
        "gpt-neox", "num_attention_heads", .integer(16),
        "rope_parameters.partial_rotary_factor is 0.25; it must be such"
      ),
      ("mistral", "sliding_window", .string("4"), "sliding_window is 4; it must be a whole number"),
      ("phi3-longrope", "max_position_embeddings", .integer(-1), "max_position_embeddings is -1"),
      ("llama", "vocab_size", .integer(16_777_217), "vocab_size is 16777217"),
      ("llama", "num_hidden_layers", .integer(5000), "num_hidden_layers is 5000; it must be in 1...4096"),
      (
        "llama", "num_key_value_heads", .integer(3),
        "num_key_value_heads is 3; it must be a divisor of num_attention_heads"
      ),
      (
        "gpt-neo", "attention_layers", .list([.string("local")]),
        "attention_layers is a list of 1; it must be a list of num"
      ),
      (
        "llama-yarn", "rope_parameters", rotary("yarn", ["factor": 4, "beta_fast": 1, "beta_slow": 2]),
        "rope_parameters.beta_fast is 1.0; it must be over the slow one, 2.0"
      ),
      (
        "llama-yarn", "rope_scaling", rotary("yarn", ["factor": 0.5]),
        "rope_scaling.factor is 0.5; it must be a number of 1 or more"
      ),
      (
        "llama-yarn", "rope_parameters", rotary("yarn", ["factor": 4, "mscale": 1e9, "mscale_all_dim": 1]),
        "rope_parameters.attention_factor is missing, which means 1"
      ),
      (
        "llama", "rope_scaling", rotary("llama3", ["factor": 8, "low_freq_factor": 4, "high_freq_factor": 2]),
        "rope_scaling.high_freq_factor is 2.0; it must be over the factor of low frequencies, 4.0"
      ),
      (
        "llama", "rope_parameters", rotary("default", ["rope_theta": 0.5]), "rope_parameters.rope_theta is 0.5; it must"
      ),
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

  /// Rotary parameters.
  static func rotary(_ kind: String, _ numbers: [String: Double]) -> ConfigurationValue {
    .object(numbers.mapValues { .number($0) }.merging(["rope_type": .string(kind)]) { $1 })
  }

  /// A model of sizes alone, and of some other keys.
  private static func model(
    _ family: ModelConfiguration.Family, _ keys: [String: ConfigurationValue] = [:]
  ) throws -> ModelConfiguration {
    let sizes = [
      "vocab_size": 11, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 32, "intermediate_size": 8,
      "max_position_embeddings": 16, "n_embd": 64, "n_layer": 2, "n_head": 32, "num_layers": 2, "num_heads": 32,
      "ffn_dim": 8,
    ]
    return try ModelConfiguration(family, keys: sizes.mapValues { .integer($0) }.merging(keys) { $1 })
  }

  /// Defaults: `configuration_*.py` of transformers 5.23.
  @Test(
    "absent key-value heads are those of transformers' class; null ones are as many as heads",
    arguments: [
      (ModelConfiguration.Family.llama, 32), (.mistral, 8), (.qwen2, 32), (.qwen3, 32), (.gemma2, 4), (.phi3, 32),
    ])
  func absentKeyValueHeads(family: ModelConfiguration.Family, count: Int) throws {
    #expect(try Self.model(family).keyValueHeadCount == count)
    #expect(try Self.model(family, ["num_key_value_heads": .null]).keyValueHeadCount == 32)
    #expect(try Self.model(family, ["num_key_value_heads": .integer(2)]).keyValueHeadCount == 2)
    if count == 32, [.qwen2, .qwen3].contains(family) {
      let error = #expect(throws: ModelError.self) { try Self.model(family, ["num_attention_heads": .integer(16)]) }
      let says = "num_key_value_heads is missing, which means 32; it must be a divisor of num_attention_heads 16"
      #expect(error?.description.contains(says) == true)
    }
  }

  @Test("an absent window is that of transformers' class; a null one is none")
  func absentWindows() throws {
    func windows(_ family: ModelConfiguration.Family, _ keys: [String: ConfigurationValue] = [:]) throws -> [Int?] {
      try Self.model(family, keys).block.attention.windows
    }
    for (family, preset) in [
      (ModelConfiguration.Family.mistral, [4096, 4096] as [Int?]), (.gemma2, [4096, nil]), (.phi3, []),
    ] {
      #expect(try windows(family) == preset, "\(family)")
      #expect(try windows(family, ["sliding_window": .null]) == [], "\(family)")
      #expect(try windows(family, ["sliding_window": .integer(5)]).first == 5, "\(family)")
    }
    let used: [String: ConfigurationValue] = ["use_sliding_window": .boolean(true), "max_window_layers": .integer(1)]
    for family in [ModelConfiguration.Family.qwen2, .qwen3] {
      #expect(try windows(family) == [])
      #expect(try windows(family, ["sliding_window": .integer(5)]) == [])
      #expect(try windows(family, used) == [nil, 4096])
      #expect(try windows(family, used.merging(["sliding_window": .null]) { $1 }) == [])
      #expect(try windows(family, used.merging(["sliding_window": .integer(5)]) { $1 }) == [nil, 5])
    }
    let half: ConfigurationValue = .list([.string("full_attention"), .string("sliding_attention")])
    // transformers passes over the kinds of layers in these two.
    #expect(try windows(.mistral, ["layer_types": half]) == [4096, 4096])
    #expect(try windows(.phi3, ["layer_types": half, "sliding_window": .integer(5)]) == [5, 5])
    #expect(try windows(.gemma2, ["layer_types": half]) == [nil, 4096])
    let local: ConfigurationValue = .list([.string("local"), .string("global")])
    #expect(try windows(.gptNeo, ["attention_layers": local]) == [256, nil])
    #expect(try windows(.gptNeo, ["attention_layers": local, "window_size": .integer(3)]) == [3, nil])
  }

  @Test("absent caps of Gemma 2 are those of transformers' class; null ones are none")
  func absentCaps() throws {
    func caps(_ keys: [String: ConfigurationValue] = [:]) throws -> [Double?] {
      let block = try Self.model(.gemma2, keys).block
      return [block.attention.softCap, block.logitSoftCap.map { Double($0) }]
    }
    #expect(try caps() == [50, 30])
    #expect(try caps(["attn_logit_softcapping": .null]) == [nil, 30])
    #expect(try caps(["final_logit_softcapping": .null]) == [50, nil])
    #expect(try caps(["attn_logit_softcapping": .integer(7), "final_logit_softcapping": .number(2.5)]) == [7, 2.5])
  }

  @Test("of two objects of rotary parameters the older one counts, as in transformers; an empty one does not")
  func rotaryParameters() throws {
    let newer = Self.rotary("default", ["rope_theta": 500])
    func base(_ keys: [String: ConfigurationValue]) throws -> Double? {
      guard case .rotary(let rotary) = try Self.model(.llama, keys).block.positions else { return nil }
      return rotary.base
    }
    #expect(try base([:]) == 10_000)
    #expect(try base(["rope_parameters": newer]) == 500)
    #expect(try base(["rope_parameters": newer, "rope_scaling": Self.rotary("default", ["rope_theta": 70])]) == 70)
    #expect(try base(["rope_parameters": newer, "rope_scaling": .object([:])]) == 500)
    #expect(try base(["rope_parameters": newer, "rope_scaling": .null, "rope_theta": .integer(3)]) == 500)
  }

  @Test("Phi-3's context before stretching is 4,096 where its own key is absent, whatever the rotary parameters say")
  func originalContext() throws {
    let factors = ConfigurationValue.list([.number(1)])
    let inner: ConfigurationValue = .object([
      "type": .string("longrope"), "short_factor": factors, "long_factor": factors,
      "original_max_position_embeddings": .integer(8),
    ])
    #expect(try Self.model(.phi3, ["rope_scaling": inner]).contextLength == 16)
    let keys: [String: ConfigurationValue] = [
      "rope_scaling": inner, "original_max_position_embeddings": .integer(12),
    ]
    #expect(try Self.model(.phi3, keys).contextLength == 12)
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
