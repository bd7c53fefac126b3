internal import Kernels
public import ModelServing
public import Sequences
public import Transformer
public import WireFormat

/// A Llama of a few thousand random parameters: quick, and different for each seed.
public enum TinyModel {
  /// Ids that may occur; the head has two rows more.
  public static let vocabSize = 30
  /// The longest sequence.
  public static let contextLength = 24

  /// The architecture.
  public static func configuration() throws -> ModelConfiguration {
    try ModelConfiguration(
      family: .llama, vocabSize: vocabSize + 2, width: 16, layerCount: 2, headCount: 4, keyValueHeadCount: 2,
      feedForwardWidth: 32, contextLength: contextLength)
  }

  /// A model with random parameters.
  public static func served(
    seed: UInt64, generation: GenerationSettings = GenerationSettings(parametersAreFixed: true)
  ) throws -> ServedModel {
    let transformer = Transformer(try configuration())
    let parameters = ParameterBuffer(count: transformer.layout.count)
    var source = SeededGenerator(seed: seed)
    transformer.initialize(parameters, using: &source)
    // Larger than a fresh model's, so that distributions are far from uniform.
    for index in 0..<parameters.count where abs(parameters.view[index]) < 0.5 { parameters.view[index] *= 8 }
    return try ServedModel(
      transformer: transformer, parameters: parameters, description: description(transformer), generation: generation)
  }

  /// What the wire says of it.
  public static func description(_ transformer: Transformer) -> WireModelDescription {
    WireModelDescription(
      name: "tiny", modelDigest: "00", vocabSize: UInt32(vocabSize), headSize: UInt32(vocabSize + 2),
      contextLength: UInt32(contextLength), bosTokenIDs: [1], eosTokenIDs: [2], abilities: .all(vocabSize: vocabSize),
      parameterCount: UInt64(transformer.layout.count))
  }

  /// Random sequences with prompts of 1 to 4 ids and completions of 0 to 12.
  public static func sequences(_ count: Int, seed: UInt64) -> SequenceBatch {
    var source = SeededGenerator(seed: seed)
    func ids(_ count: Int) -> [TokenID] { (0..<count).map { _ in TokenID.random(in: 3..<30, using: &source) } }
    return SequenceBatch(
      (0..<count).map { _ in
        TokenSequence(
          prompt: ids(.random(in: 1...4, using: &source)), completion: ids(.random(in: 0...12, using: &source)))
      })
  }
}
