import Kernels

/// Gemma 2: norms before and after each part, weights of norms as differences from 1, scaled embeddings, capped scores and
/// logits, a window in every second layer.
enum Gemma2Family: FamilyDefinition {
  static let specialTokenIDs = ["bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0]
  static let architecture = "Gemma2ForCausalLM"
  static var names: TensorNames {
    var names = TensorNames.llama
    names.attentionPostNorm = "post_attention_layernorm"
    names.feedForwardNorm = "pre_feedforward_layernorm"
    names.feedForwardPostNorm = "post_feedforward_layernorm"
    return names
  }

  static func configuration(_ keys: ConfigurationKeys) throws(ModelError) -> ModelConfiguration {
    let sizes = SizeKeys(absentKeyValueHeadCount: 4)
    try keys.expect("use_bidirectional_attention", false)
    var attention = try keys.attention(sizes, headWidth: 256)
    attention.hasInputBias = try keys.boolean("attention_bias") ?? false
    attention.hasOutputBias = attention.hasInputBias
    let scalar = try keys.number("query_pre_attn_scalar") ?? 256
    guard scalar > 0 else { throw keys.refuse("query_pre_attn_scalar", "a number over 0") }
    attention.scoreScale = 1 / scalar.squareRoot()
    attention.softCap = try keys.number("attn_logit_softcapping", absent: 50)
    attention.windows = try keys.windows(
      layerCount: keys.size(sizes.layerCount), window: keys.integer(sizes.window, absent: 4096)
    ) { $0 % 2 == 0 }
    let feedForward = try keys.gatedFeedForward(sizes, key: "hidden_activation", default: .tanhGELU)
    var block = BlockDescription(
      norm: .rms(shift: 1), positions: .rotary(try keys.rotary(sizes)), attention: attention, feedForward: feedForward)
    block.hasPostNorms = true
    block.embeddingScale = Float(Double(try keys.size(sizes.width)).squareRoot())
    block.logitSoftCap = try keys.number("final_logit_softcapping", absent: 30).map { Float($0) }
    return try keys.model(.gemma2, sizes, epsilon: 1e-6, isTied: true, block)
  }

  static func keys(_ model: ModelConfiguration) -> [String: ConfigurationValue] {
    let attention = model.block.attention
    // 1 / s² is a whole number but for its rounding; transformers wants it whole.
    let scalar = 1 / (attention.scoreScale * attention.scoreScale)
    let isWhole = scalar < 1e9 && abs(scalar - scalar.rounded()) < 1e-9 * scalar
    let own: [String: ConfigurationValue] = [
      "hidden_activation": .string(model.block.feedForward.activation.transformersName),
      "hidden_act": .string(model.block.feedForward.activation.transformersName),
      "attention_bias": .boolean(attention.hasInputBias), "attention_dropout": .integer(0),
      "query_pre_attn_scalar": isWhole ? .integer(Int(scalar.rounded())) : .number(scalar),
      "attn_logit_softcapping": attention.softCap.map { .number($0) } ?? .null,
      "final_logit_softcapping": model.block.logitSoftCap.map { .number(Double($0)) } ?? .null,
      "sliding_window": attention.anyWindow, "layer_types": attention.layerTypes(model.layerCount),
    ]
    return own.merging(SizeKeys().keys(model)) { $1 }.merging(model.rotary?.keys() ?? [:]) { $1 }
  }
}
