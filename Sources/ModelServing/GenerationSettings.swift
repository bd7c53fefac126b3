public import Kernels
internal import NIOConcurrencyHelpers
internal import Transformer

/// How a served model computes answers.
public struct GenerationSettings: Sendable, Hashable, CustomStringConvertible {
  /// How weights are kept for generation: float32 is exact; bfloat16 and int8 are read faster and change the text.
  public var weights: WeightFormat
  /// The same for scoring.
  public var scoringWeights: WeightFormat
  /// True where the parameters never change: they are packed once, not for each request.
  public var parametersAreFixed: Bool

  /// Makes settings.
  public init(
    weights: WeightFormat = .float32, scoringWeights: WeightFormat = .float32, parametersAreFixed: Bool = false
  ) {
    self.weights = weights
    self.scoringWeights = scoringWeights
    self.parametersAreFixed = parametersAreFixed
  }

  /// The formats, for people.
  public var description: String {
    weights == scoringWeights ? weights.rawValue : "\(weights.rawValue) text, \(scoringWeights.rawValue) scores"
  }
}

/// A model's packed weights, made when they are first asked for.
final class PackedModel: Sendable {
  private let kept = NIOLockedValueBox<[WeightFormat: GenerationWeights]>([:])

  /// The weights, packed now or, where the parameters are fixed, at the first call.
  func weights(
    of transformer: Transformer, _ parameters: ParameterBuffer, format: WeightFormat, isFixed: Bool
  ) -> GenerationWeights {
    kept.withLockedValue { kept in
      if isFixed, let weights = kept[format] { return weights }
      let weights = kept[format] ?? GenerationWeights(transformer, format: format)
      weights.update(from: parameters)
      kept[format] = weights
      return weights
    }
  }
}
