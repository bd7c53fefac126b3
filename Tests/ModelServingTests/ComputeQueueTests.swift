import Dispatch
import GRPCCore
import ModelServing
import Synchronization
import Testing

@Suite("Compute queue")
struct ComputeQueueTests {
  @Test("work runs one at a time, all of it")
  func oneAtATime() async throws {
    let queue = ComputeQueue()
    let crowd = Crowd()
    let sum = try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<40 {
        group.addTask {
          try await queue.run {
            crowd.visit()
            return number
          }
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(sum == 780)
    #expect(crowd.most == 1)
  }

  @Test("a caller is refused where too many wait, and one that is cancelled leaves the line")
  func boundsAndCancellation() async throws {
    let queue = ComputeQueue(limit: 1)
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    let gate = DispatchSemaphore(value: 0)
    let first = Task {
      try await queue.run {
        start.yield()
        gate.wait()
      }
    }
    for await _ in started { break }
    let second = Task { try await queue.run { true } }
    // The second waits, or will: the third finds the line full once it does.
    var refused: (any Error)?
    while refused == nil {
      let third = Task { try await queue.run { false } }
      await Task.yield()
      third.cancel()
      do { _ = try await third.value } catch let error as ServingError { refused = error } catch {}
    }
    #expect(refused as? ServingError == .busy(waiting: 1))
    second.cancel()
    await #expect(throws: CancellationError.self) { try await second.value }
    gate.signal()
    try await first.value
    #expect(try await queue.run { 7 } == 7)
  }

  @Test("requests wait while together they hold few enough bytes; what could never wait is refused as too large")
  func bytes() async throws {
    let queue = ComputeQueue(limit: 10, byteLimit: 100)
    await #expect(throws: ServingError.requestTooLarge(bytes: 101, limit: 100)) { try await queue.run(bytes: 101) {} }
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    let gate = DispatchSemaphore(value: 0)
    let first = Task {
      try await queue.run(bytes: 100) {
        start.yield()
        gate.wait()
      }
    }
    for await _ in started { break }
    let second = Task { try await queue.run(bytes: 60) { true } }
    while queue.waitingBytes < 60 { await Task.yield() }
    await #expect(throws: ServingError.busy(waiting: 1)) { try await queue.run(bytes: 41) {} }
    let third = Task { try await queue.run(bytes: 40) { true } }
    while queue.waitingBytes < 100 { await Task.yield() }
    second.cancel()
    await #expect(throws: CancellationError.self) { try await second.value }
    #expect(queue.waitingBytes == 40)
    gate.signal()
    try await first.value
    #expect(try await third.value && queue.waitingBytes == 0)
  }

  @Test(
    "while too much waits, streams are not read on; a reader that is cancelled leaves, the others read on once there is room"
  )
  func backpressure() async throws {
    let queue = ComputeQueue(limit: 10, byteLimit: 1000, readLimit: 50)
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    let gate = DispatchSemaphore(value: 0)
    let first = Task {
      try await queue.run {
        start.yield()
        gate.wait()
      }
    }
    for await _ in started { break }
    // What is there already waits, however much it is.
    let second = Task { try await queue.run(bytes: 60) { true } }
    let third = Task { try await queue.run(bytes: 70) { true } }
    while queue.waitingBytes < 130 { await Task.yield() }
    let read = Atomic(0)
    func stream() -> AsyncThrowingStream<Int, any Error> {
      AsyncThrowingStream(unfolding: { read.add(1, ordering: .relaxed).newValue <= 3 ? 1 : nil })
    }
    let messages = stream()
    let reader = Task { try await queue.forEach(messages) { bytes in try await queue.run(bytes: bytes) {} } }
    let leaver = Task { try await queue.forEach(stream()) { _ in } }
    while queue.waitingReaders < 2 { await Task.yield() }
    leaver.cancel()
    await #expect(throws: CancellationError.self) { try await leaver.value }
    #expect(queue.waitingReaders == 1 && read.load(ordering: .relaxed) == 0)
    second.cancel()
    await #expect(throws: CancellationError.self) { try await second.value }
    #expect(queue.waitingReaders == 1 && queue.waitingBytes == 70)
    gate.signal()
    try await first.value
    #expect(try await third.value)
    try await reader.value
    #expect(read.load(ordering: .relaxed) == 4 && queue.waitingBytes == 0 && queue.waitingReaders == 0)
  }

  @Test(
    "work gives way to a run that had less, in its midst; what was interrupted goes on, and before the rest of its run")
  func givesWay() async throws {
    let queue = ComputeQueue()
    let (greedy, modest) = (Caller(run: "greedy"), Caller(run: "modest"))
    let story = Story()
    let gate = Gate()
    let held = Task { try await queue.run { gate.hold() } }
    await gate.isHeld()
    let long = (0..<2).map { number in
      Task {
        try await queue.run(for: greedy) { turn in
          for piece in 0..<3 {
            story.tell("long \(number).\(piece)")
            turn.spend(100)
            turn.giveWay()
          }
        }
      }
    }
    while queue.waitingCount < 2 { await Task.yield() }
    let short = Task { try await queue.run(for: modest) { _ in story.tell("short") } }
    while queue.waitingCount < 3 { await Task.yield() }
    gate.open()
    try await held.value
    for task in long { try await task.value }
    try await short.value
    let told = story.told
    // The two long ones may have come in either order.
    let first = told.first == "long 0.0" ? 0 : 1
    let rest = [1, 2].map { "long \(first).\($0)" } + (0..<3).map { "long \(1 - first).\($0)" }
    #expect(told == ["long \(first).0", "short"] + rest)
    let figures = queue.callers.first { $0.caller == greedy }
    #expect(figures?.tokens == 600 && figures?.waiting == 0 && figures?.turns == 3)
    #expect(queue.waitingCount == 0)
  }

  @Test("interrupted work that nobody wants any more goes first, to end; of so many at most others interrupt the midst")
  func interrupted() async throws {
    let queue = ComputeQueue()
    let most = ComputeTurn.mostInterrupted
    let begun = Story()
    let gate = Gate()
    // Each has less than those before it, so each interrupts the one before.
    let works = (0..<most + 3).map { number in
      Task {
        try await queue.run(for: Caller(run: "run-\(number)")) { turn in
          begun.tell("\(number)")
          if number == 0 { gate.hold() }
          turn.spend(10)
          turn.giveWay()
          return begun.told.count
        }
      }
    }
    await gate.isHeld()
    while queue.waitingCount < most + 2 { await Task.yield() }
    gate.open()
    let seen = try await withThrowingTaskGroup(of: Int.self) { group in
      for work in works { group.addTask { try await work.value } }
      return try await group.reduce(into: [Int]()) { $0.append($1) }
    }
    // One more than may stand interrupted, and this one went on to its end.
    #expect(seen.min() == most + 1 && seen.count == most + 3)

    let second = Gate()
    let doomed = Task {
      try await queue.run(for: Caller(run: "doomed")) { turn in
        turn.spend(1_000_000)
        second.hold()
        turn.giveWay()
        return Task.isCancelled
      }
    }
    await second.isHeld()
    let third = Gate()
    let order = Story()
    let other = Task {
      try await queue.run(for: Caller(run: "other")) { turn in
        third.hold()
        order.tell("other")
        turn.spend(1)
        turn.giveWay()
        order.tell("other again")
      }
    }
    while queue.waitingCount < 1 { await Task.yield() }
    second.open()
    await third.isHeld()
    doomed.cancel()
    let ended = Task {
      _ = await doomed.result
      order.tell("doomed")
    }
    third.open()
    try await other.value
    await ended.value
    #expect(Set(order.told) == ["other", "doomed", "other again"])
    #expect(queue.callers.first { $0.caller?.run == "other" }?.turns == 2, "the cancelled one had no turn")
  }

  @Test("a caller over its quota waits though nobody else computes, and goes on")
  func quota() async throws {
    let queue = ComputeQueue(quotas: CallerQuotas(named: ["slow": 1000]))
    let began = ContinuousClock.now
    for _ in 0..<3 {
      try await queue.run(for: Caller(run: "slow")) { turn in turn.spend(1000) }
    }
    // 2000 tokens are paid for before the third begins, but for a second's worth.
    #expect(ContinuousClock.now - began >= .milliseconds(999))
    #expect(try await queue.run(for: Caller(run: "fast")) { _ in 3 } == 3)
  }

  @Test("a caller whose requests hold much does not keep another's stream from being read")
  func roomOfEach() async throws {
    let queue = ComputeQueue(limit: 10, byteLimit: 1000, readLimit: 100)
    let gate = Gate()
    let first = Task { try await queue.run { gate.hold() } }
    await gate.isHeld()
    let (greedy, modest) = (Caller(run: "greedy"), Caller(run: "modest"))
    let large = Task { try await queue.run(for: greedy, bytes: 400) { _ in } }
    while queue.waitingBytes < 400 { await Task.yield() }
    try await queue.room(for: modest)
    let reader = Task { try await queue.room(for: greedy) }
    while queue.waitingReaders < 1 { await Task.yield() }
    gate.open()
    try await first.value
    try await large.value
    try await reader.value
  }

  @Test("callers are told apart up to a number, the rest together, and nothing is lost")
  func figures() async throws {
    let queue = ComputeQueue()
    for number in 0..<100 {
      try await queue.run(for: Caller(run: "run-\(number)")) { turn in turn.spend(number) }
    }
    let reports = queue.callers
    #expect(reports.count == 33 && reports.reduce(0) { $0 + $1.tokens } == 4950)
    #expect(reports.reduce(0) { $0 + $1.turns } == 100 && reports.last?.caller == nil)
    #expect(reports.contains { $0.caller?.run == "run-99" } && !reports.contains { $0.caller?.run == "run-0" })
  }

  @Test("a refusal says when to try again")
  func retryHint() {
    #expect(ServingError.busy(waiting: 3).rpcErrorCode == .resourceExhausted)
    #expect(ServingError.busy(waiting: 3).rpcErrorMetadata["grpc-retry-pushback-ms"].map { "\($0)" } == ["1000"])
  }
}

/// Counts how many are inside at once.
private final class Crowd: Sendable {
  private let inside = Atomic(0)
  private let highest = Atomic(0)

  func visit() {
    highest.max(inside.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
    inside.subtract(1, ordering: .relaxed)
  }

  var most: Int { highest.load(ordering: .relaxed) }
}

/// What happened, in order.
private final class Story: Sendable {
  private let lines = Mutex<[String]>([])

  func tell(_ line: String) { lines.withLock { $0.append(line) } }
  var told: [String] { lines.withLock { $0 } }
}

/// Holds a thread until it is opened.
private final class Gate: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)
  private let held: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation) = AsyncStream.makeStream()

  func hold() {
    held.continuation.finish()
    semaphore.wait()
  }

  func isHeld() async { for await _ in held.stream {} }
  func open() { semaphore.signal() }
}
