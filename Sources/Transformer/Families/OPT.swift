import Kernels

/// OPT: layer norms, learned positions from row 2 on, ReLU. Its 350M model normalises after each part, not before, and
/// projects its embeddings.
enum OPTFamily: FamilyDefinition {
  static let specialTokenIDs = ["bos_token_id": 2, "eos_token_id": 2, "pad_token_id": 1]
  static let architecture = "OPTForCausalLM"
  static let names = TensorNames(
    embedding: "model.decoder.embed_tokens", positionEmbedding: "model.decoder.embed_positions",
    inputProjection: "model.decoder.project_in", outputProjection: "model.decoder.project_out",
    blocks: "model.decoder.layers.", attentionNorm: "self_attn_layer_norm",
    attentionInput: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
    attentionOutput: "self_attn.out_proj", feedForwardNorm: "final_layer_norm", feedForwardInput: ["fc1"],
    feedForwardOutput: "fc2", finalNorm: "model.decoder.final_layer_norm", prefix: "model.")

  private static let sizes = SizeKeys(
    keyValueHeadCount: nil, headWidth: nil, feedForwardWidth: "ffn_dim", normEpsilon: "layer_norm_eps")

  static func configuration(_ keys: ConfigurationKeys) throws(ModelError) -> ModelConfiguration {
    try keys.expect("layer_norm_elementwise_affine", true)
    var attention = try keys.attention(sizes)
    attention.hasInputBias = try keys.boolean("enable_bias") ?? true
    attention.hasOutputBias = attention.hasInputBias
    let feedForward = FeedForwardDescription(
      width: try keys.size(sizes.feedForwardWidth),
      activation: try keys.activation("activation_function", default: .relu), isGated: false,
      hasBias: attention.hasInputBias)
    var block = BlockDescription(
      norm: .layer, positions: .learned(offset: 2), attention: attention, feedForward: feedForward)
    block.normalizesSums = try keys.boolean("do_layer_norm_before") == false
    let removesFinalNorm = try keys.boolean("_remove_final_layer_norm") ?? false
    block.hasFinalNorm = !block.normalizesSums && !removesFinalNorm
    let width = try keys.size(sizes.width)
    let outer = try keys.has("word_embed_proj_dim") ? keys.size("word_embed_proj_dim") : width
    block.embeddingWidth = outer == width ? nil : outer
    let model = try keys.model(.opt, sizes, epsilon: 1e-5, isTied: true, block)
    guard model.normEpsilon == 1e-5 else { throw keys.refuse("layer_norm_eps", "absent, since it is always 1e-5") }
    return model
  }

  static func keys(_ model: ModelConfiguration) -> [String: ConfigurationValue] {
    let own: [String: ConfigurationValue] = [
      "activation_function": .string(model.block.feedForward.activation.transformersName),
      "enable_bias": .boolean(model.block.attention.hasInputBias),
      "do_layer_norm_before": .boolean(!model.block.normalizesSums),
      "_remove_final_layer_norm": .boolean(!model.block.normalizesSums && !model.block.hasFinalNorm),
      "layer_norm_elementwise_affine": .boolean(true), "word_embed_proj_dim": .integer(model.embeddingWidth),
      "attention_dropout": .integer(0), "dropout": .integer(0), "layerdrop": .integer(0),
    ]
    return own.merging(sizes.keys(model).filter { $0.key != sizes.normEpsilon }) { $1 }
  }
}
