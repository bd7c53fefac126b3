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
