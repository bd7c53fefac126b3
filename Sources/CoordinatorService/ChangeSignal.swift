internal import Synchronization

/// Wakes those that wait for something to be true of an actor, whenever that has changed.
final class ChangeSignal: Sendable {
  private struct State {
    var count: UInt64 = 0
    var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var gaveUp: Set<UInt64> = []
  }

  private let state = Mutex(State())

  /// Something has changed.
  func notify() {
    let waiting = state.withLock { state in
      defer { state.waiting = [:] }
      return state.waiting
    }
    for waiter in waiting.values { waiter.resume() }
  }

  /// Waits for a change after the call, or for the task to be cancelled.
  func wait(isolation: isolated (any Actor)? = #isolation) async {
    let id = state.withLock { state in
      state.count += 1
      return state.count
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          guard state.gaveUp.remove(id) == nil else { return true }
          state.waiting[id] = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        guard let waiter = state.waiting.removeValue(forKey: id) else {
          state.gaveUp.insert(id)
          return nil as CheckedContinuation<Void, Never>?
        }
        return waiter
      }
      waiter?.resume()
    }
    state.withLock { _ = $0.gaveUp.remove(id) }
  }
}
