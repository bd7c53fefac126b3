internal import Synchronization

/// The present status of each run, and those who watch it.
public final class RunBoard: Sendable {
  struct State {
    var statuses: [String: RunStatus] = [:]
    var records: [String: RunRecord] = [:]
    /// Names of the records, oldest first.
    var order: [String] = []
    var figures: [String: RunFigures] = [:]
    var watchers: [UInt64: (runID: String, tick: AsyncStream<Void>.Continuation)] = [:]
    var count: UInt64 = 0
  }

  let state = Mutex(State())
  let now: @Sendable () -> Duration

  /// Makes an empty board; `now` is time since some fixed moment, which never goes back.
  public init(now: @escaping @Sendable () -> Duration = Monotonic.now) { self.now = now }

  /// The newest status of a run.
  public func status(of runID: String) -> RunStatus? { state.withLock { $0.statuses[runID] } }

  /// Shows a status, and tells those who watch the run that something is new.
  func show(_ status: RunStatus, of runID: String) {
    let now = now()
    state.withLock { state in
      state.statuses[runID] = status
      state.figures[runID, default: RunFigures()].enter(status.state, at: now)
      for watcher in state.watchers.values where watcher.runID == runID { watcher.tick.yield() }
    }
  }

  /// Tells all who watch that something is new that no run's status says.
  func tick() {
    state.withLock { state in
      for watcher in state.watchers.values { watcher.tick.yield() }
    }
  }

  /// Calls the body at once and then whenever something is new, until it returns false or the caller is cancelled.
  public func watch(_ runID: String, _ body: () async throws -> Bool) async throws {
    let (ticks, tick) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let id = state.withLock { state in
      state.count += 1
      state.watchers[state.count] = (runID, tick)
      return state.count
    }
    defer { state.withLock { _ = $0.watchers.removeValue(forKey: id) } }
    tick.yield()
    for await _ in ticks where try await !body() { return }
    try Task.checkCancellation()
  }
}
