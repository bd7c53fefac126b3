import EngineBenchmark
import Foundation
import Testing
import Transformer

@Suite("what the engine's work costs by its mathematics")
struct EngineCostTests {
  /// V 50, D 8, 2 layers, 2 heads, feed-forward 12: a layer's matrices have 4 · 64 + 3 · 96 = 544 numbers.
  private func model(tied: Bool) throws -> ModelConfiguration {
    try ModelConfiguration(
      family: .llama, vocabSize: 50, width: 8, layerCount: 2, headCount: 2, feedForwardWidth: 12, contextLength: 64,
      tiesWordEmbeddings: tied)
  }

  private func file(_ suite: EngineSuite) throws -> CaseFile {
    CaseFile(
      try #require(EngineCase.all.first { $0.suite == suite }), folder: nil, vocabSize: 50, contextLength: 64,
      threads: 1)
  }

  @Test("a score is the products of body, attention and head; a step is three times that", arguments: [true, false])
  func operations(tied: Bool) throws {
    let model = try model(tied: tied)
    let file = try file(.score)
    let (tokens, squares) = (8.0 * 64, 8.0 * 64 * 64)
    let body = 2.0 * 2 * 544 * tokens
    let head = 2.0 * 50 * 8 * (tokens - 8)
    let attention = 2 * squares * 8 * 2
    let operations = EngineCost(model, file).operations
    #expect(operations == body + head + attention)
    let step = try self.file(.train)
    #expect(EngineCost(model, step).operations == 3 * (body + head + attention))
  }

  @Test("a token of a single stream reads body and head once", arguments: [true, false])
  func stream(tied: Bool) throws {
    let cost = EngineCost(try model(tied: tied), try file(.generate))
    #expect(cost.parametersPerToken == 2 * 544 + 400)
  }

  @Test("the sizes that the cases promise are those of their models")
  func sizes() throws {
    let counts = try EngineCase.all.map { ParameterLayout(try $0.modelConfiguration()).count }
    let byName = Dictionary(zip(EngineCase.all.map(\.name), counts)) { first, _ in first }
    #expect(byName["train-23m"] == 22_909_824)
    #expect(byName["train-gpt2"] == 124_439_808)
    #expect(byName["score-110m"] == 109_529_856)
  }
}
