internal import Foundation
internal import Sequences
internal import Transformer

extension ModelConfigurationFile {
  /// The bytes of a `config.json` that transformers reads.
  static func bytes(_ model: ModelConfiguration, _ special: SpecialTokens, type: TensorType) throws(CheckpointError)
    -> Data
  {
    var keys: [String: JSONValue] = [
      "vocab_size": .integer(model.vocabSize), "tie_word_embeddings": .boolean(model.tiesWordEmbeddings),
      "torch_dtype": .string(type == .float32 ? "float32" : type == .bfloat16 ? "bfloat16" : "float16"),
      "initializer_range": .number(0.02), "use_cache": .boolean(true),
      "bos_token_id": special.bosTokenID.map { .integer(Int($0)) } ?? .null,
      "pad_token_id": special.padTokenID.map { .integer(Int($0)) } ?? .null,
    ]
    let ids = special.eosTokenIDs.map { JSONValue.integer(Int($0)) }
    keys["eos_token_id"] = ids.count > 1 ? .list(ids) : ids.first ?? .null
    let own = model.family == .llama ? llamaKeys(model) : gpt2Keys(model)
    return try JSONValue.object(keys.merging(own) { _, new in new }).bytes()
  }

  private static func llamaKeys(_ model: ModelConfiguration) -> [String: JSONValue] {
    var scaling = JSONValue.null
    if let values = model.ropeScaling {
      scaling = .object([
        "rope_type": .string("llama3"), "factor": .number(values.factor),
        "low_freq_factor": .number(values.lowFrequencyFactor),
        "high_freq_factor": .number(values.highFrequencyFactor),
        "original_max_position_embeddings": .integer(values.originalContextLength),
      ])
    }
    return [
      "architectures": .list([.string("LlamaForCausalLM")]), "model_type": .string("llama"),
      "hidden_size": .integer(model.width), "intermediate_size": .integer(model.feedForwardWidth),
      "num_hidden_layers": .integer(model.layerCount), "num_attention_heads": .integer(model.headCount),
      "num_key_value_heads": .integer(model.keyValueHeadCount), "head_dim": .integer(model.headWidth),
      "max_position_embeddings": .integer(model.contextLength), "rms_norm_eps": .number(model.normEpsilon),
      "rope_theta": .number(model.ropeTheta), "rope_scaling": scaling, "hidden_act": .string("silu"),
      "attention_bias": .boolean(model.attentionBias), "mlp_bias": .boolean(model.mlpBias),
      "attention_dropout": .number(0),
    ]
  }

  private static func gpt2Keys(_ model: ModelConfiguration) -> [String: JSONValue] {
    [
      "architectures": .list([.string("GPT2LMHeadModel")]), "model_type": .string("gpt2"),
      "n_embd": .integer(model.width), "n_inner": .integer(model.feedForwardWidth),
      "n_layer": .integer(model.layerCount), "n_head": .integer(model.headCount),
      "n_positions": .integer(model.contextLength), "layer_norm_epsilon": .number(model.normEpsilon),
      "activation_function": .string("gelu_new"), "attn_pdrop": .number(0), "embd_pdrop": .number(0),
      "resid_pdrop": .number(0),
    ]
  }
}

/// JSON to be written, with its keys in order.
enum JSONValue: Encodable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case list([JSONValue])
  case object([String: JSONValue])

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .boolean(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .list(let values): try container.encode(values)
    case .object(let values): try container.encode(values)
    }
  }

  func bytes() throws(CheckpointError) -> Data { try JSONFile.bytes(self) }
}

extension JSONFile {
  /// Readable JSON with its keys in order, and a line's end.
  static func bytes(_ value: some Encodable) throws(CheckpointError) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return try encoder.encode(value) + Data("\n".utf8)
    } catch {
      throw .malformedJSON(path: "JSON to be written", reason: "\(error)")
    }
  }
}
