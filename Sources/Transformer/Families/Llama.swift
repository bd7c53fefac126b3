import Kernels

/// Llama 2 and 3: RMS norms, rotary positions, grouped queries, a gated feed-forward part.
enum LlamaFamily: FamilyDefinition {
  static let specialTokenIDs = ["bos_token_id": 1, "eos_token_id": 2]
  static let architecture = "LlamaForCausalLM"
  static let names = TensorNames.llama

  static func configuration(_ keys: ConfigurationKeys) throws(ModelError) -> ModelConfiguration {
    let sizes = SizeKeys()
    var attention = try keys.attention(sizes)
    attention.hasInputBias = try keys.boolean("attention_bias") ?? false
    attention.hasOutputBias = attention.hasInputBias
    var feedForward = try keys.gatedFeedForward(sizes)
    feedForward.hasBias = try keys.boolean("mlp_bias") ?? false
    let block = BlockDescription(
      norm: .rms(shift: 0), positions: .rotary(try keys.rotary(sizes)), attention: attention, feedForward: feedForward)
    return try keys.model(
      .llama, sizes, epsilon: 1e-6, isTied: false, contextLength: keys.integer(sizes.contextLength) ?? 2048, block)
  }

  static func keys(_ model: ModelConfiguration) -> [String: ConfigurationValue] {
    let own: [String: ConfigurationValue] = [
      "hidden_act": .string(model.block.feedForward.activation.transformersName),
      "attention_bias": .boolean(model.block.attention.hasInputBias),
      "mlp_bias": .boolean(model.block.feedForward.hasBias), "attention_dropout": .integer(0),
    ]
    return own.merging(SizeKeys().keys(model)) { $1 }.merging(model.rotary?.keys() ?? [:]) { $1 }
  }
}
