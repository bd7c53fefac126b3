import Foundation
import ModelFixtures
import ServiceRuntime
import Testing

/// `retort bench` on a model of a moment, without peers.
@Suite(.timeLimit(.minutes(10)), .serialized) struct BenchTests {
  private let run: SmallRun

  init() throws { run = try SmallRun() }

  private func bench(_ arguments: [String]) async throws -> Program.Outcome {
    try await run.program.run(
      ["bench"] + arguments + ["--model", run.folder.path("teacher"), "--rounds", "1", "--threads", "1"])
  }

  @Test(
    "every suite measures a model folder and says in JSON what was done",
    arguments: [("score", "score-110m"), ("train", "train-23m"), ("generate", "generate-8")])
  func json(suite: String, name: String) async throws {
    let outcome = try await bench([suite, "--case", name, "--json"])
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    let report = try #require(JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    let cases = try #require(report["cases"] as? [[String: Any]])
    #expect(cases.map { $0["name"] as? String } == [name])
    let contestants = try #require(cases.first?["contestants"] as? [[String: Any]])
    #expect(contestants.contains { $0["form"] as? String == "float32" })
    for one in contestants {
      #expect(one["stack"] as? String == "retort" && one["rounds"] as? Int == 1)
      #expect((one["tokens_per_second"] as? Double ?? 0) > 0 && (one["peak_bytes"] as? Int ?? 0) > 1 << 20)
    }
    #expect(outcome.errors.contains("\(name): round 1 of 1"))
  }

  @Test("without --json the figures are tables")
  func tables() async throws {
    let outcome = try await bench(["score", "--case", "score-110m"])
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.first?.hasPrefix("| case") == true)
    #expect(lines.contains { $0.hasPrefix("| score-110m") && $0.contains("| retort |") && $0.contains("yes |") })
  }

  @Test("tokenize measures each text and counts its ids")
  func tokenize() async throws {
    let text = try run.folder.write(String(repeating: "1+2=3 ", count: 200), to: "text.txt")
    let arguments = ["bench", "tokenize", "--model", run.folder.path("teacher"), "--rounds", "2", text]
    let outcome = try await run.program.run(arguments + ["--json"])
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    let results = try #require(JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
    #expect(
      results.count == 1 && results.first?["bytes"] as? Int == 1200 && results.first?["text"] as? String == "text.txt")
    #expect((results.first?["ids"] as? Int ?? 0) > 200 && (results.first?["bytes_per_second"] as? Double ?? 0) > 0)
    let table = try await run.program.run(arguments)
    #expect(table.output.contains("| text.txt | retort |"))
  }

  @Test("an unknown case is refused with those that there are")
  func unknownCase() async throws {
    let outcome = try await bench(["score", "--case", "score-1t"])
    #expect(outcome.exit != .status(0) && outcome.errors.contains("score-1t") && outcome.errors.contains("score-110m"))
  }
}
