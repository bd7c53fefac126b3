internal import Synchronization

/// Students that offered themselves, and the runs that wait for one.
public final class TrainerRegistry: Sendable {
  /// A student given to a run.
  public struct Grant: Sendable, Hashable {
    /// Names the lease.
    public let leaseID: String
    /// Where its service listens.
    public let address: String
  }

  struct State {
    var table: LeaseTable
    var waiting: [(id: UInt64, runID: String, isExtra: Bool, continuation: CheckedContinuation<Grant?, Never>)] = []
    /// Told when a run waits that has no student.
    var shortageWatchers: [UInt64: AsyncStream<Void>.Continuation] = [:]
    var gaveUp: Set<UInt64> = []
    var watchers: [String: [UInt64: AsyncStream<Never>.Continuation]] = [:]
    var waiterCount: UInt64 = 0
    var isShortOfStudents: Bool { waiting.contains { !$0.isExtra } }
  }

  /// How long a lease lasts unless renewed.
  public let term: Duration
  let now: @Sendable () -> Duration
  let state: Mutex<State>

  /// Makes an empty registry.
  ///
  /// - Parameters:
  ///   - term: How long a lease lasts unless renewed.
  ///   - now: Time since some fixed moment; never goes back.
  public init(term: Duration = .seconds(10), now: @escaping @Sendable () -> Duration = Monotonic.now) {
    (self.term, self.now) = (term, now)
    state = Mutex(State(table: LeaseTable(term: term)))
  }

  /// Gives a student a lease; returns its name.
  public func register(trainerID: String, address: String) -> String {
    state.withLock { state in
      let (lease, ended) = state.table.register(trainerID: trainerID, address: address, now: now())
      end(ended, &state)
      serveWaiting(&state)
      return lease.leaseID
    }
  }

  /// Renews a lease; false where it has ended.
  public func renew(_ leaseID: String) -> Bool {
    state.withLock { state in
      end(state.table.expire(now: now()), &state)
      return state.table.renew(leaseID, now: now())
    }
  }

  /// Ends leases that were not renewed in time.
  public func expire() {
    state.withLock { state in end(state.table.expire(now: now()), &state) }
  }

  /// Ends leases in time, until cancelled.
  public func run(every interval: Duration = .milliseconds(500)) async {
    while !Task.isCancelled {
      expire()
      try? await Task.sleep(for: interval)
    }
  }

  /// Waits for a free student.
  ///
  /// - Parameters:
  ///   - runID: The run that it is for, as ``trainers`` tells.
  ///   - isExtra: Whether the run has one already: those that have none come first.
  /// - Throws: `CancellationError`.
  public func acquire(for runID: String = "", isExtra: Bool = false) async throws -> Grant {
    let id = state.withLock { state in
      state.waiterCount += 1
      return state.waiterCount
    }
    let grant = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Grant?, Never>) in
        state.withLock { state in
          guard state.gaveUp.remove(id) == nil else { return continuation.resume(returning: nil) }
          state.waiting.append((id, runID, isExtra, continuation))
          serveWaiting(&state)
          guard state.isShortOfStudents else { return }
          for watcher in state.shortageWatchers.values { watcher.yield() }
        }
      }
    } onCancel: {
      state.withLock { state in
        guard let place = state.waiting.firstIndex(where: { $0.id == id }) else {
          state.gaveUp.insert(id)
          return
        }
        state.waiting.remove(at: place).continuation.resume(returning: nil)
      }
    }
    _ = state.withLock { $0.gaveUp.remove(id) }
    guard let grant else { throw CancellationError() }
    return grant
  }

  /// Whether a run waits that has no student.
  public var isShortOfStudents: Bool { state.withLock(\.isShortOfStudents) }

  /// Something whenever a run begins to wait that has no student.
  public func shortages() -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let id = state.withLock { state in
      state.waiterCount += 1
      state.shortageWatchers[state.waiterCount] = continuation
      return state.waiterCount
    }
    continuation.onTermination = { [weak self] _ in
      _ = self?.state.withLock { $0.shortageWatchers.removeValue(forKey: id) }
    }
    return stream
  }

  /// Gives a student back; another run, or the same, may have it.
  public func release(_ leaseID: String) {
    state.withLock { state in
      state.table.release(leaseID)
      serveWaiting(&state)
    }
  }

  /// Returns when a lease has ended, or the caller is cancelled.
  public func waitUntilEnded(_ leaseID: String) async {
    let (stream, continuation) = AsyncStream<Never>.makeStream()
    state.withLock { state in
      if state.table.leases.contains(where: { $0.leaseID == leaseID }) {
        state.waiterCount += 1
        let id = state.waiterCount
        state.watchers[leaseID, default: [:]][id] = continuation
        continuation.onTermination = { [weak self] _ in
          _ = self?.state.withLock { $0.watchers[leaseID]?.removeValue(forKey: id) }
        }
      } else {
        continuation.finish()
      }
    }
    for await _ in stream {}
  }

  private func serveWaiting(_ state: inout State) {
    while !state.waiting.isEmpty {
      let next = state.waiting.firstIndex { !$0.isExtra } ?? 0
      guard let lease = state.table.take(for: state.waiting[next].runID, now: now()) else { return }
      let grant = Grant(leaseID: lease.leaseID, address: lease.address)
      state.waiting.remove(at: next).continuation.resume(returning: grant)
    }
  }

  private func end(_ leaseIDs: [String], _ state: inout State) {
    for leaseID in leaseIDs {
      for watcher in (state.watchers.removeValue(forKey: leaseID) ?? [:]).values {
        // The lock is held.
        watcher.onTermination = nil
        watcher.finish()
      }
    }
  }
}

/// Time that never goes back.
public enum Monotonic {
  private static let start = ContinuousClock.now

  /// Time since the process first asked.
  @Sendable public static func now() -> Duration { ContinuousClock.now - start }
}
