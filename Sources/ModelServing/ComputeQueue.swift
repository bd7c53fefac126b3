internal import Kernels
internal import NIOConcurrencyHelpers

/// Long arithmetic, one piece at a time in the order of arrival: each piece uses every core by itself.
///
/// Callers that find the queue full are refused at once rather than kept: it holds so many callers, and so many bytes of what
/// they ask.
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
  }

  private let limit: Int
  private let byteLimit: Int
  private let state = NIOLockedValueBox(State())

  /// Makes a queue.
  ///
  /// - Parameters:
  ///   - limit: Callers that may wait while another one's work runs.
  ///   - byteLimit: Bytes that their requests may hold.
  public init(limit: Int = 64, byteLimit: Int = 256 << 20) {
    self.limit = limit
    self.byteLimit = byteLimit
  }

  /// Callers that wait for their turn.
  public var waitingCount: Int { state.withLockedValue { $0.waiters.count } }

  /// Bytes that their requests hold.
  public var waitingBytes: Int { state.withLockedValue { $0.bytes } }

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
    let id = state.withLockedValue { state in
      state.nextID += 1
      return state.nextID
    }
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
    let next: Waiter? = state.withLockedValue { state in
      guard !state.waiters.isEmpty else {
        state.isBusy = false
        return nil
      }
      state.bytes -= state.waiters[0].bytes
      return state.waiters.removeFirst()
    }
    next?.continuation.resume()
  }

  private func cancel(_ id: Int) {
    let waiter: Waiter? = state.withLockedValue { state in
      guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
      state.bytes -= state.waiters[index].bytes
      return state.waiters.remove(at: index)
    }
    waiter?.continuation.resume(throwing: CancellationError())
  }
}
