import Kernels

/// Phi-3 and Phi-4: Llama with one tensor for queries, keys and values, one for gate and up, and a factor for each rotary
/// pair in the models of long contexts.
enum Phi3Family: FamilyDefinition {
  static let specialTokenIDs = ["bos_token_id": 1, "eos_token_id": 32000, "pad_token_id": 32000]
  static let architecture = "Phi3ForCausalLM"
  static var names: TensorNames {
    var names = TensorNames.llama
    names.attentionInput = ["self_attn.qkv_proj"]
    names.feedForwardInput = ["mlp.gate_up_proj"]
    return names
  }

  static func configuration(_ keys: ConfigurationKeys) throws(ModelError) -> ModelConfiguration {
    // Not even what is inside the rotary parameters counts then.
    let sizes = SizeKeys(absentOriginalContextLength: 4096)
    var attention = try keys.attention(sizes)
    attention.windows = keys.windows(
      layerCount: try keys.size(sizes.layerCount), window: try keys.integer(sizes.window))
    let feedForward = try keys.gatedFeedForward(sizes)
    let rotary = try keys.rotary(sizes)
    switch rotary.scaling {
    case nil, .longRope: break
    default:
      throw keys.refuse(keys.rotaryKey ?? "rope_scaling", "of type default or longrope")
    }
    let block = BlockDescription(
      norm: .rms(shift: 0), positions: .rotary(rotary), attention: attention, feedForward: feedForward)
    var contextLength: Int?
    if case .longRope(let values) = rotary.scaling {
      contextLength = min(values.originalContextLength, values.stretchedContextLength)
    }
    return try keys.model(.phi3, sizes, epsilon: 1e-5, isTied: false, contextLength: contextLength, block)
  }

  static func keys(_ model: ModelConfiguration) -> [String: ConfigurationValue] {
    var own: [String: ConfigurationValue] = [
      "hidden_act": .string(model.block.feedForward.activation.transformersName),
      "sliding_window": model.block.attention.anyWindow, "attention_dropout": .integer(0),
      "embd_pdrop": .integer(0), "resid_pdrop": .integer(0),
      "original_max_position_embeddings": .integer(model.contextLength),
    ].merging(SizeKeys().keys(model)) { $1 }
    if model.headWidth * model.headCount == model.width { own["head_dim"] = nil }
    if case .longRope(let values) = model.rotary?.scaling {
      own["max_position_embeddings"] = .integer(values.stretchedContextLength)
      own["original_max_position_embeddings"] = .integer(values.originalContextLength)
    }
    return own.merging(model.rotary?.keys(hasFraction: true) ?? [:]) { $1 }
  }
}
