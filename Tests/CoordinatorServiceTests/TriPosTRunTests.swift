import CoordinatorService
import Foundation
import GRPCCore
import Recipes
import Sequences
import Synchronization
import Testing
import WireBytes
import WireFormat

/// A teacher that edits: rows of even numbers in two steps, odd ones at once, and «7» never. It counts what it is asked.
private final class EditingTeacher: TeacherUpstream {
  let address = "teacher:7001"
  private let prompts = Mutex<[String]>([])
  /// All prompts, one for each edit.
  var asked: [String] { prompts.withLock { $0 } }

  func describe() async throws -> WireModelDescription { makeDescription { $0.contextLength = 4096 } }

  func reply(
    to request: WireBytes, of method: TeacherMethod, receive: @escaping @Sendable (WireBytes) async throws -> Void
  ) async throws {
    let asked = try request.withUnsafeBytes { try TeacherServiceGenerateRequest(decoding: $0) }
    let batch = try asked.prompts.map { try SequenceBatch($0) } ?? SequenceBatch()
    let completions = batch.sequences.enumerated().map { index, sequence in
      let prompt = LetterCodec().decode(Array(sequence.tokenIDs))
      prompts.withLock { $0.append(prompt) }
      return Completion(
        promptIndex: index, tokenIDs: LetterCodec().encodeContinuation(Self.edit(prompt)) + [2], tokenLogprobs: [],
        finishReason: .stop)
    }
    try await receive(
      WireBytes(TeacherServiceGenerateResponse(completions: WireCompletionBatch(completions)).encoded()))
  }

  private static func edit(_ prompt: String) -> String {
    guard let match = prompt.firstMatch(of: /\[Task\]\nsay (\d)\n\n\[Answer begins\]\n(.*)\n/),
      let number = Int(match.output.1)
    else { return "?" }
    let isSecond = match.output.2 == "half of it"
    let update = number == 7 ? "\(match.output.2)" : number % 2 == 0 && !isSecond ? "half of it" : "word \(number)"
    return "Feedback: that is not number \(number)\nUpdate: \(update)"
  }
}

@Suite("Runs of edited trajectories over a coordinator", .timeLimit(.minutes(2)))
struct TriPosTRunTests {
  private struct Bench {
    let folder: URL
    let teacher = EditingTeacher()
    let students = FakeStudents()

    init(_ folder: URL) throws {
      self.folder = folder
      _ = try RunBench.writeModel(in: folder)
      let rows = (1...7).map { "{\"prompt\":\"say \($0)\",\"completion\":\"word \($0)\"}" }
      try RunBench.write(rows, to: "train.jsonl", in: folder)
    }

    var run: RunBench { RunBench(folder: folder, teacher: teacher, students: students) }

    func recipe(_ overrides: [String] = []) throws -> String {
      let yaml = """
        method: tripost
        teacher: teacher:7001
        student: \(folder.path)/model
        data: {train: \(folder.path)/train.jsonl}
        output_dir: \(folder.path)/out
        generation: {max_new_tokens: 64, batch_size: 3}
        rejection: {checker: exact_match}
        tripost: {iterations: 2, enough_improvements: 8}
        training: {per_device_train_batch_size: 4, max_steps: 3, save_steps: 2}
        evaluation: {metrics: []}
        """
      return try Recipe(yaml: yaml, overrides: overrides).resolvedYAML
    }

    /// All attempts with what became of them, and the student: what a run comes to.
    func outcome() throws -> [String] {
      try ["trajectories.jsonl", "data/round-0.jsonl", "data/round-1.jsonl", "student/state"].map {
        try String(contentsOfFile: "\(folder.path)/out/\($0)", encoding: .utf8)
      }
    }
  }

  private static func run(_ bench: Bench, _ overrides: [String] = []) async throws -> RunStatus {
    try await bench.run.finish(try bench.recipe(overrides))
  }

  @Test("attempts, edits and learns in turn; feedback and updates have their weight, and each kind its share")
  func files() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      let status = try await Self.run(bench)
      #expect(
        status == RunStatus(state: .finished, message: "finished after 2 iterations", step: 2, maxSteps: 2), "\(status)"
      )
      let trajectories = try bench.run.lines("trajectories.jsonl")
      #expect(trajectories.count == 14)
      for trajectory in trajectories {
        let line = try #require(trajectory["line"] as? Int)
        let answers = try #require(trajectory["answers"] as? [String])
        let expected = line == 7 ? "stalled" : "improved"
        #expect(answers.count == 3 - line % 2)
        #expect(trajectory["outcome"] as? String == expected)
        #expect(line == 7 || answers.last == "word \(line)")
      }
      // Nine edits and one without progress in either iteration.
      #expect(bench.teacher.asked.count == 20)
      for round in 0..<2 {
        // 9 improvements, 6 approvals and one criticism, 7 given answers: 9 : 6 : 6.
        let rows = try bench.run.lines("data/round-\(round).jsonl")
        let kinds = rows.compactMap { ($0["source"] as? [String: Any])?["kind"] as? String }
        let counts = Dictionary(grouping: kinds) { $0 }.mapValues(\.count)
        #expect(counts == ["improvement": 9, "feedback": 6, "given": 6])
        for (row, kind) in zip(rows, kinds) where kind != "given" {
          let turns = try #require(row["turns"] as? [[String: Any]])
          let weights = turns.compactMap { $0["weight"] as? Double }
          let expected: [Double] = kind == "improvement" ? [1, 1.5, 1.5] : [1, 1]
          #expect(weights == expected)
          #expect((turns[1]["text"] as? String)?.hasPrefix("\nFeedback: ") == true)
        }
      }
      let metrics = try #require(try bench.run.lines("metrics.jsonl").last)
      #expect(metrics["data/improvements"] as? Int == 9 && metrics["data/kept"] as? Int == 21)
      #expect(metrics["data/attempts_stalled"] as? Int == 1 && metrics["data/teacher_requests"] as? Int == 10)
      #expect(bench.students.state.withLock { $0.trained } == [1, 2, 3, 1, 2, 3])
      #expect(bench.students.state.withLock { $0.tokenWeights.joined().contains(1.5) })
    }
  }

  @Test("rounds are added until there are enough improvements; limits of rows are the data's alone")
  func rounds() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      let status = try await Self.run(
        bench,
        ["tripost.enough_improvements=1000", "tripost.sampling_rounds=3", "tripost.iterations=1", "data.max_samples=3"])
      #expect(status.state == .finished, "\(status.message)")
      #expect(try bench.run.lines("trajectories.jsonl").count == 9)
      // 10 improvements that differ, approvals of three rows, three given answers: 4 : 3 : 3.
      #expect(try bench.run.lines("data/round-0.jsonl").count == 10)
    }
  }

  @Test("ends the same whenever the student dies", arguments: [1, 2, 4, 6, 9])
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

  @Test(
    "ends the same, with nothing paid twice, wherever the coordinator is stopped", arguments: [(0, 3), (1, 0), (1, 4)])
  func coordinatorStops(iteration: Int, decided: Int) async throws {
    let expected = try await withFolder { folder in
      let bench = try Bench(folder)
      _ = try await Self.run(bench)
      return try bench.outcome()
    }
    try await withFolder { folder in
      let bench = try Bench(folder)
      let recipe = try bench.recipe()
      let runID = try await bench.run.withCoordinator { coordinator in
        let run = try await coordinator.submit(recipeYAML: recipe, idempotencyKey: "key")
        struct Reached: Error {}
        do {
          try await coordinator.watch(run.runID, afterStep: -1) { run, _ in
            if run.status.step > iteration { throw Reached() }
            guard run.status.step == iteration, let words = run.status.message.firstMatch(of: /edited \((\d+) of/)
            else {
              return
            }
            if Int(words.output.1) ?? 0 >= decided { throw Reached() }
          }
        } catch is Reached {}
        return run.runID
      }
      let status = try await bench.run.withCoordinator { try await $0.end(of: runID) }
      #expect(status.state == .finished, "\(status.message)")
      #expect(try bench.outcome() == expected)
      // Those that were under way when it stopped may be asked again; the cache has what had come.
      #expect(bench.teacher.asked.count <= 20 + 16)
    }
  }

  @Test("a run without an improvement fails with what the attempts came to")
  func nothing() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      try RunBench.write([#"{"prompt":"say 7","completion":"word 7"}"#], to: "train.jsonl", in: folder)
      let status = try await Self.run(bench, ["tripost.sampling_rounds=1"])
      #expect(status.state == .failed)
      #expect(
        status.message == "iteration 1 of 2: no attempt became better (1 stalled): there is nothing to learn",
        "\(status.message)")
      #expect(try bench.run.lines("trajectories.jsonl").count == 1)
    }
  }
  @Test("what would keep the imitation from its end is refused before the student and the teacher write")
  func rehearsal() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      let status = try await Self.run(bench, ["data.eval=\(folder.path)/nowhere.jsonl"])
      #expect(status.state == .failed && status.message.contains("nowhere.jsonl"), "\(status.message)")
      #expect(bench.teacher.asked.isEmpty)
    }
  }
}
