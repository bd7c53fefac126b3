import Foundation
import ModelFixtures
import Reports
import ServiceRuntime
import Testing

/// Methods that choose whose text is trained on, whole: three processes, a random teacher, puzzles.
@Suite(.timeLimit(.minutes(10)), .serialized) struct MixtureMethodTests {
  private let run: SmallRun

  init() throws { run = try SmallRun() }

  private func arguments(_ name: String, _ method: String, steps: Int, _ overrides: [String]) throws -> [String] {
    ["run", try run.recipe(name, method: method, steps: steps), "--local", "evaluation.metrics=[]"] + overrides
  }

  static let cases: [(String, [String])] = [
    ("gkd", ["objective.seq_kd=true"]), ("gkd", ["objective.lmbda=1", "objective.loss_top_k=8"]),
    ("imitkd", ["objective.seq_kd=true"]),
    ("distillm", ["objective.seq_kd=true", "objective.loss_eps=-1000", "objective.lmbda=0.4"]),
    ("fdistill", []), ("fdistill", ["objective.loss_type=tvd"]),
  ]

  @Test("learns from the texts that the recipe asks for: the loss falls", arguments: cases)
  func learns(method: String, overrides: [String]) async throws {
    let outcome = try await run.program.run(arguments(method, method, steps: 18, overrides))
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    let log = try MetricsLog(file: run.output(method).appending(path: "metrics.jsonl"))
    let loss = log.curve("loss").map(\.value)
    #expect(loss.count == 18 && loss.suffix(6).reduce(0, +) < loss.prefix(6).reduce(0, +))
    let shares = log.curve("train/student_share").map(\.value)
    #expect(shares.count == (method == "fdistill" ? 0 : 18))
    if method == "distillm" {
      // ε admits every loss, so that the share rises at each of three rounds.
      #expect(log.curve("eval/validation_loss").map(\.step) == [0, 6, 12, 18])
      #expect(shares.contains { $0 > 0 } && shares.contains { $0 < 1 })
    } else if method != "fdistill" {
      #expect(shares.allSatisfy { $0 == 1 } == overrides.contains("objective.lmbda=1"))
    }
    #expect(log.total("wire/score/bytes_received") > 0)
  }

  @Test(
    "learns by a policy gradient: the teacher finds the student's texts ever more probable",
    arguments: ["opd", "minillm"])
  func policy(method: String) async throws {
    let overrides = ["generation.rounds=8", "training.learning_rate=0.02"]
    let outcome = try await run.program.run(arguments(method, method, steps: 48, overrides))
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    let log = try MetricsLog(file: run.output(method).appending(path: "metrics.jsonl"))
    let loss = log.curve("loss").map(\.value)
    #expect(loss.count == 48 && loss.suffix(12).reduce(0, +) < loss.prefix(12).reduce(0, +))
    // Sampled tokens cost four bytes each, and some around them.
    let bytes = log.total("wire/teacher_bytes") / log.total("train/tokens")
    #expect(method == "opd" ? bytes < 16 : bytes > 100)
    #expect(log.curve("train/top_agreement").isEmpty == (method == "opd"))
  }

  @Test("learns from texts that teacher and student have drawn together", arguments: ["opd", "minillm"])
  func teacherMix(method: String) async throws {
    let overrides = ["generation.rounds=4", "training.learning_rate=0.02", "generation.teacher_mix=0.2"]
    let outcome = try await run.program.run(arguments(method, method, steps: 24, overrides))
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    let log = try MetricsLog(file: run.output(method).appending(path: "metrics.jsonl"))
    let (shares, tokens) = (log.curve("train/teacher_token_share").map(\.value), log.curve("train/tokens").map(\.value))
    try #require(shares.count == 24 && tokens.count == 24)
    let found = zip(shares, tokens).reduce(0) { $0 + $1.0 * $1.1 } / tokens.reduce(0, +)
    // Four standard deviations of as many coins.
    #expect(abs(found - 0.2) < 4 * (0.16 / tokens.reduce(0, +)).squareRoot(), "\(found) of \(tokens.reduce(0, +))")
    // The teacher scores all texts for training, the student once a round for what it found of the teacher's tokens.
    #expect(log.total("wire/score/bytes_received") > 0 && log.total("wire/student_score/messages_sent") > 0)
    let loss = log.curve("loss").map(\.value)
    if method == "minillm" { #expect(loss.suffix(6).reduce(0, +) < loss.prefix(6).reduce(0, +)) }
  }

  @Test("a row without the answer that is drawn is refused, with what to do")
  func noAnswer() async throws {
    let outcome = try await run.program.run(arguments("refused", "gkd", steps: 4, []))
    #expect(outcome.exit != .status(0))
    #expect("\(outcome.errors)\(outcome.output)".contains("with objective.seq_kd: true the teacher writes it"))
  }

  @Test(
    "a killed run draws the same texts again, and writes the same bytes",
    arguments: [
      ("gkd", ["objective.seq_kd=true"]), ("imitkd", ["objective.seq_kd=true"]), ("fdistill", []),
      ("distillm", ["objective.seq_kd=true", "objective.loss_eps=-1000", "objective.lmbda=0.4"]),
      ("opd", ["objective.epsilon=0.2"]), ("minillm", []), ("minillm", ["generation.teacher_mix=0.2"]),
    ] as [(String, [String])])
  func resumed(method: String, overrides: [String]) async throws {
    try await run.expectSameBytesAfterKill(afterRows: 11) { try arguments($0, method, steps: 24, overrides) }
  }
}
