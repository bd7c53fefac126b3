import GRPCCore
import NIOConcurrencyHelpers

/// Lets writers of one stream pass while little of what they wrote waits for the socket.
final class WriteGate: Sendable {
  private struct State {
    var bufferedBytes = 0
    var peakBytes = 0
    var failure: RPCError?
    var waiters: [UInt64: CheckedContinuation<Void, any Error>] = [:]
    var nextWaiter: UInt64 = 0
  }

  private let state = NIOLockedValueBox(State())
  private let highWater: Int

  init(highWater: Int) {
    self.highWater = highWater
  }

  /// The most bytes that waited at once.
  var peakBytes: Int { state.withLockedValue { $0.peakBytes } }

  /// Waits until there is room, then takes it: a message of any size passes when little else waits.
  ///
  /// - Throws: `RPCError` when the stream is over or the task cancelled.
  func enter(_ byteCount: Int) async throws {
    while true {
      if try tryEnter(byteCount) { return }
      let id = state.withLockedValue { state in
        state.nextWaiter += 1
        return state.nextWaiter
      }
      try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { wait($0, id: id) }
      } onCancel: {
        cancel(id)
      }
    }
  }

  /// Takes room for bytes that must not wait.
  func take(_ byteCount: Int) {
    state.withLockedValue { state in
      state.bufferedBytes += byteCount
      state.peakBytes = max(state.peakBytes, state.bufferedBytes)
    }
  }

  private func tryEnter(_ byteCount: Int) throws -> Bool {
    try state.withLockedValue { state in
      if let failure = state.failure { throw failure }
      guard state.bufferedBytes < highWater else { return false }
      state.bufferedBytes += byteCount
      state.peakBytes = max(state.peakBytes, state.bufferedBytes)
      return true
    }
  }

  private func wait(_ waiter: CheckedContinuation<Void, any Error>, id: UInt64) {
    let isCancelled = Task.isCancelled
    let result = state.withLockedValue { state -> Result<Void, any Error>? in
      if let failure = state.failure { return .failure(failure) }
      if isCancelled { return .failure(RPCError.cancelledByWriter) }
      if state.bufferedBytes < highWater { return .success(()) }
      state.waiters[id] = waiter
      return nil
    }
    if let result { waiter.resume(with: result) }
  }

  private func cancel(_ id: UInt64) {
    let waiter = state.withLockedValue { $0.waiters.removeValue(forKey: id) }
    waiter?.resume(throwing: RPCError.cancelledByWriter)
  }

  /// Says that bytes reached the socket, or were dropped.
  func release(_ byteCount: Int) {
    let waiters = state.withLockedValue { state -> [CheckedContinuation<Void, any Error>] in
      state.bufferedBytes -= byteCount
      guard state.bufferedBytes < highWater, !state.waiters.isEmpty else { return [] }
      defer { state.waiters.removeAll() }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Makes every writer fail, now and later.
  func close(_ error: RPCError) {
    let waiters = state.withLockedValue { state -> [CheckedContinuation<Void, any Error>] in
      if state.failure == nil { state.failure = error }
      defer { state.waiters.removeAll() }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.resume(throwing: error) }
  }
}

extension RPCError {
  static var cancelledByWriter: RPCError {
    RPCError(code: .cancelled, message: "the task that wrote to the call was cancelled")
  }
}
