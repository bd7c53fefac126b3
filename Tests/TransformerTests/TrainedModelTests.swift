import Foundation
import Kernels
import Sequences
import Testing
import Transformer

/// Folder of the shared data: `RETORT_DATA`, or `../shared/data` beside the package.
private let dataFolder =
  ProcessInfo.processInfo.environment["RETORT_DATA"].map { URL(filePath: $0) }
  ?? URL(filePath: #filePath).resolvingSymlinksInPath().appending(path: "../../../../shared/data").standardized

private struct TrainedModel: Sendable, CustomTestStringConvertible {
  let folder: String
  /// The name in the file of the layout's tied embedding, where it differs.
  let embeddingName: String?
  let configuration: @Sendable () throws -> ModelConfiguration
  let eosTokenID: TokenID

  var testDescription: String { folder }
  var url: URL { dataFolder.appending(path: folder) }
  static var areAbsent: Bool { !all.allSatisfy { FileManager.default.fileExists(atPath: $0.url.path) } }

  static let all = [
    TrainedModel(
      folder: "tinystories-656k-f32", embeddingName: "lm_head.weight",
      configuration: {
        try ModelConfiguration(
          family: .llama, vocabSize: 2048, width: 128, layerCount: 2, headCount: 8, keyValueHeadCount: 4,
          feedForwardWidth: 384, contextLength: 512, normEpsilon: 1e-6)
      }, eosTokenID: 2),
    TrainedModel(
      folder: "tinytalk-3m", embeddingName: nil,
      configuration: {
        try ModelConfiguration(
          family: .gpt2, vocabSize: 14019, width: 128, layerCount: 8, headCount: 16, feedForwardWidth: 512,
          contextLength: 256)
      }, eosTokenID: 14018),
  ]

  struct Golden: Decodable {
    struct Case: Decodable {
      let ids: [TokenID]
      let tokenLogprobs: [Double]
      let greedy: [TokenID]

      enum CodingKeys: String, CodingKey {
        case ids
        case tokenLogprobs = "token_logprobs"
        case greedy = "greedy_40"
      }
    }
    let cases: [Case]
  }

  func golden() throws -> [Golden.Case] {
    try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url.appending(path: "golden.json"))).cases
  }

  /// Reads `model.safetensors`, float32 alone: a length, a JSON header, the tensors' bytes.
  func parameters(_ transformer: Transformer) throws -> ParameterBuffer {
    let file = try Data(contentsOf: url.appending(path: "model.safetensors"))
    let headerLength = file.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    let header = try JSONSerialization.jsonObject(with: file[8..<8 + headerLength]) as? [String: Any] ?? [:]
    let buffer = ParameterBuffer(count: transformer.layout.count)
    for entry in transformer.layout.entries {
      let isEmbedding = entry.offset == 0
      let name = isEmbedding ? embeddingName ?? entry.name : entry.name
      let tensor = (header[name] ?? header[name.replacing("transformer.", with: "")]) as? [String: Any]
      guard let range = tensor?["data_offsets"] as? [Int], range[1] - range[0] == 4 * entry.count else {
        throw GoldenError.noTensor(name)
      }
      let bytes = file.subdata(in: 8 + headerLength + range[0]..<8 + headerLength + range[1])
      let values = bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
      for (index, value) in values.enumerated() { buffer.view(entry)[index] = value }
    }
    return buffer
  }
}

@Suite("Trained models", .enabled(if: !TrainedModel.areAbsent, "the shared data are absent; set RETORT_DATA"))
struct TrainedModelTests {
  @Test("log-probs equal transformers' at every position", arguments: TrainedModel.all)
  fileprivate func logprobs(model: TrainedModel) throws {
    let transformer = Transformer(try model.configuration())
    let scorer = try Scorer(
      transformer: transformer, parameters: model.parameters(transformer),
      vocabSize: transformer.configuration.vocabSize)
    let cases = try model.golden()
    let batch = SequenceBatch(cases.map { TokenSequence(tokenIDs: $0.ids, promptLength: 1) })
    var scores = PositionScores()
    try scorer.score(batch, options: ScoreOptions(tokenLogprobs: true), maximumChunkPositions: 1000) {
      scores.append($0)
    }
    let expected = cases.flatMap(\.tokenLogprobs)
    #expect(scores.tokenLogprobs.count == expected.count && expected.count > 20)
    // Both sides compute in float32.
    for (actual, expected) in zip(scores.tokenLogprobs, expected) { #expect(abs(Double(actual) - expected) < 1e-4) }
  }

  @Test("greedy text equals transformers'", arguments: TrainedModel.all)
  fileprivate func greedy(model: TrainedModel) throws {
    let transformer = Transformer(try model.configuration())
    let generator = try TextGenerator(
      transformer: transformer, parameters: model.parameters(transformer),
      vocabSize: transformer.configuration.vocabSize, eosTokenIDs: [model.eosTokenID])
    let cases = try model.golden()
    let prompts = SequenceBatch(cases.map { TokenSequence(prompt: $0.ids, completion: []) })
    var completions: [Completion] = []
    try generator.generate(
      prompts: prompts, sampling: SamplingOptions(samplingTemperature: 0, maxNewTokens: 40),
      seeds: cases.map { _ in 0 }
    ) { completions.append($0) }
    #expect(completions.map(\.tokenIDs) == cases.map(\.greedy))
  }
}
