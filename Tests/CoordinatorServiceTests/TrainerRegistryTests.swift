import CoordinatorService
import Synchronization
import Testing

/// A clock that tests move.
final class HandClock: Sendable {
  private let time = Mutex(Duration.zero)
  func move(by step: Duration) { time.withLock { $0 += step } }
  @Sendable func now() -> Duration { time.withLock { $0 } }
}

@Suite("Trainer registry")
struct TrainerRegistryTests {
  private let clock = HandClock()
  private func makeRegistry() -> TrainerRegistry { TrainerRegistry(term: .seconds(10), now: clock.now) }

  @Test("a lease lasts as long as it is renewed in time")
  func renew() {
    let registry = makeRegistry()
    let lease = registry.register(trainerID: "a", address: "host:1")
    for _ in 0..<5 {
      clock.move(by: .seconds(9))
      #expect(registry.renew(lease))
    }
    clock.move(by: .seconds(10))
    #expect(!registry.renew(lease))
    #expect(!registry.renew("lease of nobody"))
  }

  @Test("a coordinator that stood still takes nobody's silence in that time for an end")
  func pause() {
    var table = LeaseTable(term: .seconds(4))
    func at(_ seconds: Double) -> Duration { .milliseconds(Int64(seconds * 1000)) }
    let (lease, _) = table.register(trainerID: "a", address: "host:1", now: at(0))
    for tick in 1...8 { #expect(table.look(now: at(Double(tick) * 0.25), interval: at(0.25)).isEmpty) }
    // 20 s in which nobody looked: 2 s of the lease are left, less what passes now.
    // The first thing that it hears is not taken for an end either.
    table.excuse(now: at(22.25), interval: at(0.25))
    #expect(table.expire(now: at(22.25)).isEmpty)
    #expect(table.look(now: at(22.5), interval: at(0.25)).isEmpty)
    for tick in 1..<6 { #expect(table.look(now: at(22.5 + Double(tick) * 0.25), interval: at(0.25)).isEmpty) }
    #expect(table.look(now: at(24.5), interval: at(0.25)) == [lease.leaseID])
  }

  @Test("each time that a student is given away, its token is a higher one")
  func tokens() async throws {
    let registry = TrainerRegistry(term: .seconds(10), tokens: 1000, now: clock.now)
    let lease = registry.register(trainerID: "a", address: "host:1")
    _ = registry.register(trainerID: "b", address: "host:2")
    var tokens = [try await registry.acquire().token, try await registry.acquire().token]
    registry.release(lease)
    tokens.append(try await registry.acquire().token)
    #expect(tokens == [1001, 1002, 1003])
  }

  @Test("the same process gets its lease back; a new process at its address ends it")
  func reregister() async throws {
    let registry = makeRegistry()
    let lease = registry.register(trainerID: "a", address: "host:1")
    #expect(registry.register(trainerID: "a", address: "host:1") == lease)
    let next = registry.register(trainerID: "b", address: "host:1")
    #expect(next != lease)
    #expect(!registry.renew(lease))
    await registry.waitUntilEnded(lease)
    #expect(try await registry.acquire().leaseID == next)
  }

  @Test("a run waits for a student, and each student has one run")
  func acquire() async throws {
    let registry = makeRegistry()
    try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<2 { group.addTask { try await registry.acquire().address } }
      _ = registry.register(trainerID: "a", address: "host:1")
      _ = registry.register(trainerID: "b", address: "host:2")
      var addresses: Set<String> = []
      for try await address in group { addresses.insert(address) }
      #expect(addresses == ["host:1", "host:2"])
    }
  }

  @Test("the census says who is there, for which run, for how long; and how many leases were lost")
  func census() async throws {
    let registry = makeRegistry()
    let nobody = registry.census
    #expect(nobody.trainers.isEmpty && nobody.lostLeases == 0 && nobody.waitingRuns == 0)
    let first = registry.register(trainerID: "a", address: "host:1")
    clock.move(by: .seconds(4))
    _ = registry.register(trainerID: "b", address: "host:2")
    #expect(try await registry.acquire(for: "run-1").leaseID == first)
    let trainers = registry.census.trainers
    #expect(trainers.map(\.trainerID) == ["a", "b"] && trainers.map(\.runID) == ["run-1", ""])
    #expect(trainers.map(\.isTaken) == [true, false])
    #expect(trainers.map(\.age) == [.seconds(4), .zero] && trainers.map(\.remaining) == [.seconds(6), .seconds(10)])
    registry.release(first)
    #expect(registry.census.trainers.map(\.runID) == ["", ""])
    clock.move(by: .seconds(7))
    #expect(registry.census.trainers.map(\.trainerID) == ["b"], "an ended lease is not shown before it is taken away")
    registry.expire()
    #expect(registry.census.lostLeases == 1)
    _ = registry.register(trainerID: "c", address: "host:2")
    #expect(registry.census.lostLeases == 2 && registry.census.trainers.map(\.trainerID) == ["c"])
  }

  @Test("a student that was given back goes to the next run")
  func release() async throws {
    let registry = makeRegistry()
    let lease = registry.register(trainerID: "a", address: "host:1")
    #expect(try await registry.acquire().leaseID == lease)
    async let next = registry.acquire()
    registry.release(lease)
    #expect(try await next.leaseID == lease)
  }

  @Test("waiting ends when the waiter is cancelled", arguments: [true, false])
  func cancelled(atOnce: Bool) async throws {
    let registry = makeRegistry()
    let waiter = Task { try await registry.acquire() }
    if !atOnce { await Task.yield() }
    waiter.cancel()
    await #expect(throws: CancellationError.self) { try await waiter.value }
    _ = registry.register(trainerID: "a", address: "host:1")
    #expect(try await registry.acquire().address == "host:1")
  }

  @Test("whoever watches a lease learns of its end")
  func watch() async {
    let registry = makeRegistry()
    let lease = registry.register(trainerID: "a", address: "host:1")
    async let ended: Void = registry.waitUntilEnded(lease)
    clock.move(by: .seconds(11))
    registry.expire()
    await ended
  }
}
