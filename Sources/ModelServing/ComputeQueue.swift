internal import Kernels
internal import NIOConcurrencyHelpers

/// Long arithmetic, one piece at a time in the order of arrival: each piece uses every core by itself.
///
/// Callers wait as long as it takes, in memory that is bounded. Whoever reads requests from a stream asks ``room()`` before
/// each: while those that wait hold `readLimit` bytes, streams are not read on, and their senders wait. Requests that are
/// there already wait beyond that too; at `limit` callers or `byteLimit` bytes they are refused at once.
public final class ComputeQueue: Sendable {
  private struct Waiter {
    let id: Int
    let bytes: Int
    let continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var isBusy = false
    var nextID = 0
    /// Of the waiters.
    var bytes = 0
    var waiters: [Waiter] = []
    /// Readers of streams that wait for room.
    var readers: [Waiter] = []
  }

  private let limit: Int
  private let byteLimit: Int
  private let readLimit: Int
  private let state = NIOLockedValueBox(State())

  /// Makes a queue.
  ///
  /// - Parameters:
  ///   - limit: Callers that may wait while another one's work runs.
  ///   - byteLimit: Bytes that their requests may hold.
  ///   - readLimit: Bytes of them from which on streams are not read.
  public init(limit: Int = 4096, byteLimit: Int = 1 << 30, readLimit: Int = 256 << 20) {
    self.limit = limit
    self.byteLimit = byteLimit
    self.readLimit = min(readLimit, byteLimit)
  }

  /// Callers that wait for their turn.
  public var waitingCount: Int { state.withLockedValue { $0.waiters.count } }

  /// Bytes that their requests hold.
  public var waitingBytes: Int { state.withLockedValue { $0.bytes } }

  /// Readers of streams that wait for room.
  public var waitingReaders: Int { state.withLockedValue { $0.readers.count } }

  /// Suspends while those that wait hold so much that no stream is to be read on.
  ///
  /// - Throws: `CancellationError` where the task is cancelled meanwhile.
  public func room() async throws {
    let id = newID()
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { read(Waiter(id: id, bytes: 0, continuation: $0)) }
    } onCancel: {
      cancel(id)
    }
  }

  private func newID() -> Int {
    state.withLockedValue { state in
      state.nextID += 1
      return state.nextID
    }
  }

  private func read(_ reader: Waiter) {
    // Nil: it waits. A cancellation that comes later finds it.
    let answer: Swift.Result<Void, any Error>? = state.withLockedValue { state in
      if Task.isCancelled { return .failure(CancellationError()) }
      guard state.bytes >= readLimit else { return .success(()) }
      state.readers.append(reader)
      return nil
    }
    if let answer { reader.continuation.resume(with: answer) }
  }

  /// Readers that have room again.
  private func readersWithRoom(_ state: inout State) -> [Waiter] {
    guard state.bytes < readLimit else { return [] }
    defer { state.readers = [] }
    return state.readers
  }

  /// Runs `work` on a thread of its own once everything before it is done.
  ///
  /// - Parameter bytes: What the caller holds while it waits.
  /// - Throws: ``ServingError/busy(waiting:)``, ``ServingError/requestTooLarge(bytes:limit:)`` for what may never wait,
  ///   `CancellationError` where the task is cancelled before its turn, and what
  ///   `work` throws.
  public func run<Result: Sendable>(
    bytes: Int = 0, _ work: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    guard bytes <= byteLimit else { throw ServingError.requestTooLarge(bytes: bytes, limit: byteLimit) }
    let id = newID()
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { enter(Waiter(id: id, bytes: bytes, continuation: $0)) }
    } onCancel: {
      cancel(id)
    }
    defer { leave() }
    try Task.checkCancellation()
    return try await ComputePool.run(work)
  }

  private func enter(_ waiter: Waiter) {
    enum Answer {
      case go, wait, cancelled
      case refuse(Int)
    }
    let answer: Answer = state.withLockedValue { state in
      // Under the lock: a cancellation that comes later finds the waiter.
      if Task.isCancelled { return .cancelled }
      guard state.isBusy else {
        state.isBusy = true
        return .go
      }
      guard state.waiters.count < limit, state.bytes + waiter.bytes <= byteLimit else {
        return .refuse(state.waiters.count)
      }
      state.bytes += waiter.bytes
      state.waiters.append(waiter)
      return .wait
    }
    switch answer {
    case .go: waiter.continuation.resume()
    case .cancelled: waiter.continuation.resume(throwing: CancellationError())
    case .refuse(let waiting): waiter.continuation.resume(throwing: ServingError.busy(waiting: waiting))
    case .wait: break
    }
  }

  private func leave() {
    let (next, readers): (Waiter?, [Waiter]) = state.withLockedValue { state in
      guard !state.waiters.isEmpty else {
        state.isBusy = false
        return (nil, [])
      }
      state.bytes -= state.waiters[0].bytes
      return (state.waiters.removeFirst(), readersWithRoom(&state))
    }
    next?.continuation.resume()
    for reader in readers { reader.continuation.resume() }
  }

  private func cancel(_ id: Int) {
    let (cancelled, readers): (Waiter?, [Waiter]) = state.withLockedValue { state in
      if let index = state.readers.firstIndex(where: { $0.id == id }) {
        return (state.readers.remove(at: index), [])
      }
      guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return (nil, []) }
      state.bytes -= state.waiters[index].bytes
      return (state.waiters.remove(at: index), readersWithRoom(&state))
    }
    cancelled?.continuation.resume(throwing: CancellationError())
    for reader in readers { reader.continuation.resume() }
  }
}

extension ComputeQueue {
  /// Answers each message of a stream in order; while too much waits, none is read.
  public func forEach<Message: Sendable>(
    _ messages: some AsyncSequence<Message, any Error>, _ body: (Message) async throws -> Void
  ) async throws {
    try await room()
    for try await message in messages {
      try await body(message)
      try await room()
    }
  }
}
