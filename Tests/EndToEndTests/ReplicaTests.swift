import Foundation
import Glibc
import ServiceRuntime
import Testing

@Suite("Replicas of a student, end to end", .timeLimit(.minutes(10)), .serialized)
struct ReplicaEndToEndTests {
  private func arguments(
    _ run: SmallRun, _ name: String, students: Int, _ overrides: [String] = []
  ) throws -> [String] {
    try ["run", run.recipe(name, steps: 40), "training.replicas=4", "--students", "\(students)"] + overrides
  }

  /// Runs undisturbed; the bytes of the student.
  private func finish(
    _ run: SmallRun, _ name: String, students: Int, _ overrides: [String] = []
  ) async throws -> Data {
    let outcome = try await run.program.run(arguments(run, name, students: students, overrides))
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    return try run.weights(name)
  }

  /// Numbers of the student processes of a run.
  private func students(of parent: Int32) -> [Int32] { children(of: parent, named: "student") }

  private func replicas(_ run: SmallRun, _ name: String) throws -> [Int] {
    try String(contentsOf: run.output(name).appending(path: "metrics.jsonl"), encoding: .utf8).split(separator: "\n")
      .compactMap {
        try (JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])?["train/replicas"] as? Int
      }
  }

  @Test("1, 2, 3 and 4 of them write the same bytes")
  func oneHash() async throws {
    let run = try SmallRun()
    let alone = try await finish(run, "students-1", students: 1)
    let asked = try questions(run, "students-1")
    for count in 2...4 {
      #expect(try await finish(run, "students-\(count)", students: count) == alone)
      let sizes = try replicas(run, "students-\(count)")
      #expect(sizes.count == 40 && sizes.max() == count, "\(sizes)")
      // Each part of a batch is asked about once, whoever computes it.
      #expect(try questions(run, "students-\(count)") == asked)
    }
  }

  /// Questions that the teacher or the cache answered.
  private func questions(_ run: SmallRun, _ name: String) throws -> Int {
    try String(contentsOf: run.output(name).appending(path: "metrics.jsonl"), encoding: .utf8).split(separator: "\n")
      .compactMap {
        let row = try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        return (row?["cache/hits"] as? Int).flatMap { hits in (row?["cache/misses"] as? Int).map { hits + $0 } }
      }.max() ?? 0
  }

  /// The bytes of all files of a run's newest checkpoint, by name.
  private func checkpoint(_ run: SmallRun, _ name: String) throws -> [String: Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: run.output(name).path)
    let newest = try #require(names.filter { $0.hasPrefix("checkpoint-") }.max())
    let place = run.output(name).appending(path: newest)
    return try FileManager.default.contentsOfDirectory(atPath: place.path).reduce(into: [:]) {
      $0["\(newest)/\($1)"] = try Data(contentsOf: place.appending(path: $1))
    }
  }

  @Test("with the optimizer sharded, killed or not: the same bytes of weights and of checkpoints")
  func sharded() async throws {
    let (run, option) = (try SmallRun(), ["training.shard_optimizer=true"])
    let alone = try await finish(run, "students-1", students: 1)
    let saved = try checkpoint(run, "students-1")
    #expect(saved.count > 2)
    for count in 1...3 {
      let name = "sharded-\(count)"
      #expect(try await finish(run, name, students: count, option) == alone)
      #expect(try checkpoint(run, name) == saved)
      #expect(try replicas(run, name).max() == count)
    }
    let results = run.output("disturbed")
    let outcome = try await run.program.run(arguments(run, "disturbed", students: 3, option)) { parent in
      for rows in [5, 13, 26] {
        try await wait { rowCount(results) >= rows }
        if let victim = students(of: parent).dropFirst(rows % 3).first { kill(victim, SIGKILL) }
      }
    }
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    #expect(try run.weights("disturbed") == alone)
    #expect(try checkpoint(run, "disturbed") == saved)
    #expect(try replicas(run, "disturbed").count == 40)
  }

  @Test("some are killed, and some stand still: the same bytes, each step once")
  func disturbed() async throws {
    let run = try SmallRun()
    let alone = try await finish(run, "students-1", students: 1)
    let results = run.output("disturbed")
    let outcome = try await run.program.run(arguments(run, "disturbed", students: 3)) { parent in
      for rows in [4, 11, 17, 25] {
        try await wait { rowCount(results) >= rows }
        if let victim = students(of: parent).dropFirst(rows % 3).first { kill(victim, SIGKILL) }
      }
      try await wait { rowCount(results) >= 30 && students(of: parent).count == 3 }
      let still = try #require(students(of: parent).first)
      kill(still, SIGSTOP)
      try await wait { rowCount(results) >= 36 }
      kill(still, SIGCONT)
    }
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    #expect(try run.weights("disturbed") == alone)
    #expect(try replicas(run, "disturbed").count == 40)
  }

  @Test("the coordinator is killed while they train: the same bytes")
  func coordinatorKilled() async throws {
    let run = try SmallRun()
    let alone = try await finish(run, "students-1", students: 1)
    let results = run.output("disturbed")
    let outcome = try await run.program.run(arguments(run, "disturbed", students: 2)) { parent in
      for rows in [7, 22] {
        try await wait { rowCount(results) >= rows }
        if let coordinator = child(of: parent, named: "coordinator") { kill(coordinator, SIGKILL) }
      }
    }
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    #expect(try run.weights("disturbed") == alone)
  }
}
