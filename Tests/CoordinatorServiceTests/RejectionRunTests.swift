import CoordinatorService
import Foundation
import GRPCCore
import Recipes
import Sequences
import Synchronization
import Testing
import WireBytes
import WireFormat

/// A teacher whose answers are sums: right by every third seed. It counts what it is asked, and what it is paid for.
private final class SummingTeacher: TeacherUpstream {
  let address = "teacher:7001"
  private let prompts = Mutex<[String]>([])
  private let answered = Mutex<[String]>([])
  private let limit = Mutex(Int.max)
  /// All prompts, one for each answer.
  var asked: [String] { prompts.withLock { $0 } }
  /// All that was answered: prompts with their seeds.
  var paid: [String] { answered.withLock { $0 } }

  /// Answers no sums of numbers from a limit on, until it is called again.
  func hold(from number: Int) { limit.withLock { $0 = number } }

  func describe() async throws -> WireModelDescription { makeDescription { $0.contextLength = 4096 } }

  func reply(
    to request: WireBytes, of method: TeacherMethod, receive: @escaping @Sendable (WireBytes) async throws -> Void
  ) async throws {
    let asked = try request.withUnsafeBytes { try TeacherServiceGenerateRequest(decoding: $0) }
    let batch = try asked.prompts.map { try SequenceBatch($0) } ?? SequenceBatch()
    let texts = batch.sequences.map { LetterCodec().decode(Array($0.tokenIDs)) }
    prompts.withLock { $0 += texts }
    if texts.contains(where: { number(in: $0) >= limit.withLock(\.self) }) {
      for await _ in AsyncStream<Never>.makeStream().stream {}
      throw CancellationError()
    }
    answered.withLock { $0 += zip(texts, asked.seeds).map { "\($0) by \($1)" } }
    let completions = texts.enumerated().map { index, prompt in
      let numbers = prompt.split { !$0.isNumber }.suffix(2).compactMap { Int($0) }
      let sum = numbers.reduce(0, +) + Int(asked.seeds[index] % 3)
      return Completion(
        promptIndex: index, tokenIDs: LetterCodec().encodeContinuation("It is #### \(sum)") + [2], tokenLogprobs: [],
        finishReason: .stop)
    }
    try await receive(
      WireBytes(TeacherServiceGenerateResponse(completions: WireCompletionBatch(completions)).encoded()))
  }
}

/// The first number of a text.
private func number(in text: String) -> Int { text.split { !$0.isNumber }.first.flatMap { Int($0) } ?? 0 }

@Suite("Runs of rejection sampling", .timeLimit(.minutes(2)))
struct RejectionRunTests {
  private struct Bench {
    let folder: URL
    let teacher = SummingTeacher()
    let students = FakeStudents()
    var programs = ProgramPermission.none

    init(_ folder: URL, programs: ProgramPermission = .none) throws {
      (self.folder, self.programs) = (folder, programs)
      _ = try RunBench.writeModel(in: folder)
      let rows = (1...6).map { number in
        "{\"prompt\":\"add \(number) and 10\",\"completion\":\"#### \(number + 10)\",\"limit\":3}"
      }
      // With blank lines between.
      try RunBench.write([rows.joined(separator: "\n\n")], to: "train.jsonl", in: folder)
    }

    var run: RunBench {
      RunBench(folder: folder, teacher: teacher, students: students) { [programs] in $0.programs = programs }
    }

    func recipe(_ overrides: [String] = []) throws -> String {
      let yaml = """
        method: rejection
        teacher: teacher:7001
        student: \(folder.path)/model
        data: {train: \(folder.path)/train.jsonl}
        output_dir: \(folder.path)/out
        generation: {max_new_tokens: 64}
        rejection: {checker: numeric_strict, samples_per_prompt: 4, keep: all}
        training: {per_device_train_batch_size: 2, max_steps: 3, save_steps: 2}
        evaluation: {metrics: []}
        """
      return try Recipe(yaml: yaml, overrides: overrides).resolvedYAML
    }

    /// All answers with what became of them, and the student: what a run comes to.
    func outcome() throws -> [String] {
      try ["answers.jsonl", "student/state"].map {
        try String(contentsOfFile: "\(folder.path)/out/\($0)", encoding: .utf8)
      }
    }
  }

  private static func run(_ bench: Bench, _ overrides: [String] = []) async throws -> RunStatus {
    try await bench.run.withCoordinator { try await $0.finish(try bench.recipe(overrides)) }
  }

  @Test(
    "learns the answers that are right, and leaves all of them with what became of each", arguments: ["\n", "\r\n"])
  func files(lineEnd: String) async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      let train = folder.appendingPathComponent("train.jsonl")
      try Data(String(contentsOf: train, encoding: .utf8).replacing("\n", with: lineEnd).utf8).write(to: train)
      let status = try await Self.run(bench)
      #expect(status.state == .finished && status.step == 1 && status.maxSteps == 1, "\(status)")
      #expect(bench.teacher.asked.count == 24)
      let answers = try bench.run.lines("answers.jsonl")
      #expect(answers.count == 24)
      let rows = try bench.run.lines("data/round-0.jsonl")
      #expect(!rows.isEmpty && status.message == "finished: \(rows.count) answers were learnt")
      for row in rows {
        let source = try #require(row["source"] as? [String: Any])
        let line = try #require(source["line"] as? Int)
        // Blank lines count: rows stand on 1, 3, 5, …
        #expect(row["prompt"] as? String == "add \(line / 2 + 1) and 10")
        #expect(row["completion"] as? String == "It is #### \(line / 2 + 11)")
        #expect(source["teacher"] as? String == "teacher:7001")
      }
      // A row's right answers are one text: the others are its duplicates.
      let right = answers.filter { ($0["rejection"] as? String) != "wrong" }
      let metrics = try #require(try bench.run.lines("metrics.jsonl").last)
      #expect(metrics["data/kept"] as? Int == rows.count && metrics["data/answers"] as? Int == 24)
      #expect(metrics["data/rejected_wrong"] as? Int == 24 - right.count)
      #expect((metrics["data/rejected_duplicate"] as? Int ?? 0) == right.count - rows.count)
      #expect(bench.students.state.withLock { $0.trained } == [1, 2, 3])
    }
  }

  @Test("a right answer ends the questions for its row; examples are the teacher's alone")
  func first() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      try Data("add 1 and 2: #### 3\n".utf8).write(to: folder.appendingPathComponent("examples.txt"))
      let status = try await Self.run(
        bench,
        ["rejection.keep=first", "rejection.samples_per_prompt=50", "rejection.examples=\(folder.path)/examples.txt"])
      #expect(status.state == .finished, "\(status.message)")
      let answers = try bench.run.lines("answers.jsonl")
      #expect(answers.count { $0["isKept"] as? Bool == true } == 6)
      #expect(bench.teacher.asked.count == answers.count && answers.count < 100)
      #expect(bench.teacher.asked.allSatisfy { $0.hasPrefix("add 1 and 2: #### 3\nadd ") })
      #expect(
        try bench.run.lines("data/round-0.jsonl").allSatisfy { ($0["prompt"] as? String)?.hasSuffix(" and 10") == true }
      )
    }
  }

  @Test("ends the same whenever the student dies", arguments: [1, 3, 5])
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
      #expect(try bench.outcome() == expected)
    }
  }

  @Test(
    "a coordinator that is stopped while answers come in ends the same; the journal and the cache each let nothing be paid twice",
    arguments: ["cache", "journal"])
  func coordinatorStops(lost: String) async throws {
    let expected = try await withFolder { folder in
      let bench = try Bench(folder)
      _ = try await Self.run(bench)
      return try bench.outcome()
    }
    try await withFolder { folder in
      let bench = try Bench(folder)
      bench.teacher.hold(from: 3)
      try await bench.run.withCoordinator { coordinator in
        let run = try await coordinator.submit(recipeYAML: try bench.recipe(), idempotencyKey: "key")
        struct Reached: Error {}
        await #expect(throws: Reached.self) {
          try await coordinator.watch(run.runID, afterStep: -1) { run, _ in
            if run.status.message.contains("the teacher answers (2 of 6 rows") { throw Reached() }
          }
        }
      }
      #expect(bench.teacher.paid.count == 8)
      bench.teacher.hold(from: .max)
      // Without its journal the run is one that begins, in a new folder.
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      for name in names where name.hasPrefix(lost) || lost == "journal" && name == "out" {
        try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
      }
      let status = try await Self.run(bench)
      #expect(status.state == .finished, "\(status.message)")
      #expect(try bench.outcome() == expected)
      #expect(bench.teacher.paid.count == 24 && Set(bench.teacher.paid).count == 24)
    }
  }

  @Test(
    "what would keep the imitation from its end is refused before anything is paid",
    arguments: [
      (["evaluation.checker=nobody"], "evaluation.checker: 'nobody' is unknown"),
      (["data.eval=missing.jsonl"], "missing.jsonl: cannot be read: no such file"),
      (["data.eval=FOLDER/text.jsonl"], "text.jsonl:1: evaluation needs a prompt"),
      (["rejection.examples=FOLDER/long.txt"], "which fill the teacher's context of 4096"),
    ])
  func imitation(overrides: [String], message: String) async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      try Data(#"{"text":"of one piece"}"#.utf8).write(to: folder.appendingPathComponent("text.jsonl"))
      try Data(repeating: UInt8(ascii: "a"), count: 5000).write(to: folder.appendingPathComponent("long.txt"))
      let status = try await Self.run(bench, overrides.map { $0.replacing("FOLDER", with: folder.path) })
      #expect(status.state == .failed && status.message.contains(message), "\(status.message)")
      #expect(bench.teacher.asked.isEmpty)
    }
  }

  @Test("prompts leave room for the answers within the context that a new student is given")
  func context() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      _ = try await Self.run(
        bench,
        [
          "student.from=\(folder.path)/model", "student.max_position_embeddings=14", "generation.max_new_tokens=5",
        ])
      #expect(Set(bench.teacher.asked) == Set((1...6).map { "\($0) and 10" }))
    }
  }

  @Test("a run without a right answer fails with the reasons")
  func nothing() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      let status = try await Self.run(bench, ["rejection.checker=exact_match"])
      #expect(status.state == .failed)
      #expect(
        status.message == "none of 24 answers was kept (24 wrong): there is nothing to learn", "\(status.message)")
      #expect(try bench.run.lines("answers.jsonl").count == 24)
    }
  }

  @Test("an external program decides, and one that is not permitted is refused before anything is paid")
  func program() async throws {
    let check = """
      import json, sys
      given = json.load(sys.stdin)
      assert given["row"]["limit"] == 3
      number = int(given["completion"].split()[-1])
      if number % 2: raise SystemExit(1)
      while number == 16: pass
      """
    try await withFolder { folder in
      let bench = try Bench(folder, programs: .any)
      try Data(check.utf8).write(to: folder.appendingPathComponent("check.py"))
      let command = [
        "rejection.checker=command", #"rejection.command=["python3","\#(folder.path)/check.py"]"#,
        "rejection.isolation=none", "rejection.command_seconds=2", "rejection.samples_per_prompt=2",
      ]
      let status = try await Self.run(bench, command)
      #expect(status.state == .finished, "\(status.message)")
      for answer in try bench.run.lines("answers.jsonl") {
        let number = (answer["answer"] as? String).flatMap { $0.split(separator: " ").last }.flatMap { Int($0) } ?? 0
        let reason = answer["rejection"] as? String
        #expect(number != 16 || reason == "checker_time", "\(answer)")
        #expect(number % 2 == 0 || reason == "wrong", "\(answer)")
      }
    }
    for (permission, isolation) in [(ProgramPermission.none, "bubblewrap"), (.none, "none"), (.isolated, "none")] {
      try await withFolder { folder in
        let bench = try Bench(folder, programs: permission)
        let status = try await Self.run(
          bench, ["rejection.checker=command", "rejection.command=[true]", "rejection.isolation=\(isolation)"])
        #expect(status.state == .failed && status.message.contains("--checker-programs"), "\(status.message)")
        #expect(bench.teacher.asked.isEmpty)
      }
    }
  }

  @Test("a program of a model folder is never run")
  func programOfModel() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder, programs: .any)
      let status = try await Self.run(
        bench, ["rejection.checker=command", #"rejection.command=["\#(folder.path)/model/../model/check"]"#])
      #expect(status.state == .failed && status.message.contains("from which nothing is run"), "\(status.message)")
    }
  }

  @Test(
    "a program is given neither sockets nor what holds a model", arguments: ["/dev/null", "/proc/self", "/", "FOLDER"])
  func reads(place: String) async throws {
    try await withFolder { folder in
      let bench = try Bench(folder, programs: .any)
      let path = place == "FOLDER" ? folder.path : place
      let status = try await Self.run(
        bench, ["rejection.checker=command", "rejection.command=[true]", "rejection.command_reads=[\(path)]"])
      #expect(status.state == .failed && status.message.contains(path), "\(status.message)")
      #expect(bench.teacher.asked.isEmpty)
    }
  }

  @Test("a checker of numbers needs one in each row")
  func numbers() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      try Data(#"{"prompt":"a","completion":"1"}\#n{"prompt":"b","completion":"none"}"#.utf8)
        .write(to: folder.appendingPathComponent("train.jsonl"))
      let status = try await Self.run(bench)
      #expect(status.state == .failed && status.message.contains("train.jsonl:2:"), "\(status.message)")
      #expect(bench.teacher.asked.isEmpty)
    }
  }
}
