import Kernels

/// GPT-2: layer norms, learned positions, biases everywhere, matrices stored `[in, out]`.
enum GPT2Family: FamilyDefinition {
  static let specialTokenIDs = ["bos_token_id": 50256, "eos_token_id": 50256]
  static let architecture = "GPT2LMHeadModel"
  static let names = TensorNames(
    embedding: "transformer.wte", positionEmbedding: "transformer.wpe", blocks: "transformer.h.",
    attentionNorm: "ln_1", attentionInput: ["attn.c_attn"], attentionOutput: "attn.c_proj", feedForwardNorm: "ln_2",
    feedForwardInput: ["mlp.c_fc"], feedForwardOutput: "mlp.c_proj", finalNorm: "transformer.ln_f",
    isInputMajor: true, prefix: "transformer.", tables: [".attn.bias", ".attn.masked_bias"])

  private static let sizes = SizeKeys(
    width: "n_embd", layerCount: "n_layer", headCount: "n_head", keyValueHeadCount: nil, headWidth: nil,
    feedForwardWidth: "n_inner", contextLength: "n_positions", normEpsilon: "layer_norm_epsilon")

  static func configuration(_ keys: ConfigurationKeys) throws(ModelError) -> ModelConfiguration {
    try keys.expect("add_cross_attention", false)
    var attention = try keys.attention(sizes)
    (attention.hasInputBias, attention.hasOutputBias) = (true, true)
    if try keys.boolean("scale_attn_weights") == false { attention.scoreScale = 1 }
    attention.dividesScoresByLayer = try keys.boolean("scale_attn_by_inverse_layer_idx") ?? false
    let feedForward = FeedForwardDescription(
      width: try keys.has("n_inner") ? keys.size("n_inner") : 4 * keys.size("n_embd"),
      activation: try keys.activation("activation_function", default: .tanhGELU), isGated: false, hasBias: true)
    let block = BlockDescription(
      norm: .layer, positions: .learned(offset: 0), attention: attention, feedForward: feedForward)
    return try keys.model(
      .gpt2, sizes, epsilon: 1e-5, isTied: true,
      contextLength: keys.integer(sizes.contextLength) ?? 1024, block)
  }

  static func keys(_ model: ModelConfiguration) -> [String: ConfigurationValue] {
    let activation = model.block.feedForward.activation
    let own: [String: ConfigurationValue] = [
      "activation_function": .string(activation == .tanhGELU ? "gelu_new" : activation.transformersName),
      "scale_attn_weights": .boolean(model.block.attention.scoreScale != 1 || model.headWidth == 1),
      "scale_attn_by_inverse_layer_idx": .boolean(model.block.attention.dividesScoresByLayer),
      "attn_pdrop": .integer(0), "embd_pdrop": .integer(0), "resid_pdrop": .integer(0),
    ]
    return own.merging(sizes.keys(model)) { $1 }
  }
}
