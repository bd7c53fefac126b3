import Kernels

/// GPT-NeoX and Pythia: layer norms, a part of each head turned, attention and feed-forward part in parallel, query, key and
/// value of a head side by side in one tensor, a head of its own.
enum GPTNeoXFamily: FamilyDefinition {
  static let specialTokenIDs = ["bos_token_id": 0, "eos_token_id": 2]
  static let architecture = "GPTNeoXForCausalLM"
  static let names = TensorNames(
    embedding: "gpt_neox.embed_in", blocks: "gpt_neox.layers.", attentionNorm: "input_layernorm",
    attentionInput: ["attention.query_key_value"], attentionOutput: "attention.dense",
    feedForwardNorm: "post_attention_layernorm", feedForwardInput: ["mlp.dense_h_to_4h"],
    feedForwardOutput: "mlp.dense_4h_to_h", finalNorm: "gpt_neox.final_layer_norm", head: "embed_out",
    otherHead: "lm_head", prefix: "gpt_neox.",
    tables: [".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq"])

  private static let sizes = SizeKeys(
    keyValueHeadCount: nil, headWidth: nil, normEpsilon: "layer_norm_eps", rotaryBase: "rotary_emb_base",
    rotaryFraction: "rotary_pct")

  static func configuration(_ keys: ConfigurationKeys) throws(ModelError) -> ModelConfiguration {
    var attention = try keys.attention(sizes)
    attention.hasInputBias = try keys.boolean("attention_bias") ?? true
    attention.hasOutputBias = attention.hasInputBias
    attention.isInterleaved = true
    let feedForward = FeedForwardDescription(
      width: try keys.size(sizes.feedForwardWidth), activation: try keys.activation("hidden_act", default: .gelu),
      isGated: false, hasBias: true)
    let rotary = try keys.rotary(sizes, fraction: 0.25)
    var block = BlockDescription(
      norm: .layer, positions: .rotary(rotary), attention: attention, feedForward: feedForward)
    block.residual = try keys.boolean("use_parallel_residual") ?? true ? .parallel : .sequential
    return try keys.model(.gptNeoX, sizes, epsilon: 1e-5, isTied: false, block)
  }

  static func keys(_ model: ModelConfiguration) -> [String: ConfigurationValue] {
    let own: [String: ConfigurationValue] = [
      "hidden_act": .string(model.block.feedForward.activation.transformersName),
      "attention_bias": .boolean(model.block.attention.hasInputBias),
      "use_parallel_residual": .boolean(model.block.residual == .parallel), "attention_dropout": .integer(0),
      "hidden_dropout": .integer(0),
    ]
    let rotary = model.rotary?.keys(sizes, hasFraction: true) ?? [:]
    return own.merging(sizes.keys(model)) { $1 }.merging(rotary) { $1 }
  }
}
