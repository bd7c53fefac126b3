import EngineBenchmark
import Foundation
import Testing

@Suite("the report of the engine's benchmark")
struct EngineReportTests {
  @Test("the largest relative difference of losses, the largest of log-probs, the share of equal tokens")
  func differences() {
    func difference(_ values: [Double], _ suite: EngineSuite) -> ValueDifference {
      ValueDifference(values, from: [1, 2, 4, 8], suite: suite, rowLength: 2)
    }
    #expect(difference([1, 2, 4, 9], .train) == .losses(0.125))
    #expect(difference([1, 2, 4.5, 8], .score) == .logprobs(0.5))
    #expect(difference([1, 0, 4, 8], .generate) == .tokens(0.75))
    #expect(difference([1, 2], .score) == .counts(expected: 4, found: 2))
  }

  @Test(
    "who computes something else is not the same",
    arguments: [
      ("float32", ValueDifference.losses(0.01), false), ("bfloat16", .losses(0.01), true),
      ("float32", .logprobs(1e-4), true), ("float32", .tokens(0.2), false),
      ("bfloat16", .counts(expected: 1, found: 0), false),
    ])
  func sameness(form: String, difference: ValueDifference, isSame: Bool) {
    #expect(difference.isWithin(form) == isSame)
  }

  /// Three rounds of a contestant whose first warms up.
  private func result(_ stack: String, _ form: String, seconds: [Double]) throws -> ContestantResult {
    let engineCase = try #require(EngineCase.all.first { $0.name == "train-23m" })
    let file = CaseFile(engineCase, folder: nil, vocabSize: 32_000, contextLength: 1024, threads: 2)
    let rounds = seconds.map {
      WorkerRound(seconds: $0, tokens: 2048, peakBytes: 3_000_000_000, values: [7], rates: nil)
    }
    return ContestantResult(
      Contestant(stack: stack, form: form, command: []),
      ready: WorkerReady(path: "\(stack)'s path", residentBytes: 1_000_000_000), rounds: rounds, file: file,
      cost: EngineCost(try engineCase.modelConfiguration(), file), machine: ["float32_products": 400e9],
      reference: [7, 7, 7, 7])
  }

  private func results() throws -> [CaseResult] {
    [
      CaseResult(
        name: "train-23m", machine: ["float32_products": 400e9, "read_bandwidth": 50e9],
        contestants: [
          try result("retort", "float32", seconds: [9, 1, 3, 2]),
          try result("torch", "float32", seconds: [9, 8, 8, 8]),
          try result("torch", "bfloat16", seconds: [9, 4, 4, 4]),
        ], leftOut: ["torch compiled": "compiling took over 420 s"])
    ]
  }

  @Test("the round that warms up does not count, and the median does")
  func medians() throws {
    let ours = try result("retort", "float32", seconds: [9, 1, 3, 2])
    #expect(ours.tokensPerSecond == 1024)
    #expect(ours.slowest == 2048.0 / 3)
    #expect(ours.fastest == 2048)
    #expect(ours.workingBytes == 2_000_000_000)
    let share = try #require(ours.productsShare)
    // 290 GFLOP in 2 s, of 400 GFLOP a second.
    #expect(abs(share - 0.36) < 0.01)
  }

  @Test("the table has everybody, the best of a stack, the targets, the paths and who is left out")
  func markdown() throws {
    let text = EngineReport(try results()).markdown()
    #expect(text.contains("| train-23m | torch  | bfloat16 (best) |      512 |"))
    #expect(text.contains("tokens/s of float32 over torch bfloat16"))
    #expect(text.contains("|  2.00 |  ≥ 4.0 |  no |"))
    #expect(text.contains("- retort float32: retort's path"))
    #expect(text.contains("- train-23m: torch compiled: compiling took over 420 s"))
    #expect(text.contains("| train-23m |                   400 |                  50 |"))
  }

  @Test("the JSON names cases, contestants and targets")
  func json() throws {
    let text = try EngineReport(try results()).json()
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let cases = try #require(object["cases"] as? [[String: Any]])
    let contestants = try #require(cases.first?["contestants"] as? [[String: Any]])
    #expect(contestants.compactMap { $0["form"] as? String } == ["float32", "float32", "bfloat16"])
    #expect(contestants.first?["tokens_per_second"] as? Double == 1024)
    let targets = try #require(object["targets"] as? [[String: Any]])
    #expect(targets.first?["value"] as? Double == 2)
  }
}
