import Kernels

/// Qwen 2 and 2.5: Llama with biases on queries, keys and values.
enum Qwen2Family: FamilyDefinition {
  static let architecture = "Qwen2ForCausalLM"
  static let names = TensorNames.llama

  static func configuration(_ keys: ConfigurationKeys) throws(ModelError) -> ModelConfiguration {
    let sizes = Qwen.sizes
    var attention = try keys.attention(sizes)
    attention.hasInputBias = true
    return try Qwen.configuration(.qwen2, keys, sizes, attention)
  }

  static func keys(_ model: ModelConfiguration) -> [String: ConfigurationValue] { Qwen.keys(model) }
}

/// Qwen 3: Llama with norms on query and key heads, whose width is given.
enum Qwen3Family: FamilyDefinition {
  static let architecture = "Qwen3ForCausalLM"
  static var names: TensorNames {
    var names = TensorNames.llama
    (names.queryNorm, names.keyNorm) = ("self_attn.q_norm", "self_attn.k_norm")
    return names
  }

  static func configuration(_ keys: ConfigurationKeys) throws(ModelError) -> ModelConfiguration {
    let sizes = Qwen.sizes
    var attention = try keys.attention(sizes, headWidth: 128)
    attention.hasInputBias = try keys.boolean("attention_bias") ?? false
    attention.hasOutputBias = attention.hasInputBias
    attention.normalizesHeads = true
    return try Qwen.configuration(.qwen3, keys, sizes, attention)
  }

  static func keys(_ model: ModelConfiguration) -> [String: ConfigurationValue] {
    Qwen.keys(model).merging(["attention_bias": .boolean(model.block.attention.hasInputBias)]) { $1 }
  }
}

/// What the two share.
private enum Qwen {
  static let sizes = SizeKeys(absentKeyValueHeadCount: 32)

  static func configuration(
    _ family: ModelConfiguration.Family, _ keys: ConfigurationKeys, _ sizes: SizeKeys, _ heads: AttentionDescription
  ) throws(ModelError) -> ModelConfiguration {
    var attention = heads
    let fullLayers = try keys.integer("max_window_layers") ?? 28
    attention.windows = try keys.windows(
      layerCount: keys.size(sizes.layerCount),
      window: keys.boolean("use_sliding_window") ?? false ? keys.integer(sizes.window, absent: 4096) : nil
    ) { $0 >= fullLayers }
    let feedForward = try keys.gatedFeedForward(sizes)
    let block = BlockDescription(
      norm: .rms(shift: 0), positions: .rotary(try keys.rotary(sizes)), attention: attention, feedForward: feedForward)
    return try keys.model(family, sizes, epsilon: 1e-6, isTied: false, block)
  }

  static func keys(_ model: ModelConfiguration) -> [String: ConfigurationValue] {
    let attention = model.block.attention
    let own: [String: ConfigurationValue] = [
      "hidden_act": .string(model.block.feedForward.activation.transformersName),
      "use_sliding_window": .boolean(attention.anyWindow != .null), "sliding_window": attention.anyWindow,
      "max_window_layers": .integer(attention.windows.firstIndex { $0 != nil } ?? model.layerCount),
      "layer_types": attention.layerTypes(model.layerCount), "attention_dropout": .integer(0),
    ]
    return own.merging(SizeKeys().keys(model)) { $1 }.merging(model.rotary?.keys() ?? [:]) { $1 }
  }
}
