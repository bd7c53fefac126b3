internal import Kernels
internal import NIOConcurrencyHelpers

/// Long arithmetic, one piece at a time: each piece uses every core by itself. Callers have fair turns, as ``FairLine`` gives them.
///
/// Callers wait as long as it takes, in memory that is bounded. Whoever reads requests from a stream asks ``room(for:)`` before
/// each: while those that wait hold `readLimit` bytes, streams are not read on, and their senders wait, unless a caller holds less than an even
/// part of that. Requests that are there already wait beyond that too; at `limit` callers or `byteLimit` bytes they are refused at once.
public final class ComputeQueue: Sendable {
  struct Waiter {
    let caller: Caller
    let bytes: Int
    let since: Duration
    /// Whether its work has begun, and gave way to another's.
    var hasBegun = false
    let go: @Sendable (Result<Void, any Error>) -> Void
  }

  struct State {
    /// Whose turn it is.
    var holder: Int?
    var nextID = 0
    var line: FairLine
    var waiters: [Int: Waiter] = [:]
    /// Of the waiters: bytes that requests hold.
    var bytes = 0
    var bytesOf: [String: Int] = [:]
    /// Those whose work has begun and that only want to end: they go first.
    var leaving: [Int] = []
    var figures = CallerFigures()
    /// Readers of streams that wait for room.
    var readers: [(id: Int, caller: Caller, continuation: CheckedContinuation<Void, any Error>)] = []
    /// When the queue looks again, since all that wait have used their quotas.
    var alarm: Duration?
  }

  private let limit: Int
  private let byteLimit: Int
  private let readLimit: Int
  let hasQuotas: Bool
  let now: @Sendable () -> Duration
  let state: NIOLockedValueBox<State>

  /// Makes a queue.
  ///
  /// - Parameters:
  ///   - limit: Callers that may wait while another one's work runs.
  ///   - byteLimit: Bytes that their requests may hold.
  ///   - readLimit: Bytes of them from which on streams are not read.
  ///   - quotas: How much callers may have.
  ///   - now: Time since some fixed moment; never goes back.
  public init(
    limit: Int = 4096, byteLimit: Int = 1 << 30, readLimit: Int = 256 << 20, quotas: CallerQuotas = CallerQuotas(),
    now: @escaping @Sendable () -> Duration = uptime
  ) {
    self.limit = limit
    self.byteLimit = byteLimit
    self.readLimit = min(readLimit, byteLimit)
    (hasQuotas, self.now) = (!quotas.isEmpty, now)
    state = NIOLockedValueBox(State(line: FairLine(quotas: quotas)))
  }

  /// Time since this process first asked.
  @Sendable public static func uptime() -> Duration { ContinuousClock.now - begin }
  private static let begin = ContinuousClock.now

  /// Callers that wait for their turn, those whose work has begun and gave way among them.
  public var waitingCount: Int { state.withLockedValue { $0.waiters.count } }

  /// Bytes that their requests hold.
  public var waitingBytes: Int { state.withLockedValue { $0.bytes } }

  /// Readers of streams that wait for room.
  public var waitingReaders: Int { state.withLockedValue { $0.readers.count } }

  // MARK: Turns

  /// Runs `work` on a thread of its own in its turn.
  ///
  /// - Parameters:
  ///   - caller: Whose work it is.
  ///   - bytes: What the caller holds while it waits.
  ///   - work: Gets the turn, which it may let others have in between.
  /// - Throws: ``ServingError/busy(waiting:)``, ``ServingError/requestTooLarge(bytes:limit:)`` for what may never wait,
  ///   `CancellationError` where the task is cancelled before its turn, and what
  ///   `work` throws.
  public func run<Result: Sendable>(
    for caller: Caller = .unnamed, bytes: Int = 0, _ work: @escaping @Sendable (ComputeTurn) throws -> Result
  ) async throws -> Result {
    guard bytes <= byteLimit else { throw ServingError.requestTooLarge(bytes: bytes, limit: byteLimit) }
    let id = newID()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        enter(id, Waiter(caller: caller, bytes: bytes, since: now()) { continuation.resume(with: $0) })
      }
      defer { leave(id) }
      try Task.checkCancellation()
      let turn = ComputeTurn(id: id, caller: caller, queue: self)
      return try await ComputePool.run { try work(turn) }
    } onCancel: {
      cancel(id)
    }
  }

  /// The same with work that keeps its turn to its end.
  public func run<Result: Sendable>(
    bytes: Int = 0, _ work: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await run(bytes: bytes) { _ in try work() }
  }

  private func newID() -> Int {
    state.withLockedValue { state in
      state.nextID += 1
      return state.nextID
    }
  }

  private func enter(_ id: Int, _ waiter: Waiter) {
    let next = state.withLockedValue { state -> Next in
      // Under the lock: a cancellation that comes later finds the waiter.
      if Task.isCancelled { return Next(waiter, .failure(CancellationError())) }
      let isFree = state.holder == nil && state.waiters.isEmpty
      guard isFree || (state.waiters.count < limit && state.bytes + waiter.bytes <= byteLimit) else {
        return Next(waiter, .failure(ServingError.busy(waiting: state.waiters.count)))
      }
      wait(id, waiter, &state)
      return pick(&state)
    }
    next.resume()
  }

  private func leave(_ id: Int) {
    let next = state.withLockedValue { state -> Next in
      if state.holder == id { state.holder = nil }
      return pick(&state)
    }
    next.resume()
  }

  private func cancel(_ id: Int) {
    let next = state.withLockedValue { state -> Next in
      if let place = state.readers.firstIndex(where: { $0.id == id }) {
        return Next(readers: [state.readers.remove(at: place).continuation], .failure(CancellationError()))
      }
      guard let waiter = state.waiters[id] else { return Next() }
      state.line.remove(id, of: waiter.caller)
      if waiter.hasBegun {
        if !state.leaving.contains(id) { state.leaving.append(id) }
        return pick(&state)
      }
      take(id, &state)
      let readers = readersWithRoom(&state)
      return Next(waiter, .failure(CancellationError()), readers: readers)
    }
    next.resume()
  }

  // MARK: Readers

  /// Suspends while those that wait hold so much that no stream of this caller is to be read on.
  ///
  /// - Throws: `CancellationError` where the task is cancelled meanwhile.
  public func room(for caller: Caller = .unnamed) async throws {
    let id = newID()
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        // Nil: it waits. A cancellation that comes later finds it.
        let answer: Swift.Result<Void, any Error>? = state.withLockedValue { state in
          if Task.isCancelled { return .failure(CancellationError()) }
          if hasRoom(for: caller, state) { return .success(()) }
          state.readers.append((id, caller, continuation))
          return nil
        }
        if let answer { continuation.resume(with: answer) }
      }
    } onCancel: {
      cancel(id)
    }
  }

  private func hasRoom(for caller: Caller, _ state: State) -> Bool {
    let parties = max(1, state.bytesOf.count + (state.bytesOf[caller.party] == nil ? 1 : 0))
    return state.bytes < readLimit || parties > 1 && state.bytesOf[caller.party, default: 0] < readLimit / parties
  }

  /// Readers that have room again.
  func readersWithRoom(_ state: inout State) -> [CheckedContinuation<Void, any Error>] {
    guard !state.readers.isEmpty else { return [] }
    let (before, present) = (state.readers, state)
    state.readers.removeAll { hasRoom(for: $0.caller, present) }
    let waiting = Set(state.readers.map(\.id))
    return before.filter { !waiting.contains($0.id) }.map(\.continuation)
  }
}

extension ComputeQueue {
  /// Answers each message of a stream in order; while too much waits, none is read.
  public func forEach<Message: Sendable>(
    _ messages: some AsyncSequence<Message, any Error>, of caller: Caller = .unnamed,
    _ body: (Message) async throws -> Void
  ) async throws {
    try await room(for: caller)
    for try await message in messages {
      try await body(message)
      try await room(for: caller)
    }
  }
}
