internal import Synchronization
internal import WireFormat

/// Steps that were asked for and are not made yet, and the first answer to each, in order, whoever gives it.
final class StepQueue: Sendable {
  private struct State {
    var pending: [TrainRequest] = []
    var isFinished = false
    var feed: (@Sendable (TrainRequest?) -> Void)?
    var waiting: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())
  /// Answers, none of them twice.
  let answers: AsyncStream<TrainResponse>
  private let answer: AsyncStream<TrainResponse>.Continuation

  init() { (answers, answer) = AsyncStream<TrainResponse>.makeStream() }

  /// Asks for a step.
  func add(_ request: TrainRequest) {
    update { state in
      state.pending.append(request)
      state.feed?(request)
    }
  }

  /// No more will be asked for.
  func finish() {
    update { state in
      state.isFinished = true
      state.feed?(nil)
    }
  }

  /// All answers were given.
  func close() { answer.finish() }

  /// The oldest request without an answer, once there is one; nil: none is left, and none will come.
  func first() async -> TrainRequest? {
    while !Task.isCancelled {
      let (first, isFinished) = state.withLock { ($0.pending.first, $0.isFinished) }
      if let first { return first }
      if isFinished { return nil }
      await withTaskCancellationHandler {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
          let waits = state.withLock { state in
            guard state.pending.isEmpty, !state.isFinished, !Task.isCancelled else { return false }
            state.waiting = continuation
            return true
          }
          if !waits { continuation.resume() }
        }
      } onCancel: {
        update { _ in }
      }
    }
    return nil
  }

  /// Calls `feed` with all requests without an answer, and with those that come, then with nil, until ``detach()``.
  func attach(_ feed: @escaping @Sendable (TrainRequest?) -> Void) {
    state.withLock { state in
      state.feed = feed
      for request in state.pending { feed(request) }
      if state.isFinished { feed(nil) }
    }
  }

  /// Feeds nobody more.
  func detach() {
    state.withLock { state in
      state.feed?(nil)
      state.feed = nil
    }
  }

  /// Takes an answer; another one to the same step is nothing new, and none to an evaluation after it.
  ///
  /// - Parameter evaluates: Whether it answers an evaluation.
  /// - Returns: Whether it was the first.
  @discardableResult
  func take(_ response: TrainResponse, evaluates: Bool) -> Bool {
    state.withLock { state in
      guard let first = state.pending.first, first.step == response.step, first.evaluate == evaluates else {
        return false
      }
      state.pending.removeFirst()
      answer.yield(response)
      return true
    }
  }

  private func update(_ body: (inout State) -> Void) {
    let waiting = state.withLock { state in
      body(&state)
      defer { state.waiting = nil }
      return state.waiting
    }
    waiting?.resume()
  }
}
