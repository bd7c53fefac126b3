package import Transformer

/// What is measured: a kind of work, a model, and how much of it.
public struct EngineCase: Sendable, Hashable {
  /// Its name, as `--case` takes it.
  public let name: String
  /// The kind of work.
  public let suite: EngineSuite
  let model: EngineModel
  /// Number of sequences, or of prompts.
  let sequenceCount: Int
  /// Tokens of each sequence, or of each prompt.
  let sequenceLength: Int
  /// Tokens to generate for each prompt; 0 in other suites.
  let newTokenCount: Int
  /// 0: the most probable token each time.
  let samplingTemperature: Double
  /// Sequences that are computed at once in a step: fewer need less memory and give the same bits.
  let microBatchSize: Int
  /// Measures our memory alone, without peers.
  var isOursAlone: Bool { name.hasPrefix("memory-") }
  /// Teacher log-probs of the whole vocabulary are given.
  let hasTeacher: Bool
  /// Log-probs of the whole vocabulary are asked for, and not of the actual tokens alone.
  let wantsFullLogprobs: Bool

  private init(
    _ name: String, _ suite: EngineSuite, _ model: EngineModel, sequences: Int, length: Int, newTokens: Int = 0,
    temperature: Double = 0, microBatch: Int = 1, wantsFullLogprobs: Bool = false
  ) {
    (self.name, self.suite, self.model) = (name, suite, model)
    (sequenceCount, sequenceLength, newTokenCount) = (sequences, length, newTokens)
    (samplingTemperature, microBatchSize) = (temperature, microBatch)
    hasTeacher = suite == .train || suite == .loss
    self.wantsFullLogprobs = wantsFullLogprobs
  }

  /// Vocabularies that the loss is measured over.
  static let vocabSizes = [8_192, 16_384, 32_768, 65_536, 131_072]

  /// The architecture of its own model.
  package func modelConfiguration() throws -> ModelConfiguration { try model.configuration() }

  /// All cases, in the order in which they run.
  public static let all: [EngineCase] =
    vocabSizes.map { EngineCase("loss-\($0 >> 10)k", .loss, .head(vocabSize: $0), sequences: 4, length: 257) } + [
      EngineCase("train-23m", .train, .llama23M, sequences: 8, length: 256, microBatch: 8),
      EngineCase("train-gpt2", .train, .gpt2, sequences: 4, length: 512),
      EngineCase("memory-8k", .train, .llama23MBody(vocabSize: 8_192), sequences: 8, length: 256, microBatch: 8),
      EngineCase("memory-128k", .train, .llama23MBody(vocabSize: 131_072), sequences: 8, length: 256, microBatch: 8),
      EngineCase("generate-1", .generate, .llama23M, sequences: 1, length: 16, newTokens: 128),
      EngineCase("generate-8", .generate, .llama23M, sequences: 8, length: 16, newTokens: 128, temperature: 1),
      EngineCase("generate-64", .generate, .llama23M, sequences: 64, length: 16, newTokens: 128, temperature: 1),
      EngineCase("score-110m", .score, .llama110M, sequences: 8, length: 256),
      EngineCase("score-110m-full", .score, .llama110M, sequences: 8, length: 256, wantsFullLogprobs: true),
    ]

  /// The cases of a suite; those named, where names are given.
  ///
  /// - Throws: ``EngineBenchmarkError/unknownCase(name:known:)``.
  public static func cases(of suite: EngineSuite, named names: [String]) throws(EngineBenchmarkError) -> [EngineCase] {
    let cases = cases(of: suite)
    for name in names where !cases.contains(where: { $0.name == name }) {
      throw .unknownCase(name: name, known: cases.map(\.name))
    }
    return names.isEmpty ? cases : cases.filter { names.contains($0.name) }
  }

  /// The cases of a suite.
  static func cases(of suite: EngineSuite) -> [EngineCase] { all.filter { $0.suite == suite } }
}
