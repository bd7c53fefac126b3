import Kernels

/// What a family calls the sizes of a model in `config.json`.
struct SizeKeys {
  var width = "hidden_size"
  var layerCount = "num_hidden_layers"
  var headCount = "num_attention_heads"
  /// Nil where there are as many key-value heads as heads.
  var keyValueHeadCount: String? = "num_key_value_heads"
  /// Nil where heads fill the width.
  var headWidth: String? = "head_dim"
  var feedForwardWidth = "intermediate_size"
  var contextLength = "max_position_embeddings"
  var normEpsilon = "rms_norm_eps"

  /// The key of a field of ``ModelConfiguration``, where it has one.
  func key(of field: String) -> String? {
    switch field {
    case "vocabSize": "vocab_size"
    case "width": width
    case "layerCount": layerCount
    case "headCount": headCount
    case "keyValueHeadCount": keyValueHeadCount ?? headCount
    case "headWidth": headWidth ?? headCount
    case "feedForwardWidth": feedForwardWidth
    case "embeddingWidth": "word_embed_proj_dim"
    case "contextLength": contextLength
    case "normEpsilon": normEpsilon
    case "ropeTheta": "rope_theta"
    case "ropeScaling": "rope_scaling"
    case "rotaryFraction": "partial_rotary_factor"
    case "windows": "sliding_window"
    case "scoreScale": "query_pre_attn_scalar"
    case "softCap": "attn_logit_softcapping"
    case "logitSoftCap": "final_logit_softcapping"
    default: nil
    }
  }

  /// The sizes as keys.
  func keys(_ model: ModelConfiguration) -> [String: ConfigurationValue] {
    var keys: [String: ConfigurationValue] = [
      width: .integer(model.width), layerCount: .integer(model.layerCount), headCount: .integer(model.headCount),
      feedForwardWidth: .integer(model.feedForwardWidth), contextLength: .integer(model.contextLength),
      normEpsilon: .number(model.normEpsilon),
    ]
    if let keyValueHeadCount { keys[keyValueHeadCount] = .integer(model.keyValueHeadCount) }
    if let headWidth { keys[headWidth] = .integer(model.headWidth) }
    return keys
  }
}

extension ConfigurationKeys {
  /// The heads that the keys describe. Unset: as many key-value heads as heads, heads that fill the width.
  func attention(_ sizes: SizeKeys, headWidth preset: Int? = nil) throws(ModelError) -> AttentionDescription {
    let (width, heads) = (try size(sizes.width), try size(sizes.headCount))
    let keyValueHeads = try sizes.keyValueHeadCount.flatMap { key throws(ModelError) in try integer(key) }
    let given = try sizes.headWidth.flatMap { key throws(ModelError) in try integer(key) } ?? preset
    guard given != nil || width % heads == 0 else {
      throw refuse(sizes.headCount, "a divisor of \(sizes.width) \(width)")
    }
    return AttentionDescription(
      headCount: heads, keyValueHeadCount: keyValueHeads ?? heads, headWidth: given ?? width / heads)
  }

  /// A size that must be there.
  func size(_ key: String) throws(ModelError) -> Int {
    let value = try need(key, integer(key), "a whole number")
    guard value >= 1, value <= 1 << 24 else { throw refuse(key, "in 1...\(1 << 24)") }
    return value
  }

  /// Makes the model; errors name keys.
  func model(
    _ family: ModelConfiguration.Family, _ sizes: SizeKeys, epsilon: Double, isTied: Bool, contextLength: Int? = nil,
    _ block: BlockDescription
  ) throws(ModelError) -> ModelConfiguration {
    do {
      let length = if let contextLength { contextLength } else { try size(sizes.contextLength) }
      return try ModelConfiguration(
        family: family, vocabSize: size("vocab_size"), width: size(sizes.width), layerCount: size(sizes.layerCount),
        contextLength: length, normEpsilon: number(sizes.normEpsilon) ?? epsilon,
        tiesWordEmbeddings: boolean("tie_word_embeddings") ?? isTied, block: block)
    } catch .invalidConfiguration(let field, let value, let requirement) {
      throw .invalidConfiguration(field: sizes.key(of: field) ?? field, value: value, requirement: requirement)
    } catch {
      throw error
    }
  }

  /// A gated feed-forward part without biases, whose activation `key` names.
  func gatedFeedForward(
    _ sizes: SizeKeys, key: String = "hidden_act", default activation: Activation = .silu
  ) throws(ModelError) -> FeedForwardDescription {
    FeedForwardDescription(
      width: try size(sizes.feedForwardWidth), activation: try self.activation(key, default: activation), isGated: true,
      hasBias: false)
  }

  /// For each layer its window, from `layer_types` where that is given.
  func windows(
    layerCount: Int, window: Int?, default isSliding: (Int) -> Bool
  ) throws(ModelError) -> [Int?] {
    guard layerCount <= 1 << 12 else { return [] }
    guard let window else { return [] }
    guard let types = try list("layer_types") else {
      let windows = (0..<layerCount).map { isSliding($0) ? window : nil }
      return windows.contains { $0 != nil } ? windows : []
    }
    guard types.count == layerCount else { throw refuse("layer_types", "a list of \(layerCount), one for each layer") }
    var windows: [Int?] = []
    for type in types {
      switch type {
      case .string("full_attention"): windows.append(nil)
      case .string("sliding_attention"): windows.append(window)
      default:
        throw .invalidConfiguration(
          field: "layer_types", value: type.text, requirement: "full_attention or sliding_attention")
      }
    }
    return windows.contains { $0 != nil } ? windows : []
  }
}

extension AttentionDescription {
  /// The window of those layers that have one.
  var anyWindow: ConfigurationValue { windows.lazy.compactMap(\.self).first.map { .integer($0) } ?? .null }

  /// `layer_types`.
  func layerTypes(_ layerCount: Int) -> ConfigurationValue {
    .list(
      (0..<layerCount).map { .string(window(ofLayer: $0) == nil ? "full_attention" : "sliding_attention") })
  }
}
