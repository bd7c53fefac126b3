import Kernels

/// Mistral: Llama without biases, and with a window in every layer where `sliding_window` says so.
enum MistralFamily: FamilyDefinition {
  static let specialTokenIDs = ["bos_token_id": 1, "eos_token_id": 2]
  static let architecture = "MistralForCausalLM"
  static let names = TensorNames.llama

  static func configuration(_ keys: ConfigurationKeys) throws(ModelError) -> ModelConfiguration {
    let sizes = SizeKeys(absentKeyValueHeadCount: 8)
    var attention = try keys.attention(sizes)
    attention.windows = keys.windows(
      layerCount: try keys.size(sizes.layerCount), window: try keys.integer(sizes.window, absent: 4096))
    let feedForward = try keys.gatedFeedForward(sizes)
    let block = BlockDescription(
      norm: .rms(shift: 0), positions: .rotary(try keys.rotary(sizes)), attention: attention, feedForward: feedForward)
    return try keys.model(.mistral, sizes, epsilon: 1e-6, isTied: false, block)
  }

  static func keys(_ model: ModelConfiguration) -> [String: ConfigurationValue] {
    let own: [String: ConfigurationValue] = [
      "hidden_act": .string(model.block.feedForward.activation.transformersName),
      "sliding_window": model.block.attention.anyWindow, "attention_dropout": .integer(0),
    ]
    return own.merging(SizeKeys().keys(model)) { $1 }.merging(model.rotary?.keys() ?? [:]) { $1 }
  }
}
