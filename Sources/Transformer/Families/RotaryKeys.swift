extension ConfigurationKeys {
  /// Rotary positions: `rope_theta` and `rope_scaling`, or `rope_parameters`, which newer folders have.
  func rotary(_ sizes: SizeKeys, fraction: Double = 1) throws(ModelError) -> RotaryPositions {
    let base = 10_000.0
    let values = try rotaryKey.flatMap { key throws(ModelError) in try object(key) } ?? ConfigurationKeys([:])
    for kind in ["full_attention", "sliding_attention"] where values.has(kind) {
      throw values.refuse(kind, "absent: all layers turn alike")
    }
    var rotary = RotaryPositions(
      base: try values.has("rope_theta") ? values.number("rope_theta") ?? base : number(sizes.rotaryBase) ?? base,
      fraction: try values.has("partial_rotary_factor")
        ? values.number("partial_rotary_factor") ?? fraction : number(sizes.rotaryFraction) ?? fraction)
    rotary.scaling = try scaling(values, sizes)
    return rotary
  }

  /// The key of the object of rotary parameters; of the two, transformers takes `rope_scaling`.
  var rotaryKey: String? { ["rope_scaling", "rope_parameters"].first(where: hasMembers) }

  /// Where a field of ``RotaryPositions`` stands; nil where that is under the family's own key.
  func rotaryPlace(of field: String) -> (ConfigurationKeys, String)? {
    guard let rotaryKey, let values = try? object(rotaryKey) else { return nil }
    let inner = [
      "ropeTheta": "rope_theta", "rotaryFraction": "partial_rotary_factor", "ropeScaling.factor": "factor",
      "ropeScaling.lowFrequencyFactor": "low_freq_factor", "ropeScaling.highFrequencyFactor": "high_freq_factor",
      "ropeScaling.betaFast": "beta_fast", "ropeScaling.betaSlow": "beta_slow",
      "ropeScaling.attentionFactor": "attention_factor", "ropeScaling.shortFactors": "short_factor",
      "ropeScaling.longFactors": "long_factor", "ropeScaling.originalContextLength": Self.originalLengthKey,
    ]
    guard let key = inner[field] else { return nil }
    if field.hasPrefix("ropeScaling.") {
      return key == Self.originalLengthKey && has(key) ? (self, key) : (values, key)
    }
    return values.has(key) ? (values, key) : nil
  }

  private func scaling(
    _ values: ConfigurationKeys, _ sizes: SizeKeys
  ) throws(ModelError) -> RotaryPositions.Scaling? {
    let key = values.first("rope_type", "type") ?? "rope_type"
    switch try values.string(key) ?? "default" {
    case "default": return nil
    case "linear": return .linear(factor: try values.need("factor", values.number("factor")))
    case "llama3":
      return .llama3(
        Llama3Scaling(
          factor: try values.need("factor", values.number("factor")),
          lowFrequencyFactor: try values.need("low_freq_factor", values.number("low_freq_factor")),
          highFrequencyFactor: try values.need("high_freq_factor", values.number("high_freq_factor")),
          originalContextLength: try originalLength(values, sizes)))
    case "yarn": return .yarn(try yarn(values, sizes))
    case "longrope", "su": return .longRope(try longRope(values, sizes))
    default: throw values.refuse(key, "default, linear, llama3, yarn or longrope")
    }
  }

  private static let originalLengthKey = "original_max_position_embeddings"

  private func originalLength(_ values: ConfigurationKeys, _ sizes: SizeKeys) throws(ModelError) -> Int {
    if let length = try integer(Self.originalLengthKey, absent: sizes.absentOriginalContextLength) { return length }
    if let length = try values.integer(Self.originalLengthKey) { return length }
    return try size(sizes.contextLength)
  }

  private func yarn(_ values: ConfigurationKeys, _ sizes: SizeKeys) throws(ModelError) -> YarnScaling {
    var yarn = YarnScaling(
      factor: try values.need("factor", values.number("factor")),
      originalContextLength: try originalLength(values, sizes))
    if let value = try values.number("beta_fast"), value != 0 { yarn.betaFast = value }
    if let value = try values.number("beta_slow"), value != 0 { yarn.betaSlow = value }
    yarn.attentionFactor = try values.number("attention_factor")
    yarn.mscale = try values.number("mscale")
    yarn.mscaleAllDimensions = try values.number("mscale_all_dim")
    yarn.truncates = try values.boolean("truncate") ?? true
    return yarn
  }

  private func longRope(_ values: ConfigurationKeys, _ sizes: SizeKeys) throws(ModelError) -> LongRopeScaling {
    LongRopeScaling(
      shortFactors: try values.need("short_factor", values.numbers("short_factor"), "a list of numbers"),
      longFactors: try values.need("long_factor", values.numbers("long_factor"), "a list of numbers"),
      originalContextLength: try originalLength(values, sizes),
      stretchedContextLength: try size(sizes.contextLength),
      attentionFactor: try values.number("attention_factor"), factor: try values.number("factor"))
  }
}

extension RotaryPositions {
  /// The keys of these positions.
  func keys(_ sizes: SizeKeys = SizeKeys(), hasFraction: Bool = false) -> [String: ConfigurationValue] {
    var keys: [String: ConfigurationValue] = [sizes.rotaryBase: .number(base), "rope_scaling": scaling?.value ?? .null]
    if hasFraction { keys[sizes.rotaryFraction] = .number(fraction) }
    return keys
  }
}

extension RotaryPositions.Scaling {
  fileprivate var value: ConfigurationValue {
    switch self {
    case .linear(let factor): .object(["rope_type": .string("linear"), "factor": .number(factor)])
    case .llama3(let values):
      .object([
        "rope_type": .string("llama3"), "factor": .number(values.factor),
        "low_freq_factor": .number(values.lowFrequencyFactor),
        "high_freq_factor": .number(values.highFrequencyFactor),
        "original_max_position_embeddings": .integer(values.originalContextLength),
      ])
    case .yarn(let values):
      .object(
        [
          "rope_type": .string("yarn"), "factor": .number(values.factor),
          "original_max_position_embeddings": .integer(values.originalContextLength),
          "beta_fast": .number(values.betaFast), "beta_slow": .number(values.betaSlow),
          "truncate": .boolean(values.truncates),
        ].adding([
          "attention_factor": values.attentionFactor, "mscale": values.mscale,
          "mscale_all_dim": values.mscaleAllDimensions,
        ]))
    case .longRope(let values):
      .object(
        [
          "rope_type": .string("longrope"), "short_factor": .list(values.shortFactors.map { .number($0) }),
          "long_factor": .list(values.longFactors.map { .number($0) }),
          "original_max_position_embeddings": .integer(values.originalContextLength),
        ].adding(["attention_factor": values.attentionFactor, "factor": values.factor]))
    }
  }
}

extension [String: ConfigurationValue] {
  /// With those numbers that are there.
  fileprivate func adding(_ numbers: [String: Double?]) -> Self {
    merging(numbers.compactMapValues { $0.map { .number($0) } }) { _, new in new }
  }
}
