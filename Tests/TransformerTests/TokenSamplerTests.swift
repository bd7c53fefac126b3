import Foundation
import Kernels
import Sequences
import Testing
import Transformer

@Suite("Sampling")
struct TokenSamplerTests {
  struct Case: Decodable {
    let samplingTemperature: Float
    let topK: Int
    let topP: Float
    let logits: [Float]
    let probabilities: [Double]
  }

  private static func view(_ values: [Float]) -> FloatView {
    let storage = FloatStorage(count: values.count)
    for (index, value) in values.enumerated() { storage.view[index] = value }
    return storage.view
  }

  @Test("filters give transformers' probabilities")
  func golden() throws {
    let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: goldenFile("sampling")))
    #expect(cases.count == 9)
    for example in cases {
      let sampler = TokenSampler(
        options: SamplingOptions(
          samplingTemperature: example.samplingTemperature, topK: example.topK, topP: example.topP))
      let room = FloatStorage(count: example.logits.count).view
      sampler.weigh(TokenSamplerTests.view(example.logits), largest: example.logits.max() ?? 0, into: room)
      let weights = room.array
      let sum = weights.reduce(0) { $0 + Double($1) }
      for (weight, expected) in zip(weights, example.probabilities) {
        #expect(abs(Double(weight) / sum - expected) < 2e-6)
        #expect((weight == 0) == (expected == 0))
      }
    }
  }

  @Test("draws follow the probabilities")
  func frequencies() {
    let logits: [Float] = [0, 1, -1, 2, 0.5]
    let sampler = TokenSampler(options: SamplingOptions(samplingTemperature: 0.8))
    let room = FloatStorage(count: 5).view
    var generator = SeededGenerator(seed: 3)
    var counts = [Double](repeating: 0, count: 5)
    let draws = 40_000
    for _ in 0..<draws {
      counts[Int(sampler.draw(TokenSamplerTests.view(logits), weights: room, using: &generator))] += 1
    }
    let weights = logits.map { exp(Double($0) / 0.8) }
    let sum = weights.reduce(0, +)
    for (count, weight) in zip(counts, weights) {
      let probability = weight / sum
      // Five standard deviations of a binomial.
      #expect(
        abs(count - Double(draws) * probability) < 5 * (Double(draws) * probability * (1 - probability)).squareRoot())
    }
  }

  @Test("temperature 0 takes the most probable token, the smaller id on a tie, and no random number")
  func greedy() {
    let sampler = TokenSampler(options: SamplingOptions(samplingTemperature: 0))
    var generator = SeededGenerator(seed: 3)
    let room = FloatStorage(count: 4).view
    #expect(sampler.draw(TokenSamplerTests.view([1, 5, 5, 2]), weights: room, using: &generator) == 1)
    #expect(generator == SeededGenerator(seed: 3))
  }

  private struct Rules: Decodable {
    struct Case: Decodable {
      let samplingTemperature, topP, minP, repetitionPenalty: Float
      let topK, noRepeatNgramSize, minNewTokens: Int
      let logits: [Float]
      let probabilities: [Double]
    }

    let tokenIDs, stopTokenIDs: [TokenID]
    let promptLength: Int
    let cases: [Case]
  }

  @Test("all rules together give the probabilities of transformers' own chain of processors")
  func rules() throws {
    let golden = try JSONDecoder().decode(Rules.self, from: Data(contentsOf: goldenFile("sampling-rules")))
    #expect(golden.cases.count == 13)
    for (index, example) in golden.cases.enumerated() {
      let sampler = TokenSampler(
        options: SamplingOptions(
          samplingTemperature: example.samplingTemperature, topK: example.topK, topP: example.topP,
          minP: example.minP, repetitionPenalty: example.repetitionPenalty,
          noRepeatNgramSize: example.noRepeatNgramSize, minNewTokens: example.minNewTokens),
        stops: Set(golden.stopTokenIDs))
      let (logits, weights) = (
        TokenSamplerTests.view(example.logits), FloatStorage(count: example.logits.count).view
      )
      sampler.penalize(logits, after: golden.tokenIDs, promptLength: golden.promptLength)
      sampler.weigh(logits, largest: Elementwise.maximum(logits), into: weights)
      let sum = Elementwise.sum(weights)
      for (weight, expected) in zip(weights.array, example.probabilities) {
        #expect(abs(Double(weight) / sum - expected) < 2e-6, "case \(index)")
        #expect((weight == 0) == (expected == 0), "case \(index)")
      }
    }
  }

  /// Top-p by sorting everything.
  private static func sortedTopP(_ weights: [Float], _ share: Float) -> [Float] {
    var result = weights
    let allowance = (1 - Double(share)) * weights.reduce(0) { $0 + Double($1) }
    let order = weights.indices.sorted { weights[$0] < weights[$1] || (weights[$0] == weights[$1] && $0 > $1) }
    var removed = 0.0
    for index in order.dropLast() {
      removed += Double(weights[index])
      guard removed <= allowance else { break }
      result[index] = 0
    }
    return result
  }

  @Test(
    "top-p without a full sort keeps what a full sort keeps, on flat, peaked and tied rows",
    arguments: [0.01, 0.5, 0.9, 0.95, 0.999], ["flat", "peaked", "tied"])
  func largeTopP(share: Float, shape: String) {
    var generator = SeededGenerator(seed: 5)
    let logits = (0..<5000).map { _ in
      let unit = Float(generator.nextUnit())
      return switch shape {
      case "flat": unit * 0.01
      case "peaked": unit * unit * unit * 30
      default: Float(Int(unit * 4))
      }
    }
    let (row, weights) = (TokenSamplerTests.view(logits), FloatStorage(count: logits.count).view)
    let largest = Elementwise.maximum(row)
    TokenSampler(options: SamplingOptions()).weigh(row, largest: largest, into: weights)
    let expected = TokenSamplerTests.sortedTopP(weights.array, share)
    TokenSampler(options: SamplingOptions(topP: share)).weigh(row, largest: largest, into: weights)
    // A token whose running sum lies within the sums' rounding of the share may fall on either side.
    let differing = zip(weights.array, expected).count { $0 != $1 }
    #expect(differing <= 1 && weights.array.contains { $0 > 0 })
  }

  @Test(
    "a draw lands on the token where the running sum passes the number drawn, in any block", arguments: [3, 600, 2000])
  func drawPlace(count: Int) {
    let logits = (0..<count).map { Float($0 % 7) / 3 }
    let room = FloatStorage(count: count).view
    let sampler = TokenSampler(options: SamplingOptions())
    for seed in 0..<50 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      var copy = generator
      let token = Int(sampler.draw(TokenSamplerTests.view(logits), weights: room, using: &generator))
      let weights = logits.map { exp(Double($0) - Double(logits.max() ?? 0)) }
      let limit = copy.nextUnit() * weights.reduce(0, +)
      let below = weights[..<token].reduce(0, +)
      #expect(below <= limit + 1e-3 && below + weights[token] >= limit - 1e-3)
    }
  }
}
