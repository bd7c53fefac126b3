internal import Dispatch
internal import NIOConcurrencyHelpers

/// The processor's turn, in the hands of the thread that computes.
public final class ComputeTurn: Sendable {
  private let id: Int
  private let caller: Caller
  private let queue: ComputeQueue

  /// Works that stand in their midst while others compute, at most: each holds a thread and what it has computed.
  package static let mostInterrupted = 16

  init(id: Int, caller: Caller, queue: ComputeQueue) { (self.id, self.caller, self.queue) = (id, caller, queue) }

  /// Says what was computed, for its caller unless another is named.
  package func spend(_ tokens: Int, for other: Caller? = nil) {
    guard tokens > 0 else { return }
    queue.state.withLockedValue { state in
      state.line.charge(tokens, to: other ?? caller, at: queue.now())
      state.figures.spent(tokens, other ?? caller)
    }
  }

  /// Whether a caller is to get no more for now.
  func isHeld(_ other: Caller) -> Bool {
    queue.hasQuotas && other.party != caller.party
      && queue.state.withLockedValue { $0.line.isHeld(other, at: queue.now()) }
  }

  /// Lets others compute whose turn it is, and returns when it is this one's again. Blocks the thread.
  ///
  /// Called where nothing is half done that others touch. Whoever is cancelled meanwhile gets its turn soon, to end.
  package func giveWay() {
    let signal = DispatchSemaphore(value: 0)
    let next: ComputeQueue.Next? = queue.state.withLockedValue { state in
      guard queue.hasQuotas || !state.waiters.isEmpty else { return nil }
      guard state.waiters.values.count(where: \.hasBegun) < Self.mostInterrupted else { return nil }
      let waiter = ComputeQueue.Waiter(caller: caller, bytes: 0, since: queue.now(), hasBegun: true) { _ in
        signal.signal()
      }
      queue.wait(id, waiter, &state)
      state.holder = nil
      return queue.pick(&state, after: id)
    }
    guard let next else { return }
    next.resume()
    signal.wait()
  }
}
