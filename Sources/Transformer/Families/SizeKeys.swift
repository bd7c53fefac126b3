import Kernels

/// What a family calls the sizes of a model in `config.json`.
struct SizeKeys {
  var width = "hidden_size"
  var layerCount = "num_hidden_layers"
  var headCount = "num_attention_heads"
  /// Nil where there are as many key-value heads as heads.
  var keyValueHeadCount: String? = "num_key_value_heads"
  /// Key-value heads where their key is absent; nil: as many as heads, which a null means in each family.
  var absentKeyValueHeadCount: Int?
  /// Nil where heads fill the width.
  var headWidth: String? = "head_dim"
  var feedForwardWidth = "intermediate_size"
  var contextLength = "max_position_embeddings"
  var normEpsilon = "rms_norm_eps"
  var window = "sliding_window"
  var rotaryBase = "rope_theta"
  var rotaryFraction = "partial_rotary_factor"
  /// Context length before stretching where no key gives it; nil: the context length.
  var absentOriginalContextLength: Int?

  /// The key of a field of ``ModelConfiguration``, where it has one outside of the rotary parameters.
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
    case "ropeTheta": rotaryBase
    case "rotaryFraction": rotaryFraction
    case "windows": window
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
  /// The heads that the keys describe. Unset: heads that fill the width.
  func attention(_ sizes: SizeKeys, headWidth preset: Int? = nil) throws(ModelError) -> AttentionDescription {
    let (width, heads) = (try size(sizes.width), try size(sizes.headCount))
    let keyValueHeads =
      try sizes.keyValueHeadCount.flatMap { key throws(ModelError) in
        try integer(key, absent: sizes.absentKeyValueHeadCount)
      } ?? heads
    let given = try sizes.headWidth.flatMap { key throws(ModelError) in try integer(key) } ?? preset
    guard given != nil || width % heads == 0 else {
      throw refuse(sizes.headCount, "a divisor of \(sizes.width) \(width)")
    }
    guard keyValueHeads < 1 || heads % keyValueHeads == 0 else {
      throw refuse("keyValueHeadCount", "\(keyValueHeads)", "a divisor of \(sizes.headCount) \(heads)", sizes)
    }
    return AttentionDescription(
      headCount: heads, keyValueHeadCount: keyValueHeads, headWidth: given ?? width / heads)
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
      throw refuse(field, value, requirement, sizes)
    } catch {
      throw error
    }
  }

  /// The error of a field of ``ModelConfiguration``, with the key that the file has for it.
  private func refuse(_ field: String, _ value: String, _ requirement: String, _ sizes: SizeKeys) -> ModelError {
    if let (parameters, key) = rotaryPlace(of: field) { return parameters.refuse(key, meaning: value, requirement) }
    guard let key = sizes.key(of: field) else {
      return .invalidConfiguration(field: field, value: value, requirement: requirement)
    }
    return refuse(key, meaning: value, requirement)
  }

  /// A gated feed-forward part without biases, whose activation `key` names.
  func gatedFeedForward(
    _ sizes: SizeKeys, key: String = "hidden_act", default activation: Activation = .silu
  ) throws(ModelError) -> FeedForwardDescription {
    FeedForwardDescription(
      width: try size(sizes.feedForwardWidth), activation: try self.activation(key, default: activation), isGated: true,
      hasBias: false)
  }

  /// A window in every layer; transformers passes over `layer_types` in the families that have it so.
  func windows(layerCount: Int, window: Int?) -> [Int?] {
    guard let window, layerCount <= 1 << 12 else { return [] }
    return Array(repeating: window, count: layerCount)
  }

  /// For each layer its window, from `layer_types` where that is given.
  func windows(
    layerCount: Int, window: Int?, default isSliding: (Int) -> Bool
  ) throws(ModelError) -> [Int?] {
    guard let window, layerCount <= 1 << 12 else { return [] }
    guard let types = try list("layer_types") else {
      let windows = (0..<layerCount).map { isSliding($0) ? window : nil }
      return windows.contains { $0 != nil } ? windows : []
    }
    guard types.count == layerCount else {
      throw refuse("layer_types", "a list of \(layerCount), one for each of num_hidden_layers")
    }
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
