import CoordinatorService
import Foundation
import GRPCCore
import Recipes
import Sequences
import Synchronization
import Testing
import WireBytes
import WireFormat

/// A model that answers, judges and invents by what it is asked, and counts what it is paid for.
private final class ScriptedModel: TeacherUpstream {
  let address: String
  /// Instructions whose answers are judged to be one point apart; all others are judged alike.
  private let hard: Set<String>
  private let counts = Mutex<[String: Int]>([:])
  /// What was asked by role.
  var asked: [String: Int] { counts.withLock { $0 } }

  init(address: String = "teacher:7001", hard: Set<String>) { (self.address, self.hard) = (address, hard) }

  func describe() async throws -> WireModelDescription {
    makeDescription {
      $0.modelDigest = address
      $0.contextLength = 4096
    }
  }

  func reply(
    to request: WireBytes, of method: TeacherMethod, receive: @escaping @Sendable (WireBytes) async throws -> Void
  ) async throws {
    let asked = try request.withUnsafeBytes { try TeacherServiceGenerateRequest(decoding: $0) }
    let prompts = try asked.prompts.map { try SequenceBatch($0) } ?? SequenceBatch()
    let completions = prompts.sequences.enumerated().map { index, sequence in
      let text = answer(LetterCodec().decode(Array(sequence.tokenIDs)), seed: asked.seeds[index])
      return Completion(
        promptIndex: index, tokenIDs: LetterCodec().encodeContinuation(text) + [2], tokenLogprobs: [],
        finishReason: .stop)
    }
    try await receive(
      WireBytes(TeacherServiceGenerateResponse(completions: WireCompletionBatch(completions)).encoded()))
  }

  private func answer(_ prompt: String, seed: UInt64) -> String {
    let role = prompt.contains("[Task]") ? "referee" : prompt.contains("New task:") ? "generator" : "teacher"
    counts.withLock { $0[role, default: 0] += 1 }
    switch role {
    case "referee":
      let task = prompt.firstMatch(of: /\[Task\]\n(.*)\n/).map { String($0.output.1) } ?? ""
      let teacherIsFirst = prompt.contains("Assistant 1 begins]\nanswer to")
      let points = hard.contains(task) ? (7, 6) : (6, 6)
      return
        "Assistant 1: \(teacherIsFirst ? points.0 : points.1)\nAssistant 2: \(teacherIsFirst ? points.1 : points.0)"
    case "generator":
      // Letters alone, a word of its own for each seed.
      let word = String(
        String(seed % 1_000_003).unicodeScalars.compactMap { Unicode.Scalar($0.value + 49) }.map(Character.init))
      return "\(word)a \(word)b \(word)c \(word)d"
    default: return "answer to \(prompt)"
    }
  }
}

@Suite("Runs of Lion", .timeLimit(.minutes(2)))
struct LionRunTests {
  private struct Bench {
    let folder: URL
    let teacher = ScriptedModel(hard: ["ask number zero again", "ask number two again"])
    let referee = ScriptedModel(address: "referee:7001", hard: ["ask number zero again", "ask number two again"])
    let students = FakeStudents()

    init(_ folder: URL) throws {
      self.folder = folder
      _ = try RunBench.writeModel(in: folder)
      let rows = ["zero", "one", "two", "three"].map { #"{"prompt":"ask number \#($0) again"}"# }
      try RunBench.write(rows, to: "train.jsonl", in: folder)
    }

    func run(hasReferee: Bool = false) -> RunBench {
      RunBench(folder: folder, teacher: teacher, referee: hasReferee ? referee : nil, students: students)
    }

    func recipe(_ overrides: [String] = []) throws -> String {
      let yaml = """
        method: lion
        teacher: teacher:7001
        student: \(folder.path)/model
        data: {train: \(folder.path)/train.jsonl}
        output_dir: \(folder.path)/out
        generation: {batch_size: 3, max_new_tokens: 64}
        lion: {rounds: 2, hard_instructions: 2, easy_instructions: 1}
        training: {per_device_train_batch_size: 2, max_steps: 3, save_steps: 2}
        evaluation: {metrics: []}
        """
      return try Recipe(yaml: yaml, overrides: overrides).resolvedYAML
    }

    /// The pool and the last student: what a run comes to.
    func outcome() throws -> String {
      let pool = try String(contentsOfFile: folder.path + "/out/instructions.jsonl", encoding: .utf8)
      return pool + (try String(contentsOfFile: folder.path + "/out/student/state", encoding: .utf8))
    }
  }

  private static func run(_ bench: Bench, _ overrides: [String] = [], hasReferee: Bool = false) async throws
    -> RunStatus
  {
    try await bench.run(hasReferee: hasReferee).withCoordinator { try await $0.finish(try bench.recipe(overrides)) }
  }

  @Test("imitates, discriminates and generates, and leaves pool, rounds and student")
  func files() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      let status = try await Self.run(bench)
      #expect(status == RunStatus(state: .finished, message: "finished after all rounds", step: 3, maxSteps: 3))
      let pool = try bench.run().lines("instructions.jsonl")
      #expect(pool.count == 10)
      #expect(pool[0]["answer"] as? String == "answer to ask number zero again")
      let origins = pool.compactMap { ($0["instruction"] as? [String: Any])?["origin"] as? String }
      let invented = ["hard", "hard", "easy"]
      let expected = ["seed", "seed", "seed", "seed"] + invented + invented
      #expect(origins == expected)
      let rows = try bench.run().lines("metrics.jsonl")
      let shares: [Double?] = rows.map { $0["lion/hard_share"] as? Double }
      #expect(shares == [0.5, 2.0 / 7])
      let biases: [Double?] = rows.map { $0["lion/position_bias"] as? Double }
      #expect(biases == [0, 0])
      // Four, then seven instructions in both orders; each instruction answered once.
      #expect(bench.teacher.asked == ["teacher": 10, "referee": 22, "generator": 6])
      for round in 0..<3 {
        let data = try bench.run().lines("data/round-\(round).jsonl")
        #expect(data.count == (round == 0 ? 4 : 3))
        #expect(data.allSatisfy { ($0["completion"] as? String)?.hasPrefix("answer to") == true })
      }
      #expect(bench.students.state.withLock { $0.trained } == [1, 2, 3, 1, 2, 3, 1, 2, 3])
    }
  }

  @Test("a referee of its own is asked instead of the teacher")
  func referee() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      #expect(try await Self.run(bench, hasReferee: true).state == .finished)
      #expect(bench.referee.asked == ["referee": 22])
      #expect(bench.teacher.asked == ["teacher": 10, "generator": 6])
    }
  }

  @Test("ends the same whenever the student dies", arguments: [1, 4, 8, 12, 17, 25])
  func studentDies(call: Int) async throws {
    let expected = try await withFolder { folder in
      let bench = try Bench(folder)
      _ = try await Self.run(bench)
      return try bench.outcome()
    }
    try await withFolder { folder in
      let bench = try Bench(folder)
      bench.students.state.withLock { $0.callsLeft = call }
      let status = try await Self.run(bench)
      #expect(status.state == .finished, "\(status.message)")
      #expect(bench.students.state.withLock { $0.callsLeft } < 0)
      #expect(try bench.outcome() == expected)
    }
  }

  @Test("ends the same, with nothing paid twice, wherever the coordinator is stopped", arguments: [0, 1, 2])
  func coordinatorStops(round: Int) async throws {
    let expected = try await withFolder { folder in
      let bench = try Bench(folder)
      _ = try await Self.run(bench)
      return try bench.outcome()
    }
    try await withFolder { folder in
      let bench = try Bench(folder)
      let recipe = try bench.recipe()
      let runID = try await bench.run().withCoordinator { coordinator in
        let run = try await coordinator.submit(recipeYAML: recipe, idempotencyKey: "key")
        struct Reached: Error {}
        do {
          try await coordinator.watch(run.runID, afterStep: -1) { run, _ in
            if run.status.step >= round, run.status.state == .running { throw Reached() }
          }
        } catch is Reached {}
        return run.runID
      }
      let status = try await bench.run().withCoordinator { try await $0.end(of: runID) }
      #expect(status.state == .finished, "\(status.message)")
      #expect(try bench.outcome() == expected)
      // What was under way when it stopped may be asked again, the cache has the rest.
      let asked: Int = bench.teacher.asked.values.reduce(0, +)
      #expect(asked <= 54)
    }
  }

  @Test("a cancelled run is resumed whole, its parts cannot be")
  func cancelled() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      let status = try await bench.run().withCoordinator { coordinator in
        let run = try await coordinator.submit(recipeYAML: try bench.recipe(), idempotencyKey: "key")
        if let stopped = try? await coordinator.cancel(run.runID) {
          #expect(stopped.status.state == .cancelled)
          _ = try await coordinator.resume(run.runID)
        }
        let status = try await coordinator.end(of: run.runID)
        await #expect(throws: Coordinator.Refusal.self) { try await coordinator.cancel(run.runID + "/round-0") }
        return status
      }
      #expect(status.state == .finished, "\(status.message)")
    }
  }

  @Test("a budget ends the run with the student that was paid for")
  func budget() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      let status = try await Self.run(bench, ["lion.budget_tokens=2500"])
      #expect(status.state == .finished && status.message == "finished: the budget is spent", "\(status.message)")
      #expect(FileManager.default.fileExists(atPath: folder.path + "/out/student/state"))
    }
  }

  @Test(
    "what would keep an imitation from its end is refused before anything is paid",
    arguments: [
      (["evaluation.checker=nobody"], "evaluation.checker: 'nobody' is unknown"),
      (["data.eval=missing.jsonl"], "missing.jsonl: cannot be read: no such file"),
      (
        ["data.train=FOLDER/long.jsonl", "training.max_length=100"],
        "the longest prompt has 202 tokens, which fill the student's context of 128"
      ),
    ])
  func imitation(overrides: [String], message: String) async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      let long = #"{"prompt":"\#(String(repeating: "a ", count: 100))a"}"#
      try Data(long.utf8).write(to: folder.appendingPathComponent("long.jsonl"))
      let status = try await Self.run(bench, overrides.map { $0.replacing("FOLDER", with: folder.path) })
      #expect(status.state == .failed && status.message.contains(message), "\(status.message)")
      #expect(bench.teacher.asked.isEmpty)
    }
  }

  @Test("another vocabulary is refused before anything is paid")
  func handshake() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      bench.students.state.withLock { $0.description = makeDescription { $0.vocabSize = 299 } }
      let status = try await Self.run(bench)
      #expect(
        status.state == .failed && status.message.contains("their vocabularies differ (300 and 299 tokens)"),
        "\(status.message)")
      #expect(bench.teacher.asked.isEmpty)
    }
  }
}
