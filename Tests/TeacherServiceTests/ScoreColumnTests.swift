import Foundation
import GRPCCore
import ModelServing
import Sequences
import ServiceTestSupport
import TeacherService
import Testing
import Transformer
import WireFormat

/// What a position's answer must be, in double precision, from its hidden state and the output head alone.
struct ReferenceRow {
  let logprobs: [Double]  // [V]
  let order: [Int]  // descending, ties by the smaller id

  init(hidden: ArraySlice<Float>, head: [Float], vocabSize: Int) {
    let (width, first) = (hidden.count, hidden.startIndex)
    let logits = (0..<vocabSize).map { token in
      (0..<width).reduce(0.0) { $0 + Double(head[token * width + $1]) * Double(hidden[first + $1]) }
    }
    let largest = logits.max() ?? 0
    let logSum = largest + log(logits.reduce(0) { $0 + exp($1 - largest) })
    let logprobs = logits.map { $0 - logSum }
    self.logprobs = logprobs
    order = logprobs.indices.sorted { logprobs[$0] > logprobs[$1] || (logprobs[$0] == logprobs[$1] && $0 < $1) }
  }

  func tail(_ count: Int) -> Double { log(order.dropFirst(count).reduce(0) { $0 + exp(logprobs[$1]) }) }
  var entropy: Double { -logprobs.reduce(0) { $0 + exp($1) * $1 } }
}

@Suite("Score's columns against double precision")
struct ScoreColumnTests {
  private static let vocabSize = TinyModel.vocabSize
  private static let batch = TinyModel.sequences(12, seed: 8)

  /// Everything but full log-probs and top-k is asked where its bit is set; ids to gather repeat and are in no order.
  private static func options(_ bits: Int, _ precision: Precision) -> ScoreOptions {
    let count = batch.scoredPositions.count
    let gathers = bits & 32 != 0
    return ScoreOptions(
      tokenLogprobs: bits & 1 != 0, topCount: bits & 2 != 0 ? 5 : 0, fullLogprobs: bits & 4 != 0,
      entropy: bits & 8 != 0, hiddenState: bits & 16 != 0,
      gatherTokenIDs: gathers ? (0..<count).flatMap { [29, TokenID($0 % 30), 0, 29] } : [],
      gatherCount: gathers ? 4 : 0, precision: precision)
  }

  @Test("any combination of what may be asked is answered, in either precision", arguments: Precision.allCases)
  func combinations(precision: Precision) async throws {
    let model = try TinyModel.served(seed: 1)
    try await withTeacher(model, limits: ServingLimits(chunkBytes: 600)) { client in
      let head = try await Self.fetchHead(client)
      let hidden = try await TeacherRPCsTests.score(client, Self.batch, ScoreOptions(hiddenState: true)).0.hiddenStates
      let width = hidden.count / Self.batch.scoredPositions.count
      let rows = Self.batch.scoredPositions.targets.indices.map {
        ReferenceRow(hidden: hidden[$0 * width..<($0 + 1) * width], head: head.weights, vocabSize: Self.vocabSize)
      }
      for bits in 0..<64 {
        let options = Self.options(bits, precision)
        let (scores, _) = try await TeacherRPCsTests.score(client, Self.batch, options)
        Self.check(scores, options, rows, hidden: hidden)
      }
    }
  }

  private static func check(_ scores: PositionScores, _ options: ScoreOptions, _ rows: [ReferenceRow], hidden: [Float])
  {
    // Float32 sums of 16 products, or one rounding to 11 bits on top of them.
    let relative = options.precision == .float16 ? 0x1p-11 : 0
    func expect(_ name: String, _ found: [Float], _ expected: [Double]) {
      #expect(found.count == expected.count, "\(name)")
      for (a, b) in zip(found, expected) {
        #expect(abs(Double(a) - b) <= 2e-5 + relative * abs(b), "\(name): \(a), \(b)")
      }
    }
    let targets = batch.scoredPositions.targets.map(Int.init)
    expect("token", scores.tokenLogprobs, options.tokenLogprobs ? zip(rows, targets).map { $0.logprobs[$1] } : [])
    expect("full", scores.fullLogprobs, options.fullLogprobs ? rows.flatMap(\.logprobs) : [])
    expect("entropy", scores.entropies, options.entropy ? rows.map(\.entropy) : [])
    expect("hidden", scores.hiddenStates, options.hiddenState ? hidden.map(Double.init) : [])
    let top = options.topCount
    #expect(scores.topTokenIDs.map(Int.init) == rows.flatMap { $0.order.prefix(top) })
    expect("top", scores.topLogprobs, rows.flatMap { row in row.order.prefix(top).map { row.logprobs[$0] } })
    expect("tail", scores.tailLogprobs, top > 0 ? rows.map { $0.tail(top) } : [])
    let gathered = options.gatherTokenIDs.enumerated().map { rows[$0 / options.gatherCount].logprobs[Int($1)] }
    expect("gathered", scores.gatheredLogprobs, gathered)
  }

  @Test("the output head comes in bounded messages, has its digest, and is refused under another's")
  func outputHead() async throws {
    let model = try TinyModel.served(seed: 1)
    try await withTeacher(model, limits: ServingLimits(chunkBytes: 4 * 16 * 7)) { client in
      let description = try await client.describe(TeacherServiceDescribeRequest()).model
      #expect(description?.outputHeadDigest == model.outputHeadDigest() && description?.abilities?.outputHead == true)
      let head = try await Self.fetchHead(client, digest: model.outputHeadDigest())
      #expect(head.messages == (Self.vocabSize + 6) / 7)
      #expect(head.weights.count == Self.vocabSize * 16)
      let error = await #expect(throws: RPCError.self) { _ = try await Self.fetchHead(client, digest: "another") }
      #expect(error?.code == .failedPrecondition)
      #expect(error?.message.contains("ask Describe again") == true)
    }
  }

  private static func fetchHead(
    _ client: TeacherClient, digest: String = ""
  ) async throws -> (weights: [Float], messages: Int) {
    try await client.getOutputHead(GetOutputHeadRequest(outputHeadDigest: digest)) { response in
      var (weights, messages, isComplete) = ([Float](), 0, false)
      for try await message in response.messages {
        #expect(Int(message.firstRow) * Int(message.width) == weights.count && !isComplete)
        weights += message.weights
        messages += 1
        isComplete = message.last
      }
      #expect(isComplete)
      return (weights, messages)
    }
  }
}
