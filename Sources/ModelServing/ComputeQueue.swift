internal import Kernels
internal import NIOConcurrencyHelpers

/// Long arithmetic, one piece at a time in the order of arrival: each piece uses every core by itself.
///
/// Callers that find the queue full are refused at once rather than kept.
public final class ComputeQueue: Sendable {
  private struct Waiter {
    let id: Int
    let continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var isBusy = false
    var nextID = 0
    var waiters: [Waiter] = []
  }

  private let limit: Int
  private let state = NIOLockedValueBox(State())

  /// Makes a queue.
  ///
  /// - Parameter limit: Callers that may wait while another one's work runs.
  public init(limit: Int = 64) { self.limit = limit }

  /// Callers that wait for their turn.
  public var waitingCount: Int { state.withLockedValue { $0.waiters.count } }

  /// Runs `work` on a thread of its own once everything before it is done.
  ///
  /// - Throws: ``ServingError/busy(waiting:)``, `CancellationError` where the task is cancelled before its turn, and what
  ///   `work` throws.
  public func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    let id = state.withLockedValue { state in
      state.nextID += 1
      return state.nextID
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { enter(Waiter(id: id, continuation: $0)) }
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
      guard state.waiters.count < limit else { return .refuse(state.waiters.count) }
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
    let next: Waiter? = state.withLockedValue { state in
      guard !state.waiters.isEmpty else {
        state.isBusy = false
        return nil
      }
      return state.waiters.removeFirst()
    }
    next?.continuation.resume()
  }

  private func cancel(_ id: Int) {
    let waiter: Waiter? = state.withLockedValue { state in
      state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
    }
    waiter?.continuation.resume(throwing: CancellationError())
  }
}
