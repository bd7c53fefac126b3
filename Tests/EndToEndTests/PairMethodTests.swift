import Foundation
import ModelFixtures
import Reports
import ServiceRuntime
import Testing

/// Methods that learn from pairs, whole: three processes, a random teacher, puzzles.
@Suite(.timeLimit(.minutes(10)), .serialized) struct PairMethodTests {
  private let run: SmallRun

  init() throws {
    run = try SmallRun()
    let rows = (0..<24).map { #"{"prompt":"word \#($0)","chosen":"right","rejected":"wrong \#($0 % 3)"}"# }
    try run.folder.write(rows.joined(separator: "\n") + "\n", to: "pairs.jsonl")
  }

  /// Runs a method; returns its metrics.
  private func distil(_ method: String, _ overrides: String...) async throws -> MetricsLog {
    let arguments = ["run", try run.recipe(method, method: method, steps: 12), "--local", "evaluation.metrics=[]"]
    let outcome = try await run.program.run(arguments + overrides)
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    #expect(try !run.weights(method).isEmpty)
    return try MetricsLog(file: run.output(method).appending(path: "metrics.jsonl"))
  }

  private var ownPairs: [String] { ["data.train=\(run.folder.path("pairs.jsonl"))", "generation=none"] }

  @Test(
    "learns from the teacher's text and the student's: the teacher's becomes the more probable",
    arguments: ["dpkd", "plad", "dpo", "ipo", "simpo", "cpo", "slic"])
  func written(method: String) async throws {
    let log = try await distil(method, "objective.lm_weight=1", "generation.rounds=1")
    #expect(log.curve("loss").map(\.step) == Array(1...12))
    for name in ["chosen", "rejected", "margins", "accuracies", "collapse"] {
      #expect(log.curve("rewards/\(name)").count == 12, "rewards/\(name)")
    }
    let (first, last) = (
      try #require(log.curve("rewards/margins").first), try #require(log.curve("rewards/margins").last)
    )
    #expect(last.value > first.value)
    // The reference is the student itself, measured in other batches. Without AVX-512 a product's row depends on how many there are.
    if method == "dpo" || method == "ipo" { #expect(abs(first.value) <= 1e-7) }
    #expect(try #require(log.curve("logps/chosen").last).value < 0)
    #expect((log.total("wire/score/bytes_received") > 0) == (method == "dpkd"))
  }

  @Test(
    "learns from the data's pairs, without a teacher where its log-probs are not needed", arguments: ["dpo", "simpo"])
  func ownText(method: String) async throws {
    let recipe = try run.recipe(method, method: method, steps: 12)
    let lines = try String(contentsOfFile: recipe, encoding: .utf8).split(separator: "\n")
    let text = lines.filter { !$0.hasPrefix("teacher:") }.joined(separator: "\n") + "\n"
    try text.write(toFile: recipe, atomically: true, encoding: .utf8)
    let outcome = try await run.program.run(["run", recipe, "--local", "evaluation.metrics=[]"] + ownPairs)
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    let log = try MetricsLog(file: run.output(method).appending(path: "metrics.jsonl"))
    let margins = log.curve("rewards/margins")
    #expect(try #require(margins.last).value > #require(margins.first).value)
  }

  @Test("PLaD says how calibrated the student is, at the start and at the end")
  func calibration() async throws {
    let log = try await distil("plad", "evaluation.metrics=perplexity,calibration,valid")
    #expect(log.curve("eval/perplexity").map(\.step) == [0, 12])
    for step in [0, 12] {
      let table = try String(contentsOf: run.output("plad").appending(path: "calibration-\(step).csv"), encoding: .utf8)
      let rows = table.split(separator: "\n")
      #expect(rows[0] == "answers,mean_logprob_per_token,mean_rouge_l")
      #expect(rows.dropFirst().reduce(0) { $0 + (Int($1.prefix { $0 != "," }) ?? 0) } == 24)
    }
  }

  @Test("DPKD's released form needs no text of the student")
  func released() async throws {
    let log = try await distil("dpkd", "objective.loss_type=as_released")
    #expect(log.curve("loss").count == 12 && log.curve("rewards/chosen").isEmpty)
    #expect(log.total("wire/score/bytes_received") > 0)
  }

  @Test(
    "a killed run goes on with the reference that it began with, if any, and writes the same bytes",
    arguments: ["dpkd", "plad", "dpo", "ipo", "simpo", "cpo", "slic"])
  func resumed(method: String) async throws {
    try await run.expectSameBytesAfterKill(afterRows: 8) { name in
      ["run", try run.recipe(name, method: method), "--local", "evaluation.metrics=[]"]
    }
  }
}
