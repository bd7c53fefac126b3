import Kernels

/// GPT-Neo: GPT-2 with a window in every second layer, scores without a scale, queries, keys and values without biases.
enum GPTNeoFamily: FamilyDefinition {
  static let specialTokenIDs = ["bos_token_id": 50256, "eos_token_id": 50256]
  static let architecture = "GPTNeoForCausalLM"
  static let names = TensorNames(
    embedding: "transformer.wte", positionEmbedding: "transformer.wpe", blocks: "transformer.h.",
    attentionNorm: "ln_1",
    attentionInput: ["attn.attention.q_proj", "attn.attention.k_proj", "attn.attention.v_proj"],
    attentionOutput: "attn.attention.out_proj", feedForwardNorm: "ln_2", feedForwardInput: ["mlp.c_fc"],
    feedForwardOutput: "mlp.c_proj", finalNorm: "transformer.ln_f", prefix: "transformer.",
    tables: [".attn.attention.bias", ".attn.attention.masked_bias"])

  private static let sizes = SizeKeys(
    layerCount: "num_layers", headCount: "num_heads", keyValueHeadCount: nil, headWidth: nil,
    normEpsilon: "layer_norm_epsilon", window: "window_size")

  static func configuration(_ keys: ConfigurationKeys) throws(ModelError) -> ModelConfiguration {
    var attention = try keys.attention(sizes)
    attention.scoreScale = 1
    attention.hasOutputBias = true
    attention.windows = try windows(keys)
    let feedForward = FeedForwardDescription(
      width: try keys.has("intermediate_size") ? keys.size("intermediate_size") : 4 * keys.size("hidden_size"),
      activation: try keys.activation("activation_function", default: .tanhGELU), isGated: false, hasBias: true)
    let block = BlockDescription(
      norm: .layer, positions: .learned(offset: 0), attention: attention, feedForward: feedForward)
    return try keys.model(.gptNeo, sizes, epsilon: 1e-5, isTied: true, block)
  }

  /// `attention_types` is a list of pairs, the kinds of some layers and how often they repeat: `[[["global", "local"], 12]]`;
  /// `attention_layers` has the kind of each layer, and counts where both are given, as in transformers.
  private static func windows(_ keys: ConfigurationKeys) throws(ModelError) -> [Int?] {
    let (layerCount, window) = (try keys.size(sizes.layerCount), try keys.integer(sizes.window) ?? 256)
    let listed = try keys.list("attention_layers")
    if keys.has("attention_types") || listed == nil {
      let kinds = try expandedTypes(keys, layerCount)
      if listed == nil { return described(kinds, window) }
    }
    let kinds = listed ?? []
    guard kinds.count == layerCount, kinds.allSatisfy({ $0 == .string("global") || $0 == .string("local") }) else {
      throw keys.refuse("attention_layers", "a list of \(sizes.layerCount) \(layerCount), each global or local")
    }
    return described(kinds, window)
  }

  private static func expandedTypes(
    _ keys: ConfigurationKeys, _ layerCount: Int
  ) throws(ModelError) -> [ConfigurationValue] {
    let shape = "pairs of kinds, global or local, and how often they repeat, \(sizes.layerCount) \(layerCount) in all"
    let preset: [ConfigurationValue] = [.list([.list([.string("global"), .string("local")]), .integer(12)])]
    var layers: [ConfigurationValue] = []
    for pair in try keys.list("attention_types") ?? preset {
      guard case .list(let parts) = pair, parts.count == 2, case .list(let kinds) = parts[0],
        case .integer(let count) = parts[1], (0...layerCount).contains(count), kinds.count <= layerCount
      else { throw keys.refuse("attention_types", shape) }
      for kind in kinds where kind != .string("global") && kind != .string("local") {
        throw .invalidConfiguration(field: "attention_types", value: kind.text, requirement: shape)
      }
      for _ in 0..<count where layers.count <= layerCount { layers += kinds }
    }
    guard layers.count == layerCount else { throw keys.refuse("attention_types", shape) }
    return layers
  }

  private static func described(_ kinds: [ConfigurationValue], _ window: Int) -> [Int?] {
    kinds.contains(.string("local")) ? kinds.map { $0 == .string("local") ? window : nil } : []
  }

  static func keys(_ model: ModelConfiguration) -> [String: ConfigurationValue] {
    let (attention, activation) = (model.block.attention, model.block.feedForward.activation)
    let kinds = (0..<model.layerCount).map { layer in
      ConfigurationValue.string(attention.window(ofLayer: layer) == nil ? "global" : "local")
    }
    var own: [String: ConfigurationValue] = [
      "activation_function": .string(activation == .tanhGELU ? "gelu_new" : activation.transformersName),
      "attention_types": .list([.list([.list(kinds), .integer(1)])]), "attention_dropout": .integer(0),
      "embed_dropout": .integer(0), "resid_dropout": .integer(0), "window_size": .integer(256),
      "attention_layers": .list(kinds),
    ]
    if attention.anyWindow != .null { own["window_size"] = attention.anyWindow }
    return own.merging(sizes.keys(model)) { $1 }
  }
}
