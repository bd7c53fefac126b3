import Foundation
import Glibc
import ModelFixtures
import ServiceRuntime
import Testing

/// Runs whose teachers are services of their own, and stop in mid-run.
@Suite("Teachers that stop, end to end", .timeLimit(.minutes(10)), .serialized)
struct TeacherOutageEndToEndTests {
  private let run: SmallRun
  private let coordinator: String
  private let student: String
  private let teachers: [String]

  init() throws {
    run = try SmallRun()
    let addresses = try PortProbe.freePorts(5).map { "127.0.0.1:\($0)" }
    (coordinator, student, teachers) = (addresses[0], addresses[1], Array(addresses[2...]))
  }

  /// What a run left.
  private struct Result {
    let weights: Data
    /// Questions that no cache answered.
    let misses: Int
  }

  private func result(_ name: String) throws -> Result {
    let rows = try String(contentsOf: run.output(name).appending(path: "metrics.jsonl"), encoding: .utf8)
    let counts = try rows.split(separator: "\n").compactMap {
      try (JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])?["cache/misses"] as? Int
    }
    return Result(weights: try run.weights(name), misses: counts.max() ?? 0)
  }

  /// A run with services of its own that nobody disturbs.
  private func undisturbed(steps: Int = 40) async throws -> Result {
    _ = try await run.run("undisturbed", steps: steps)
    return try result("undisturbed")
  }

  /// Starts a teacher; it runs until it is killed or the caller is cancelled.
  private func serve(at address: String, _ onStart: @escaping @Sendable (Int32) -> Void = { _ in }) async throws {
    _ = try await run.program.run(["teacher", "--model", run.folder.path("teacher"), "--listen", address]) { pid in
      onStart(pid)
      try await Task.sleep(for: .seconds(600))
    }
  }

  /// Runs a recipe with teachers at addresses; the body gets their process numbers, and whoever it starts besides ends with it.
  private func disturbed(
    _ addresses: [String], steps: Int = 40,
    _ body: @escaping @Sendable ([Int32], inout ThrowingTaskGroup<Void, any Error>) async throws -> Void
  ) async throws -> Result {
    let target = addresses.joined(separator: ",")
    let recipe = try run.recipe("disturbed", steps: steps, teacher: target)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      let (started, start) = AsyncStream<(Int, Int32)>.makeStream()
      for (index, address) in addresses.enumerated() {
        tasks.addTask { try await serve(at: address) { start.yield((index, $0)) } }
      }
      var pids = [Int32](repeating: 0, count: addresses.count)
      for await (index, pid) in started {
        pids[index] = pid
        if !pids.contains(0) { break }
      }
      for address in addresses { try await waitForListener(at: address) }
      let arguments = [
        "coordinator", "--teacher", target, "--state", run.folder.path("state"), "--listen", coordinator,
      ]
      let processes = pids
      try await run.program.service(["student", "--coordinator", coordinator, "--listen", student, "--root", "/"]) {
        try await run.program.service(arguments) {
          let outcome = try await run.program.run(["run", recipe, "--coordinator", coordinator]) { _ in
            try await withThrowingTaskGroup(of: Void.self) { others in
              try await body(processes, &others)
              try await wait { isFinished }
              others.cancelAll()
            }
          }
          #expect(outcome.exit == .status(0), "\(outcome.errors)")
        }
      }
      tasks.cancelAll()
    }
    return try result("disturbed")
  }

  private var isFinished: Bool {
    FileManager.default.fileExists(atPath: run.output("disturbed").appending(path: "student").path)
  }

  /// The teacher as `retort status` has it.
  private func status() async throws -> [String: Any] {
    let json = try await run.program.run(["status", "--json", "--coordinator", coordinator])
    let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    return try #require((object?["teachers"] as? [[String: Any]])?.first, "\(json.errors)")
  }

  /// Number of the log's lines with a message.
  private func lines(_ message: String) -> Int {
    let log = (try? String(contentsOfFile: run.folder.path("coordinator.log"), encoding: .utf8)) ?? ""
    return log.split(separator: "\n").count { $0.contains(" \(message) ") }
  }

  @Test("a teacher is away for 15 seconds: the run says so, goes on when it is back, and writes the same bytes")
  func killed() async throws {
    let alone = try await undisturbed()
    let found = try await disturbed([teachers[0]]) { pids, others in
      try await wait { rowCount(run.output("disturbed")) >= 10 }
      kill(pids[0], SIGKILL)
      let begin = ContinuousClock.now
      try await wait { lines("waiting for the teacher") == 1 }
      let rows = rowCount(run.output("disturbed"))
      try await Task.sleep(until: begin + .seconds(14))
      let seen = try await status()
      #expect(seen["waiting_reason"] as? String != nil && seen["waiting_seconds"] as? Double ?? 0 > 8, "\(seen)")
      let text = try await run.program.run(["status", "--coordinator", coordinator]).output
      #expect(text.contains("waiting for the teacher at \(teachers[0]) since 20"), "\(text)")
      try await Task.sleep(until: begin + .seconds(15))
      // What was on its way to the student is learnt, and nothing else.
      #expect(rowCount(run.output("disturbed")) <= rows + 3)
      others.addTask { try await serve(at: teachers[0]) }
    }
    #expect(found.weights == alone.weights && found.misses == alone.misses, "\(found.misses) \(alone.misses)")
    #expect(lines("waiting for the teacher") == 1 && lines("the teacher is back") == 1)
  }

  @Test("a teacher stands still for 15 seconds: the same")
  func stopped() async throws {
    let alone = try await undisturbed()
    let found = try await disturbed([teachers[0]]) { pids, _ in
      try await wait { rowCount(run.output("disturbed")) >= 10 }
      kill(pids[0], SIGSTOP)
      let begin = ContinuousClock.now
      try await wait { lines("waiting for the teacher") == 1 }
      let seen = try await status()
      #expect((seen["waiting_reason"] as? String)?.contains("no sign of life") == true, "\(seen)")
      try await Task.sleep(until: begin + .seconds(15))
      kill(pids[0], SIGCONT)
    }
    #expect(found.weights == alone.weights && found.misses == alone.misses, "\(found.misses) \(alone.misses)")
    #expect(lines("the teacher is back") == 1)
  }

  @Test("three teachers share a run; one is killed and one stands still: the same bytes, and the third does the rest")
  func three() async throws {
    let alone = try await undisturbed(steps: 400)
    let (shares, share) = AsyncStream<[Int]>.makeStream()
    let found = try await disturbed(teachers, steps: 400) { pids, _ in
      try await wait { rowCount(run.output("disturbed")) >= 40 }
      let before = try await replicas()
      #expect(before.allSatisfy { $0.answered > 0 && $0.trouble == nil }, "\(before)")
      kill(pids[0], SIGKILL)
      try await wait { lines("a teacher's replica is away") == 1 || isFinished }
      kill(pids[1], SIGSTOP)
      try await wait { lines("a teacher's replica is away") == 2 || isFinished }
      // Where the third is so much faster that it does the rest before another is asked, nobody is missed.
      let after = try await replicas()
      if !isFinished {
        #expect(after[0].trouble != nil && after[1].trouble != nil && after[2].trouble == nil, "\(after)")
      }
      #expect(after[2].answered > before[2].answered)
      kill(pids[1], SIGCONT)
      share.yield(after.map(\.answered))
    }
    share.finish()
    for await counts in shares {
      print("questions that each of three teachers had answered when the second was found to stand still: \(counts)")
    }
    #expect(found.weights == alone.weights && found.misses == alone.misses, "\(found.misses) \(alone.misses)")
    #expect(lines("waiting for the teacher") == 0)
  }

  @Test("three equal teachers have a fair part each of questions that come one at a time")
  func fair() async throws {
    let alone = try await undisturbed(steps: 400)
    let (counts, count) = AsyncStream<[Int]>.makeStream()
    let found = try await disturbed(teachers, steps: 400) { _, _ in
      try await wait { rowCount(run.output("disturbed")) >= 300 }
      count.yield(try await replicas().map(\.answered))
    }
    count.finish()
    for await answered in counts {
      print("questions that each of three equal teachers answered: \(answered)")
      #expect(answered.allSatisfy { $0 * 6 > answered.reduce(0, +) }, "\(answered)")
    }
    #expect(found.weights == alone.weights)
  }

  private struct Replica {
    let answered: Int
    let trouble: String?
  }

  private func replicas() async throws -> [Replica] {
    let found = try #require(try await status()["replicas"] as? [[String: Any]])
    return found.map { Replica(answered: $0["answered"] as? Int ?? 0, trouble: $0["trouble"] as? String) }
  }

  @Test("teachers that are not the same are refused with one line")
  func differ() async throws {
    try PuzzleModel.write(to: run.folder.url.appending(path: "other"), seed: 2)
    let target = "\(teachers[0]),\(teachers[1])"
    let recipe = try run.recipe("refused", teacher: target)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for (model, address) in zip(["teacher", "other"], teachers) {
        tasks.addTask {
          _ = try await run.program.run(["teacher", "--model", run.folder.path(model), "--listen", address])
        }
      }
      for address in teachers.prefix(2) { try await waitForListener(at: address) }
      let outcome = try await run.program.run(["run", recipe, "--local"])
      #expect(outcome.exit == .status(1) && outcome.complaints.count == 1, "\(outcome.errors)")
      #expect(
        outcome.errors.contains(
          "the teacher at \(teachers[1]) is not the same as at \(teachers[0]), but has another model"),
        "\(outcome.errors)")
      tasks.cancelAll()
    }
  }
}
