import CoordinatorService
import Foundation
import Recipes
import Sequences
import Synchronization
import Testing

/// A run whose steps are shared by students of this process.
private struct Fleet {
  let folder: URL
  let students = FakeReplicas()
  let registry = TrainerRegistry(term: .seconds(1000))

  init(_ folder: URL) throws {
    self.folder = folder
    _ = try RunBench.writeModel(in: folder, contextLength: 64)
    let train = (0..<40).map { #"{"prompt":"ask \#($0)","completion":"answer \#($0)"}"# }
    try RunBench.write(train, to: "train.jsonl", in: folder)
    let eval = (0..<5).map { #"{"prompt":"held out \#($0)","completion":"reply"}"# }
    try RunBench.write(eval, to: "eval.jsonl", in: folder)
  }

  func recipe(_ overrides: [String] = [], output: String = "out") throws -> String {
    let yaml = """
      method: gkd
      teacher: teacher:7001
      student: \(folder.path)/model
      data: {train: \(folder.path)/train.jsonl, eval: \(folder.path)/eval.jsonl}
      output_dir: \(folder.path)/\(output)
      generation: {batch_size: 4, rounds: 3, max_new_tokens: 8}
      training: {per_device_train_batch_size: 3, max_steps: 30, save_steps: 8, replicas: 4}
      evaluation: {eval_steps: 10}
      """
    return try Recipe(yaml: yaml, overrides: overrides).resolvedYAML
  }

  /// A process begins to offer itself.
  func register(_ address: String, incarnation: Int = 0) {
    _ = registry.register(trainerID: "\(address) \(incarnation)", address: address)
  }

  func withCoordinator<T: Sendable>(_ body: @escaping @Sendable (Coordinator) async throws -> T) async throws -> T {
    let bench = RunBench(folder: folder, teacher: WritingTeacher()) { [students] in $0.students = students }
    let coordinator = try bench.makeCoordinator(registry: registry)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await coordinator.run() }
      let result = try await body(coordinator)
      group.cancelAll()
      return result
    }
  }

  /// Runs to the end; the state that the last step left.
  func finish(_ overrides: [String] = []) async throws -> String {
    let recipe = try recipe(overrides)
    let status = try await withCoordinator { try await $0.finish(recipe) }
    #expect(status.state == .finished, "\(status.message)")
    let bench = RunBench(folder: folder, teacher: nil)
    let steps = try bench.lines("metrics.jsonl").compactMap { $0["train/replicas"] == nil ? nil : $0["step"] as? Int }
    #expect(steps == Array(1...30), "each step has one row")
    let evaluations = try bench.lines("metrics.jsonl").compactMap { row -> String? in
      let found = row.filter { $0.key.hasPrefix("eval/") }.map { "\($0.key) \($0.value)" }.sorted()
      return found.isEmpty ? nil : "\(row["step"] ?? "") \(found)"
    }
    #expect(evaluations.count == 4)
    let state = try String(contentsOfFile: folder.path + "/out/student/state", encoding: .utf8)
    return ([state] + evaluations).joined(separator: "\n")
  }

  /// Replicas of the steps, in order, each step once for each.
  var groupSizes: Set<Int> { Set(students.state.withLock { $0.made.map(\.replicas) }) }
}

@Suite("A run whose steps replicas share", .timeLimit(.minutes(2)))
struct ReplicaRunTests {
  /// What one student makes of it.
  private func expected() async throws -> String {
    try await withFolder { folder in
      let fleet = try Fleet(folder)
      fleet.register("a:1")
      return try await fleet.finish()
    }
  }

  @Test("comes to the same with any number of them", arguments: 1...5)
  func anyNumber(_ count: Int) async throws {
    let expected = try await expected()
    try await withFolder { folder in
      let fleet = try Fleet(folder)
      for index in 0..<count { fleet.register("student-\(index):1") }
      #expect(try await fleet.finish() == expected)
      // Not more than the recipe has room for; all of them from some step on.
      #expect(fleet.groupSizes.max() == min(count, 4))
    }
  }

  @Test("comes to the same where the optimizer is sharded", arguments: 1...4)
  func sharded(_ count: Int) async throws {
    let expected = try await expected()
    try await withFolder { folder in
      let fleet = try Fleet(folder)
      for index in 0..<count { fleet.register("student-\(index):1") }
      #expect(try await fleet.finish(["training.shard_optimizer=true"]) == expected)
      #expect(fleet.groupSizes.max() == count)
    }
  }

  @Test("outlives replicas that die at any step and come back", arguments: 1...12, [false, true])
  func deaths(_ seed: Int, _ isSharded: Bool) async throws {
    let expected = try await expected()
    try await withFolder { folder in
      let fleet = try Fleet(folder)
      for index in 0..<3 { fleet.register("student-\(index):1") }
      let generator = Mutex(SeededGenerator(seed: UInt64(seed)))
      let incarnations = Mutex(0)
      fleet.students.state.withLock { state in
        state.onStep = { [students = fleet.students] _ in
          // Each loss of a sharded optimizer costs the steps since a checkpoint.
          let (chance, index) = generator.withLock { ($0.next() % (isSharded ? 27 : 8), Int($0.next() % 3)) }
          guard chance == 0 else { return }
          students.kill("student-\(index):1")
          let incarnation = incarnations.withLock { count in
            count += 1
            return count
          }
          fleet.register("student-\(index):1", incarnation: incarnation)
        }
      }
      #expect(try await fleet.finish(isSharded ? ["training.shard_optimizer=true"] : []) == expected)
      #expect(incarnations.withLock { $0 } > 0, "nobody died")
    }
  }

  @Test("a student that has not made the last steps writes nothing for those that had", arguments: 1...6)
  func newcomer(_ seed: Int) async throws {
    let expected = try await expected()
    try await withFolder { folder in
      let fleet = try Fleet(folder)
      fleet.register("student-0:1")
      let generator = Mutex(SeededGenerator(seed: UInt64(seed)))
      let turn = Mutex(0)
      fleet.students.state.withLock { state in
        // While one writes or evaluates, another comes, and the first dies.
        state.onWork = { [students = fleet.students] address in
          guard generator.withLock({ $0.next() % 6 }) == 0 else { return }
          let count = turn.withLock { count in
            count += 1
            return count
          }
          fleet.register("student-\(count):1")
          Thread.sleep(forTimeInterval: 0.02)
          students.kill(address)
          fleet.register(address, incarnation: count)
        }
      }
      #expect(try await fleet.finish() == expected)
      #expect(turn.withLock { $0 } > 0)
    }
  }

  @Test("knows what a step measured although the answers were lost", arguments: 1...3)
  func lostAnswers(_ count: Int) async throws {
    let expected = try await expected()
    try await withFolder { folder in
      let fleet = try Fleet(folder)
      for index in 0..<3 { fleet.register("student-\(index):1") }
      fleet.students.state.withLock { state in
        state.onStep = { [students = fleet.students] made in
          guard made == 30 else { return }
          students.state.withLock { state in
            for address in state.students.keys { state.students[address]?.answersToLose = count }
            state.students["student-1:1"]?.stepsLeft = count - 1
          }
        }
      }
      #expect(try await fleet.finish() == expected)
    }
  }

  @Test("goes on without a replica whose lease ends while it is stalled")
  func stalled() async throws {
    let expected = try await expected()
    try await withFolder { folder in
      let fleet = try Fleet(folder)
      for index in 0..<3 { fleet.register("student-\(index):1") }
      fleet.students.state.withLock { state in
        state.onStep = { [students = fleet.students] made in
          guard made == 20 else { return }
          students.state.withLock { $0.students["student-2:1"]?.isStalled = true }
          // Its lease ends: a newer process stands at its address, and is not taken for the same.
          fleet.register("student-2:1", incarnation: 1)
        }
      }
      #expect(try await fleet.finish() == expected)
    }
  }

  @Test(
    "meets anew where something between replicas swallows what they send, and all say that they wait",
    arguments: [
      (FakeReplicas.State.Swallowed.step, false), (.join, false), (.step, true), (.save, true), (.join, true),
    ])
  func swallowed(_ what: FakeReplicas.State.Swallowed, _ isSharded: Bool) async throws {
    let expected = try await expected()
    try await withFolder { folder in
      let fleet = try Fleet(folder)
      let addresses = (0..<4).map { "student-\($0):1" }
      let leases = Mutex<[String: String]>([:])
      let register: @Sendable (String) -> Void = { address in
        let lease = fleet.registry.register(trainerID: address, address: address)
        leases.withLock { $0[address] = lease }
      }
      for address in addresses.prefix(3) { register(address) }
      fleet.students.state.withLock { state in
        state.onStep = { [students = fleet.students] made in
          guard made == 20 else { return }
          students.state.withLock { $0.swallows = what }
          if what == .join { register(addresses[3]) }
        }
      }
      let renew: @Sendable () -> Void = {
        let (asked, swallowed) = fleet.students.state.withLock { ($0.asked, $0.swallowed) }
        for (address, lease) in leases.withLock({ $0 }) {
          let groupID = asked[address] ?? ""
          let silence = ReplicaSilence(
            groupID: groupID, time: groupID == swallowed ? .seconds(61) : .zero, isExchanging: true)
          _ = fleet.registry.renew(lease, silence: groupID.isEmpty ? nil : silence)
        }
      }
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
          while !Task.isCancelled {
            renew()
            try? await Task.sleep(for: .milliseconds(1))
          }
        }
        let found = try await fleet.finish(isSharded ? ["training.shard_optimizer=true"] : [])
        #expect(found == expected && !fleet.students.state.withLock { $0.swallowed.isEmpty })
        tasks.cancelAll()
      }
    }
  }

  @Test("two runs that can use all students have half of them each, and one alone has all again")
  func shares() async throws {
    try await withFolder { folder in
      let fleet = try Fleet(folder)
      for index in 0..<4 { fleet.register("student-\(index):1") }
      let (first, second) = (try fleet.recipe(), try fleet.recipe(["seed=7"], output: "other"))
      let started = AsyncStream<Void>.makeStream()
      fleet.students.state.withLock { state in
        state.onStep = { made in
          if made == 12 { started.continuation.yield() }
          // Steps take their time, so that both runs are at work together.
          Thread.sleep(forTimeInterval: 0.003)
        }
      }
      try await fleet.withCoordinator { coordinator in
        let run = try await coordinator.submit(recipeYAML: first, idempotencyKey: "first")
        for await _ in started.stream { break }
        let other = try await coordinator.submit(recipeYAML: second, idempotencyKey: "second")
        var seen: Set<[Int]> = []
        while coordinator.overview.contains(where: { !$0.run.status.state.hasEnded }) {
          let trainers = coordinator.census.trainers
          seen.insert([run, other].map { one in trainers.count { $0.runID == one.runID } })
          try await Task.sleep(for: .milliseconds(1))
        }
        #expect(try await coordinator.end(of: other.runID).state == .finished)
        #expect(try await coordinator.end(of: run.runID).state == .finished)
        #expect(seen.contains([2, 2]) && seen.contains { $0[0] >= 3 || $0[1] >= 3 }, "\(seen)")
      }
    }
  }

  @Test("operators see who shares steps, with what part of them, and who is gone or refused and why")
  func seen() async throws {
    try await withFolder { folder in
      let fleet = try Fleet(folder)
      fleet.students.state.withLock { $0.students["odd:1", default: .init()].arithmetic = "OpenBLAS Haswell" }
      for address in ["a:1", "b:1", "odd:1"] { fleet.register(address) }
      let reached = AsyncStream<Void>.makeStream()
      let held = Mutex(true)
      fleet.students.state.withLock { state in
        state.onStep = { made in
          // Both of them are held up after their tenth step.
          guard made == 20 else { return }
          reached.continuation.yield()
          while held.withLock(\.self) { Thread.sleep(forTimeInterval: 0.001) }
        }
      }
      let recipe = try fleet.recipe()
      try await fleet.withCoordinator { coordinator in
        let run = try await coordinator.submit(recipeYAML: recipe, idempotencyKey: "seen")
        for await _ in reached.stream { break }
        let replicas = coordinator.replicas
        held.withLock { $0 = false }
        let present = replicas.filter { !$0.state.isGone }.sorted { $0.address < $1.address }
        #expect(present.map(\.address) == ["a:1", "b:1"] || present.map(\.address) == ["a:1", "b:1", "odd:1"])
        for replica in present.prefix(2) {
          #expect(replica.runID == run.runID && replica.state == .training && replica.partCount == 2)
          #expect((9...10).contains(replica.step) && replica.plannedPartCount == 4)
          #expect(replica.computeSeconds == 0.5 && replica.exchangeSeconds == 0.125 && replica.heartbeatAge != nil)
        }
        let odd = try #require(replicas.first { $0.address == "odd:1" })
        #expect(odd.state == .refused ? odd.reason.contains("arithmetic") : odd.state == .joining)
        #expect(try await coordinator.end(of: run.runID).state == .finished)
        #expect(coordinator.waitReplicaSeconds(of: run.runID) > 0)
        #expect(coordinator.replicas.isEmpty, "of a run that has ended nothing is told")
      }
      let rows = try RunBench(folder: folder, teacher: nil).lines("metrics.jsonl")
      #expect(rows.contains { $0["wait/replica"] as? Double ?? 0 > 0 })
    }
  }

  @Test("leaves a student out whose arithmetic is another")
  func otherArithmetic() async throws {
    let expected = try await expected()
    try await withFolder { folder in
      let fleet = try Fleet(folder)
      fleet.students.state.withLock { $0.students["odd:1", default: .init()].arithmetic = "OpenBLAS Haswell" }
      for address in ["a:1", "b:1", "odd:1"] { fleet.register(address) }
      #expect(try await fleet.finish() == expected)
      #expect(fleet.groupSizes.max() == 2)
    }
  }

  @Test("fails where nobody is left, and is done by those that come")
  func nobodyLeft() async throws {
    let expected = try await expected()
    try await withFolder { folder in
      let fleet = try Fleet(folder)
      for index in 0..<2 { fleet.register("student-\(index):1") }
      fleet.students.state.withLock { state in
        state.onStep = { [students = fleet.students] made in
          guard made == 25 else { return }
          for index in 0..<2 {
            students.kill("student-\(index):1")
            fleet.register("student-\(index):1", incarnation: 1)
          }
        }
      }
      #expect(try await fleet.finish() == expected)
    }
  }

  @Test(
    "gives a student to a run that has none, unless a share of the optimizer would go with it",
    arguments: [false, true])
  func sharing(_ isSharded: Bool) async throws {
    try await withFolder { folder in
      let fleet = try Fleet(folder)
      for index in 0..<2 { fleet.register("student-\(index):1") }
      let first = try fleet.recipe(isSharded ? ["training.shard_optimizer=true"] : [])
      let second = try fleet.recipe(["seed=7"], output: "other")
      let started = AsyncStream<Void>.makeStream()
      fleet.students.state.withLock { state in
        state.onStep = { if $0 == 8 { started.continuation.yield() } }
      }
      try await fleet.withCoordinator { coordinator in
        let run = try await coordinator.submit(recipeYAML: first, idempotencyKey: "first")
        for await _ in started.stream { break }
        let other = try await coordinator.submit(recipeYAML: second, idempotencyKey: "second")
        #expect(try await coordinator.end(of: other.runID).state == .finished)
        #expect(try await coordinator.end(of: run.runID).state == .finished)
        #expect(coordinator.figures(of: run.runID).restarts == 0, "it went back to a checkpoint")
      }
      guard !isSharded else { return }
      // Both at once: the other run's first step came before the first run's last.
      let steps = fleet.students.state.withLock { $0.made.map(\.step) }
      #expect(steps.firstIndex(of: 30).map { steps[..<$0].count { $0 == 1 } } ?? 0 >= 2)
    }
  }
}
