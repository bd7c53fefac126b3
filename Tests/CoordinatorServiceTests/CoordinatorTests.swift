import CoordinatorService
import Foundation
import GRPCCore
import Recipes
import Synchronization
import Testing

/// A coordinator with a teacher and students of this process, its files in a folder.
private struct Bench {
  let folder: URL
  let teacher = WritingTeacher()
  let students = FakeStudents()

  init(_ folder: URL) throws {
    self.folder = folder
    _ = try RunBench.writeModel(in: folder, contextLength: 64)
    try write("train.jsonl", (0..<10).map { #"{"prompt":"ask \#($0)","completion":"answer \#($0)"}"# })
    try write("eval.jsonl", (0..<5).map { #"{"prompt":"held out \#($0)","completion":"reply"}"# })
  }

  func write(_ name: String, _ lines: [String]) throws {
    try RunBench.write(lines, to: name, in: folder)
  }

  func recipe(_ overrides: [String] = []) throws -> String {
    let yaml = """
      method: distillm2
      teacher: teacher:7001
      student: \(folder.path)/model
      data: {train: \(folder.path)/train.jsonl, eval: \(folder.path)/eval.jsonl}
      output_dir: \(folder.path)/out
      generation: {batch_size: 4, rounds: 2, max_new_tokens: 8}
      training: {per_device_train_batch_size: 3, max_steps: 9, save_steps: 4}
      evaluation: {eval_steps: 3, metrics: [kl, perplexity, rouge_l, valid, distinct], checker: short}
      """
    return try Recipe(yaml: yaml, overrides: overrides).resolvedYAML
  }

  func run(hasTeacher: Bool = true, limit: Int? = nil) -> RunBench {
    struct Short: AnswerChecker {
      func isValid(prompt: String, answer: String) -> Bool { answer.count == 3 && prompt.hasPrefix("held out") }
    }
    return RunBench(folder: folder, teacher: hasTeacher ? teacher : nil, students: students) {
      $0.checkers = ["short": Short()]
      $0.runLimit = limit
    }
  }

  func makeCoordinator(registry: TrainerRegistry, hasTeacher: Bool = true) throws -> Coordinator {
    try run(hasTeacher: hasTeacher).makeCoordinator(registry: registry)
  }

  /// Runs a coordinator with one student at hand until the body returns.
  func withCoordinator<T: Sendable>(
    hasTeacher: Bool = true, _ body: @Sendable (Coordinator) async throws -> T
  ) async throws -> T {
    try await run(hasTeacher: hasTeacher).withCoordinator(body)
  }

  var exported: String? { try? String(contentsOfFile: folder.path + "/out/student/state", encoding: .utf8) }

  func rows() throws -> [[String: Double]] {
    let text = try String(contentsOfFile: folder.path + "/out/metrics.jsonl", encoding: .utf8)
    return try text.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Double])
    }
  }
}

@Suite("Coordinator", .timeLimit(.minutes(2)))
struct CoordinatorTests {
  /// The student of an undisturbed run.
  private func undisturbed(_ overrides: [String] = []) async throws -> String {
    try await withFolder { folder in
      let bench = try Bench(folder)
      let status = try await bench.withCoordinator { try await $0.finish(try bench.recipe(overrides)) }
      #expect(status.state == .finished, "\(status.message)")
      return try #require(bench.exported).replacing(folder.path, with: "")
    }
  }

  @Test("a run that comes before the coordinator has read its journal is worked on once", arguments: [false, true])
  func begunOnce(isResumed: Bool) async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      bench.students.state.withLock { $0.lossAt[1] = .nan }
      if isResumed { _ = try await bench.withCoordinator { try await $0.finish(try bench.recipe()) } }
      let registry = TrainerRegistry(term: .seconds(1000))
      _ = registry.register(trainerID: "a", address: "student:7002")
      let coordinator = try bench.makeCoordinator(registry: registry)
      let run = try await coordinator.submit(recipeYAML: try bench.recipe(), idempotencyKey: "key")
      if isResumed { _ = try await coordinator.resume(run.runID) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await coordinator.run() }
        #expect(try await coordinator.end(of: run.runID).state == .failed)
        bench.students.state.withLock { $0.lossAt = [:] }
        // One that was begun twice would be taken up again meanwhile.
        let other = try bench.recipe(["output_dir=\(folder.path)/other"])
        let second = try await coordinator.submit(recipeYAML: other, idempotencyKey: "other")
        #expect(try await coordinator.end(of: second.runID).state == .finished)
        #expect(try await coordinator.run(run.runID).status.state == .failed)
        group.cancelAll()
      }
    }
  }

  @Test("where one run may be worked on at once the next waits until it has ended, and one that waits can be cancelled")
  func oneAtOnce() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      // Nobody trains: a run that is worked on waits for a student, for ever.
      let coordinator = try bench.run(limit: 1).makeCoordinator(registry: TrainerRegistry(term: .seconds(1000)))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await coordinator.run() }
        var ids: [String] = []
        for name in ["first", "second", "third"] {
          let recipe = try bench.recipe(["output_dir=\(folder.path)/\(name)"])
          ids.append(try await coordinator.submit(recipeYAML: recipe, idempotencyKey: name).runID)
        }
        func wait(for run: String, _ isSo: @escaping @Sendable (String) -> Bool) async throws {
          while !isSo(try await coordinator.run(run).status.message) { await Task.yield() }
        }
        let waits: @Sendable (String) -> Bool = { $0.contains("one of 1 run that may be worked on at once") }
        for id in ids[1...] { try await wait(for: id, waits) }
        #expect(try await coordinator.cancel(ids[2]).status.state == .cancelled)
        #expect(waits(try await coordinator.run(ids[1]).status.message))
        #expect(try await coordinator.cancel(ids[0]).status.state == .cancelled)
        try await wait(for: ids[1]) { !waits($0) }
        group.cancelAll()
      }
    }
  }

  @Test("a run that is resumed twice at once is so once")
  func resumedOnce() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      bench.students.state.withLock { $0.lossAt[1] = .nan }
      try await bench.withCoordinator { coordinator in
        let run = try await coordinator.submit(recipeYAML: try bench.recipe(), idempotencyKey: "key")
        _ = try await coordinator.end(of: run.runID)
        bench.students.state.withLock { $0.lossAt = [:] }
        let resumed = await withTaskGroup(of: Bool.self) { group in
          for _ in 0..<8 { group.addTask { (try? await coordinator.resume(run.runID)) != nil } }
          return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(resumed == 1)
        #expect(try await coordinator.end(of: run.runID).state == .finished)
      }
    }
  }

  @Test("a run that another version began, whose recipes mean something else now, is not gone on with, and says so")
  func otherVersion() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      let journal = try Journal(path: folder.path + "/journal.sqlite")
      let recipe = try bench.recipe()
      let line = try #require(recipe.split(separator: "\n").first { $0.contains("loss_type") })
      let run = RunRecord(
        runID: "old", recipeYAML: recipe.replacing("\(line)\n", with: ""), outputDir: folder.path + "/out",
        method: "distillm2", submittedMilliseconds: 0,
        status: RunStatus(state: .waiting, message: "", step: 0, maxSteps: 9))
      #expect(try await journal.add(run, idempotencyKey: "") == .new)
      _ = try await journal.keepDataDigest("of the old recipe", of: "old")
      let status = try await bench.withCoordinator { try await $0.end(of: "old") }
      #expect(status.state == .failed && status.message.contains("begun by another version of retort"))
      #expect(status.message.contains("'loss_type: distillm2'"), "\(status.message)")
    }
  }

  /// The steps of the rows that have a name.
  private static func steps(of name: String, in rows: [[String: Double]]) -> [Int] {
    rows.filter { $0.keys.contains(name) }.compactMap { $0["step"].map { Int($0) } }
  }

  @Test("a run writes its recipe, a row per step and per evaluation, checkpoints and the student")
  func files() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      let status = try await bench.withCoordinator { try await $0.finish(try bench.recipe()) }
      #expect(status == RunStatus(state: .finished, message: "finished after 9 steps", step: 9, maxSteps: 9))
      let rows = try bench.rows()
      #expect(Self.steps(of: "loss", in: rows) == Array(1...9))
      #expect(Self.steps(of: "eval/kl", in: rows) == [0, 3, 6, 9])
      for row in rows where row.keys.contains("loss") {
        #expect(row["wire/score/bytes_sent"] == 30 && row["wire/score/bytes_received"] == 400)
        #expect(row["wire/score/messages_sent"] == 1 && row["wire/score/messages_received"] == 2)
        #expect(row["wire/score/encode_s"] == 0.5 && row["wire/score/decode_s"] == 0.25)
        #expect(row["wire/score/retries"] == 3 && row["wait/score_read_s"] == 1)
        #expect(row["wire/teacher/bytes_fetched"] != nil && row["wire/teacher/bytes_from_cache"] != nil)
      }
      let evaluations = rows.filter { $0.keys.contains("eval/kl") }
      #expect(evaluations.count == 4)
      for row in evaluations {
        #expect(row["eval/valid"] == 1 && row["eval/valid_greedy"] == 1)
        #expect(row["eval/kl"] == 0.5 && row["eval/perplexity"].map { abs($0 - 1.6487) < 1e-4 } == true)
        #expect(row["eval/distinct_valid"].map { $0 > 1 } == true)
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/out").sorted()
      #expect(names == ["checkpoint-8", "checkpoint-9", "metrics.jsonl", "recipe.yaml", "samples.jsonl", "student"])
      try checkSamples(URL(fileURLWithPath: folder.path + "/out/samples.jsonl"))
      let written = try String(contentsOfFile: folder.path + "/out/recipe.yaml", encoding: .utf8)
      #expect(try Recipe(yaml: written) == Recipe(yaml: bench.recipe()))
    }
  }

  @Test("the last files are there before the journal says that the run has finished, and nothing half-written")
  func lastFiles() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      try FileManager.default.createDirectory(atPath: folder.path + "/out", withIntermediateDirectories: true)
      try bench.write("out/.dat.nosync1.abcdef", ["half"])
      let told = Mutex<[RunStatus.State?]>([])
      var run = bench.run()
      run.adjust = { [adjust = run.adjust] dependencies in
        adjust(&dependencies)
        let journal = dependencies.journal
        dependencies.onFinished = { outputDir, _ in
          let state = try? await journal.runs().first?.status.state
          let left = (try? FileManager.default.contentsOfDirectory(atPath: outputDir)) ?? []
          #expect(left.contains("checkpoint-9") && !left.contains("checkpoint-4"), "\(left)")
          #expect(!left.contains { $0.hasPrefix(".") }, "\(left)")
          told.withLock { $0.append(state) }
        }
      }
      let status = try await run.finish(bench.recipe(["training.save_total_limit=1"]))
      #expect(status.state == .finished)
      #expect(told.withLock(\.self) == [.running])
    }
  }

  @Test("what a student that lost its power had half-written is gone once the run has finished")
  func partialFolders() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      let partial = folder.path + "/out/.checkpoint-4.partial-a1b2c3"
      try FileManager.default.createDirectory(atPath: partial + "/checkpoint-4", withIntermediateDirectories: true)
      let status = try await bench.withCoordinator { try await $0.finish(try bench.recipe()) }
      #expect(status.state == .finished)
      #expect(!FileManager.default.fileExists(atPath: partial))
    }
  }

  @Test("the weights of a row's turns reach the student; a batch whose weights are all 1 has none")
  func turns() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      let turns = #"{"prompt":"ask","turns":[{"text":"ab"},{"text":"cd","weight":1.5}]}"#
      try bench.write("train.jsonl", [turns, #"{"prompt":"ask","completion":"e"}"#])
      let overrides = ["method=sft", "training.per_device_train_batch_size=1", "training.max_steps=2"]
      let status = try await bench.withCoordinator { try await $0.finish(try bench.recipe(overrides)) }
      #expect(status.state == .finished, "\(status.message)")
      let weights = bench.students.state.withLock { Set($0.tokenWeights) }
      #expect(weights == [[1, 1, 1.5, 1.5, 1.5], []])
    }
  }

  @Test("two runs of one seed give the same student, another seed another")
  func seeds() async throws {
    let first = try await undisturbed()
    #expect(try await undisturbed() == first)
    #expect(try await undisturbed(["seed=7"]) != first)
  }

  @Test(
    "a student that dies at any call is replaced, and the result is the same", arguments: [1, 3, 7, 12, 20, 33, 41])
  func studentDies(call: Int) async throws {
    let expected = try await undisturbed()
    try await withFolder { folder in
      let bench = try Bench(folder)
      bench.students.state.withLock { $0.callsLeft = call }
      let status = try await bench.withCoordinator { try await $0.finish(try bench.recipe()) }
      #expect(status.state == .finished, "\(status.message)")
      #expect(bench.students.state.withLock { $0.callsLeft } < 0)
      #expect(bench.exported == expected)
      #expect(Self.steps(of: "loss", in: try bench.rows()) == Array(1...9), "repeated steps have one row")
    }
  }

  @Test("the checkpoint that a student was loaded from stays as long as it is used", arguments: [15, 20, 25, 30])
  func checkpointInUse(call: Int) async throws {
    let frequent = ["training.save_steps=1", "training.save_total_limit=1"]
    let expected = try await undisturbed(frequent)
    try await withFolder { folder in
      let bench = try Bench(folder)
      bench.students.state.withLock { $0.callsLeft = call }
      let status = try await bench.withCoordinator { try await $0.finish(try bench.recipe(frequent)) }
      #expect(status.state == .finished, "\(status.message)")
      #expect(bench.exported == expected)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/out")
      #expect(names.filter { $0.hasPrefix("checkpoint") } == ["checkpoint-9"])
    }
  }

  @Test(
    "a coordinator that stops at any step goes on with the run when it is started again", arguments: [0, 1, 4, 5, 8])
  func coordinatorStops(step: Int) async throws {
    let expected = try await undisturbed()
    try await withFolder { folder in
      let bench = try Bench(folder)
      let recipe = try bench.recipe()
      let runID = try await bench.withCoordinator { coordinator in
        let run = try await coordinator.submit(recipeYAML: recipe, idempotencyKey: "key")
        struct Reached: Error {}
        do {
          try await coordinator.watch(run.runID, afterStep: -1) { run, _ in
            if run.status.step >= step { throw Reached() }
          }
        } catch is Reached {}
        return run.runID
      }
      let status = try await bench.withCoordinator { try await $0.end(of: runID) }
      #expect(status.state == .finished, "\(status.message)")
      #expect(bench.exported == expected)
    }
  }

  @Test("the teacher is asked once for what a second run needs again")
  func paidOnce() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      _ = try await bench.withCoordinator { try await $0.finish(try bench.recipe()) }
      let calls = bench.teacher.calls
      #expect(calls == 5)  // ten prompts and five held-out ones, four by four
      let other = try bench.recipe(["output_dir=\(folder.path)/second"])
      _ = try await bench.withCoordinator { coordinator in
        try await coordinator.end(of: try await coordinator.submit(recipeYAML: other, idempotencyKey: "").runID)
      }
      #expect(bench.teacher.calls == calls)
    }
  }

  @Test("a cancelled run is resumed and ends as if nothing had been")
  func cancelled() async throws {
    let expected = try await undisturbed()
    try await withFolder { folder in
      let bench = try Bench(folder)
      let status = try await bench.withCoordinator { coordinator in
        let run = try await coordinator.submit(recipeYAML: try bench.recipe(), idempotencyKey: "")
        if let stopped = try? await coordinator.cancel(run.runID) {
          #expect(stopped.status.state == .cancelled)
          _ = try await coordinator.resume(run.runID)
        }
        return try await coordinator.end(of: run.runID)
      }
      #expect(status.state == .finished, "\(status.message)")
      #expect(bench.exported == expected)
    }
  }

  @Test("a loss that is not a number fails the run with one line")
  func notFinite() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      bench.students.state.withLock { $0.lossAt[2] = .nan }
      let status = try await bench.withCoordinator { try await $0.finish(try bench.recipe()) }
      #expect(status.state == .failed)
      #expect(status.message == "step 2: the loss is nan; lower training.learning_rate or check the model")
    }
  }

  @Test("given pairs are trained on exactly, without a word of teacher or student")
  func pairs() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      try bench.write("train.jsonl", [#"{"prompt":"a","chosen":"b","rejected":"c"}"#])
      let overrides = ["generation=none", "evaluation.metrics=[]", "training.max_steps=1"]
      let status = try await bench.withCoordinator { try await $0.finish(try bench.recipe(overrides)) }
      #expect(status.state == .finished, "\(status.message)")
      #expect(bench.teacher.calls == 0)
    }
  }

  @Test(
    "what is wrong with recipe, data or coordinator fails the run with one line",
    arguments: [
      (["evaluation.checker=nobody"], "evaluation.checker: 'nobody' is unknown; known: short"),
      (["data.train=missing.jsonl"], "missing.jsonl: cannot be read: no such file"),
      (
        ["generation=none"],
        "train.jsonl:1: with generation: none, method distillm2 needs the student's text in 'rejected'"
      ),
      (["student=nowhere"], "nowhere/config.json: no such file"),
      (
        ["method=distillm", "data.eval=FOLDER/asked.jsonl"],
        "has an answer, and method distillm has the student write once the loss of such answers rises"
      ),
    ])
  func problems(overrides: [String], message: String) async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      try bench.write("asked.jsonl", [#"{"prompt":"held out"}"#])
      let recipe = try bench.recipe(overrides.map { $0.replacing("FOLDER", with: folder.path) })
      let status = try await bench.withCoordinator { try await $0.finish(recipe) }
      #expect(status.state == .failed)
      #expect(status.message.contains(message), "\(status.message)")
      #expect(!status.message.contains("\n"))
    }
  }

  @Test("a full disk fails the run at once, and with space it goes on to the same student")
  func fullDisk() async throws {
    let expected = try await undisturbed()
    try await withFolder { folder in
      let bench = try Bench(folder)
      bench.students.state.withLock { $0.writeError = RPCError(code: .resourceExhausted, message: "full") }
      let status = try await bench.withCoordinator { coordinator in
        let run = try await coordinator.submit(recipeYAML: try bench.recipe(), idempotencyKey: "")
        let full = try await coordinator.end(of: run.runID)
        #expect(full.state == .failed)
        #expect(full.message == "the disk of \(folder.path)/out is full: free some space, then go on with --resume")
        #expect(bench.students.state.withLock { $0.writes } == 1)
        bench.students.state.withLock { $0.writeError = nil }
        _ = try await coordinator.resume(run.runID)
        return try await coordinator.end(of: run.runID)
      }
      #expect(status.state == .finished, "\(status.message)")
      #expect(bench.exported == expected)
    }
  }

  @Test(
    "a folder that is another run's, by whatever name, is refused; the same key again is not",
    arguments: ["out", "out/", "./out", "other/../out", "link/out"])
  func folderTaken(name: String) async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      try FileManager.default.createSymbolicLink(
        atPath: folder.path + "/link", withDestinationPath: folder.path)
      try await bench.withCoordinator { coordinator in
        let recipe = try bench.recipe()
        let first = try await coordinator.submit(recipeYAML: recipe, idempotencyKey: "key")
        let second = "\(folder.path)/\(name)"
        let other = try bench.recipe(["output_dir=\(second)", "seed=7"])
        let refusal = Coordinator.Refusal.folderTaken(folder: try Recipe(yaml: other).outputDir, runID: first.runID)
        await #expect(throws: refusal) { try await coordinator.submit(recipeYAML: other, idempotencyKey: "") }
        _ = try await coordinator.end(of: first.runID)
        await #expect(throws: refusal) { try await coordinator.submit(recipeYAML: other, idempotencyKey: "new") }
        #expect(refusal.description.hasSuffix("choose another output_dir, or resume \(first.runID)"))
        #expect(try await coordinator.submit(recipeYAML: recipe, idempotencyKey: "key").runID == first.runID)
        #expect(try await coordinator.runs().count == 1)
      }
    }
  }

  @Test(
    "a folder with the files of an unknown run is refused, one with other files is not",
    arguments: ["recipe.yaml", "metrics.jsonl", "notes.txt"])
  func folderOnDisk(file: String) async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      let out = folder.path + "/out"
      try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
      try bench.write("out/\(file)", ["mine"])
      try await bench.withCoordinator { coordinator in
        let recipe = try bench.recipe()
        guard file != "notes.txt" else {
          #expect(try await coordinator.finish(recipe).state == .finished)
          return
        }
        await #expect(throws: Coordinator.Refusal.folderTaken(folder: out, runID: nil)) {
          try await coordinator.submit(recipeYAML: recipe, idempotencyKey: "key")
        }
        #expect(try await coordinator.runs().isEmpty)
      }
      #expect(try String(contentsOfFile: "\(out)/\(file)", encoding: .utf8) == "mine")
    }
  }

  @Test(
    "a folder that cannot be made fails the run with one line of our own",
    arguments: [("/proc/nope", "No such file or directory"), ("FOLDER/file/out", "Not a directory")])
  func unwritable(name: String, reason: String) async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      try bench.write("file", ["no folder"])
      let out = name.replacing("FOLDER", with: folder.path)
      let status = try await bench.withCoordinator { try await $0.finish(try bench.recipe(["output_dir=\(out)"])) }
      #expect(status.state == .failed)
      #expect(status.message == "\(out) cannot be written (\(reason)): choose another folder")
    }
  }

  /// Each line has a prompt with what teacher, first and newest student wrote.
  private func checkSamples(_ file: URL) throws {
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    #expect(!lines.isEmpty && lines.count <= 6)
    for line in lines {
      let texts = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
      for who in ["prompt", "teacher", "start", "student"] {
        let text = try #require(texts[who], "\(who) in \(line)")
        #expect(!text.isEmpty)
      }
    }
  }

  @Test("a state folder that cannot be made is refused with one line of our own", arguments: ["/proc/nope/cache"])
  func unwritableState(path: String) throws {
    do {
      _ = try ReplyCache(folder: URL(fileURLWithPath: path))
      Issue.record("the folder was made")
    } catch {
      #expect("\(error)" == "\(path) cannot be written (No such file or directory): choose another folder")
    }
  }

  @Test("a method that needs a teacher is refused where there is none")
  func noTeacher() async throws {
    try await withFolder { folder in
      let bench = try Bench(folder)
      let status = try await bench.withCoordinator(hasTeacher: false) { try await $0.finish(try bench.recipe()) }
      #expect(status.message.contains("start it with --teacher"))
      let sft = try await bench.withCoordinator(hasTeacher: false) { coordinator in
        let recipe = try bench.recipe([
          "method=sft", "evaluation.metrics=[perplexity,valid]", "output_dir=\(folder.path)/sft",
        ])
        .replacing("teacher: \"teacher:7001\"\n", with: "")
        return try await coordinator.end(of: try await coordinator.submit(recipeYAML: recipe, idempotencyKey: "").runID)
      }
      #expect(sft.state == .finished, "\(sft.message)")
    }
  }
}
