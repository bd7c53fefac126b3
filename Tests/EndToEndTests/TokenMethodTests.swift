import Foundation
import ModelFixtures
import Reports
import ServiceRuntime
import Testing

/// Methods with a loss per token, whole: three processes, a random teacher, puzzles.
@Suite(.timeLimit(.minutes(10)), .serialized) struct TokenMethodTests {
  private let run: SmallRun

  init() throws {
    run = try SmallRun()
    let words = (0..<24).map { "\($0 % 7)\(Character(UnicodeScalar(UInt8(97 + $0))))" }
    let rows = words.indices.map { place in
      let demonstrations = (1...3).map { #"{"prompt":"\#(words[(place + 5 * $0) % 24]):","completion":"\#($0)"}"# }
      return
        #"{"demonstrations":[\#(demonstrations.joined(separator: ","))],"prompt":"\#(words[place]):","completion":"\#(place % 4)"}"#
    }
    try run.folder.write(rows.joined(separator: "\n") + "\n", to: "demonstrated.jsonl")
  }

  private func arguments(_ name: String, _ method: String, _ overrides: [String]) throws -> [String] {
    ["run", try run.recipe(name, method: method), "--local", "evaluation.metrics=[]"] + overrides
  }

  private func distil(_ method: String, _ overrides: String...) async throws -> MetricsLog {
    let outcome = try await run.program.run(arguments(method, method, overrides))
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    return try MetricsLog(file: run.output(method).appending(path: "metrics.jsonl"))
  }

  @Test(
    "learns from the teacher's log-probs, whatever of them it sends", arguments: ["tvd", "akl", "abkd"],
    ["objective.loss_top_k=0", "objective.loss_top_k=4", "objective.teacher_logprobs=hidden_state"])
  func rivals(method: String, form: String) async throws {
    let log = try await distil(method, form, "training.max_steps=8")
    let losses = log.curve("loss").map(\.value)
    #expect(losses.count == 8 && losses.allSatisfy { $0 > 0 })
    #expect(try #require(losses.last) < #require(losses.first))
  }

  @Test("learns from what the teacher draws, and asks it for nothing else")
  func draws() async throws {
    let log = try await distil("rskd", "objective.draws=20", "training.max_steps=8")
    let losses = log.curve("loss").map(\.value)
    #expect(losses.count == 8)
    #expect(try #require(losses.last) < #require(losses.first))
    #expect(log.total("wire/score/bytes_received") > 0)
  }

  @Test("LLAVADI learns log-probs and hidden states of a wider teacher, and only the checkpoints hold the projector")
  func alignment() async throws {
    let log = try await distil("llavadi", "objective.seq_kd=true", "training.max_steps=20")
    let hidden = log.curve("train/hidden_loss").map(\.value)
    try #require(hidden.count == 20)
    #expect(hidden[19] < 0.9 * hidden[0])
    let output = run.output("llavadi")
    let exported = try FileManager.default.contentsOfDirectory(atPath: output.appending(path: "student").path)
    #expect(!exported.contains("projector.safetensors"))
  }

  @Test(
    "BiAlign learns the teacher's distributions along whole rows, and its order of subsets of demonstrations",
    arguments: ["objective.loss_top_k=0", "objective.loss_top_k=4", "objective.teacher_logprobs=hidden_state"])
  func rankings(form: String) async throws {
    let log = try await distil(
      "bialign", form, "training.max_steps=16", "bialign.separator=, ",
      "data.train=\(run.folder.path("demonstrated.jsonl"))")
    let (losses, agreements) = (
      log.curve("train/ranking_loss").map(\.value), log.curve("train/ranking_agreement").map(\.value)
    )
    try #require(losses.count == 16 && agreements.count == 16)
    #expect(losses.suffix(3).reduce(0, +) < losses.prefix(3).reduce(0, +))
    #expect(agreements.allSatisfy { (0...1).contains($0) })
    let divergences = log.curve("train/loss_on_data_text").map(\.value)
    #expect(divergences.count == 16 && divergences[15] < divergences[0])
    #expect(log.curve("train/positions").allSatisfy { $0.value > 5 * 8 })
  }

  @Test("BiAlign draws demonstrations of rows that have none")
  func rankedDraws() async throws {
    try run.folder.write(
      (0..<24).map { #"{"prompt":"\#($0):","completion":"\#($0 % 4)"}"# }.joined(separator: "\n"), to: "plain.jsonl")
    let log = try await distil(
      "bialign", "training.max_steps=2", "bialign.separator=, ", "bialign.demonstrations=5", "bialign.subsets=6",
      "data.train=\(run.folder.path("plain.jsonl"))")
    #expect(log.curve("train/ranking_loss").count == 2)
  }

  @Test("DistiLLM-2's skews adapt from the second round on, and its weights move to the student's text")
  func schedules() async throws {
    let log = try await distil("distillm2")
    for (half, final) in [("teacher", 0.25), ("student", 0.75)] {
      let alphas = log.curve("train/alpha_on_\(half)_text").map(\.value)
      #expect(alphas.count == 24 && alphas.prefix(8).allSatisfy { abs($0 - 0.1) < 1e-12 })
      #expect(alphas.dropFirst(8).contains { $0 < 0.0999 } && alphas.allSatisfy { $0 > 0.0099 })
      #expect(log.curve("train/gap_on_\(half)_text").count == 24)
      let weights = log.curve("train/weight_on_\(half)_text").map(\.value)
      #expect(weights.first == 0.5 && weights[12...].allSatisfy { $0 == final })
    }
  }

  @Test("what DistiLLM-2's code computes has neither")
  func released() async throws {
    let log = try await distil("distillm2", "objective.loss_type=as_released", "training.max_steps=3")
    #expect(log.curve("train/alpha_on_teacher_text").isEmpty && log.curve("train/weight_on_teacher_text").isEmpty)
    #expect(log.curve("loss").count == 3)
  }

  @Test(
    "a run killed half-way goes on with all that it had, skews and projector among it, and writes the same bytes",
    arguments: [
      ("distillm2", []), ("llavadi", ["objective.seq_kd=true"]), ("bialign", ["bialign.separator=, "]), ("sft", []),
      ("seqkd", []), ("kd", []), ("rkl", []), ("jsd", []), ("tvd", []), ("akl", []), ("abkd", []), ("rskd", []),
      ("uld", []),
    ] as [(String, [String])])
  func resumed(method: String, overrides: [String]) async throws {
    let data = ["bialign": "demonstrated.jsonl", "sft": "heldout.jsonl"][method] ?? "prompts.jsonl"
    let overrides = overrides + ["data.train=\(run.folder.path(data))"]
    // DistiLLM-2's skews adapt from step 9 on.
    try await run.expectSameBytesAfterKill(afterRows: method == "distillm2" ? 12 : 7) {
      try arguments($0, method, overrides)
    }
  }
}
