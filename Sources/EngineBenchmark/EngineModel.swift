import Checkpoints
import Foundation
import Sequences
import Transformer

/// A model of a known shape, filled with random parameters.
enum EngineModel: Sendable, Hashable {
  /// 22.9 million parameters: V 32,000, D 384, 6 layers, 6 heads, feed-forward 1,024, tied.
  case llama23M
  /// 109.5 million parameters: V 32,000, D 768, 12 layers, 12 heads, feed-forward 2,048, tied.
  case llama110M
  /// The same body over another vocabulary.
  case llama23MBody(vocabSize: Int)
  /// GPT-2's smallest, 124 million parameters: V 50,257, D 768, 12 layers, 12 heads.
  case gpt2
  /// A head of D 384 over a vocabulary, with the least of a model below it.
  case head(vocabSize: Int)

  /// What its folder is called.
  var name: String {
    switch self {
    case .llama23M: "llama-23m"
    case .llama23MBody(let vocabSize): "llama-23m-\(vocabSize)"
    case .llama110M: "llama-110m"
    case .gpt2: "gpt2-124m"
    case .head(let vocabSize): "head-\(vocabSize)"
    }
  }

  /// The architecture.
  func configuration() throws -> ModelConfiguration {
    switch self {
    case .llama23M: try Self.llama23MBody(vocabSize: 32_000).configuration()
    case .llama23MBody(let vocabSize):
      try ModelConfiguration(
        family: .llama, vocabSize: vocabSize, width: 384, layerCount: 6, headCount: 6, feedForwardWidth: 1024,
        contextLength: 1024)
    case .llama110M:
      try ModelConfiguration(
        family: .llama, vocabSize: 32_000, width: 768, layerCount: 12, headCount: 12, feedForwardWidth: 2048,
        contextLength: 1024)
    case .gpt2:
      try ModelConfiguration(
        family: .gpt2, vocabSize: 50_257, width: 768, layerCount: 12, headCount: 12, feedForwardWidth: 3072,
        contextLength: 1024)
    case .head(let vocabSize):
      try ModelConfiguration(
        family: .llama, vocabSize: vocabSize, width: 384, layerCount: 1, headCount: 6, feedForwardWidth: 128,
        contextLength: 1024)
    }
  }

  /// Writes a model folder; the same seed gives the same bytes.
  func write(to folder: URL, seed: UInt64) throws {
    let transformer = Transformer(try configuration())
    let parameters = ParameterBuffer(count: transformer.layout.count)
    var generator = SeededGenerator(seed: seed)
    transformer.initialize(parameters, using: &generator)
    let model = ModelFolder(
      configuration: transformer.configuration, parameters: parameters, special: SpecialTokens())
    try model.write(to: folder)
  }
}
