public import Kernels
internal import NIOConcurrencyHelpers
internal import Transformer

/// How a served model computes answers.
public struct GenerationSettings: Sendable, Hashable, CustomStringConvertible {
  /// How weights are kept for generation: float32 is exact; bfloat16 and int8 are read faster and change the text.
  public var weights: WeightFormat
  /// The same for scoring.
  public var scoringWeights: WeightFormat
  /// True where the parameters never change: requests that come together are continued together.
  public var parametersAreFixed: Bool
  /// Bytes of keys and values of prompts that are kept from request to request where the parameters never change.
  public var keptPrefixBytes: Int

  /// Makes settings.
  public init(
    weights: WeightFormat = .float32, scoringWeights: WeightFormat = .float32, parametersAreFixed: Bool = false,
    keptPrefixBytes: Int = 128 << 20
  ) {
    self.weights = weights
    self.scoringWeights = scoringWeights
    self.parametersAreFixed = parametersAreFixed
    self.keptPrefixBytes = keptPrefixBytes
  }

  /// The formats, for people.
  public var description: String {
    weights == scoringWeights ? weights.rawValue : "\(weights.rawValue) text, \(scoringWeights.rawValue) scores"
  }

  /// What the weights are rounded to where they are not exact; nil where all are.
  var rounding: String? { weights == .float32 && scoringWeights == .float32 ? nil : description }
}

/// A model's packed weights, made when they are first asked for and again once the parameters have changed; and what prompts
/// began with under them.
final class PackedModel: Sendable {
  struct Packed {
    let weights: GenerationWeights
    /// Of sequences that are scored, and of those that are continued; nil where the parameters may change: nothing is kept from
    /// request to request.
    let scored: KeptPrefixes?
    let continued: KeptPrefixes?
    var isCurrent = true
  }

  private let kept = NIOLockedValueBox<[WeightFormat: Packed]>([:])

  /// Has the parameters packed anew when they are asked for next.
  func parametersChanged() {
    kept.withLockedValue { kept in
      for format in kept.keys { kept[format]?.isCurrent = false }
    }
  }

  /// The weights as the parameters were after the last change.
  func packed(
    _ format: WeightFormat, of transformer: Transformer, _ parameters: ParameterBuffer, _ settings: GenerationSettings
  ) -> Packed {
    kept.withLockedValue { kept in
      if let packed = kept[format], packed.isCurrent { return packed }
      let weights = kept[format]?.weights ?? GenerationWeights(transformer, format: format)
      weights.update(from: parameters)
      let prefixes = settings.parametersAreFixed ? Self.prefixes(transformer, format, settings.keptPrefixBytes) : nil
      let packed = Packed(weights: weights, scored: prefixes?.scored, continued: prefixes?.continued)
      kept[format] = packed
      return packed
    }
  }

  private static func prefixes(
    _ transformer: Transformer, _ format: WeightFormat, _ bytes: Int
  ) -> (scored: KeptPrefixes, continued: KeptPrefixes) {
    let scored = KeptPrefixes(transformer, byteLimit: bytes)
    return (scored, format.roundsKeysAndValues ? KeptPrefixes(transformer, byteLimit: bytes, areRounded: true) : scored)
  }
}
