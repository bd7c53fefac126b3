import GRPCCore
import NIOConcurrencyHelpers

/// Lets writers of one stream pass while little of what they wrote waits for the socket.
final class WriteGate: Sendable {
  private struct Waiter {
    let byteCount: Int
    let continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var bufferedBytes = 0
    var peakBytes = 0
    var failure: RPCError?
    var waiters: [UInt64: Waiter] = [:]
    var nextWaiter: UInt64 = 0

    /// One large message at a time: while it leaves, the next one is made.
    func takes(_ byteCount: Int, highWater: Int, total: UnsentTotal?) -> Bool {
      bufferedBytes == 0 || (bufferedBytes + byteCount <= highWater && total?.isFull != true)
    }
  }

  private let state = NIOLockedValueBox(State())
  private let highWater: Int

  /// What all streams of the connection wrote, where that is limited: then each stream has its one message at least.
  private let total: UnsentTotal?

  init(highWater: Int, total: UnsentTotal? = nil) {
    self.highWater = highWater
    self.total = total
  }

  /// The most bytes that waited at once.
  var peakBytes: Int { state.withLockedValue { $0.peakBytes } }

  /// Waits until there is room, then takes it: a message of any size passes when nothing else waits.
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
        try await withCheckedThrowingContinuation { wait(Waiter(byteCount: byteCount, continuation: $0), id: id) }
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
      if state.failure == nil { total?.add(byteCount) }
    }
  }

  /// Takes room where there is some; returns false where the writer would wait.
  ///
  /// - Throws: `RPCError` when the stream is over.
  func tryEnter(_ byteCount: Int) throws -> Bool {
    try state.withLockedValue { state in
      if let failure = state.failure { throw failure }
      guard state.takes(byteCount, highWater: highWater, total: total) else { return false }
      state.bufferedBytes += byteCount
      state.peakBytes = max(state.peakBytes, state.bufferedBytes)
      total?.add(byteCount)
      return true
    }
  }

  private func wait(_ waiter: Waiter, id: UInt64) {
    let result = state.withLockedValue { state -> Result<Void, any Error>? in
      if let failure = state.failure { return .failure(failure) }
      // Under the lock: a cancellation that comes later finds the waiter.
      if Task.isCancelled { return .failure(RPCError.cancelledByWriter) }
      if state.takes(waiter.byteCount, highWater: highWater, total: total) { return .success(()) }
      state.waiters[id] = waiter
      return nil
    }
    if let result { waiter.continuation.resume(with: result) }
  }

  private func cancel(_ id: UInt64) {
    let waiter = state.withLockedValue { $0.waiters.removeValue(forKey: id) }
    waiter?.continuation.resume(throwing: RPCError.cancelledByWriter)
  }

  /// Says that bytes reached the socket, or were dropped.
  ///
  /// Writers go on once half of the room is free: they then have more to do than to be woken.
  func release(_ byteCount: Int) {
    let ready = state.withLockedValue { state -> [Waiter] in
      state.bufferedBytes -= byteCount
      if state.failure == nil { total?.remove(byteCount) }
      guard !state.waiters.isEmpty else { return [] }
      let ids = state.waiters.filter { state.takes($0.value.byteCount, highWater: highWater / 2, total: total) }.keys
      return ids.compactMap { state.waiters.removeValue(forKey: $0) }
    }
    for waiter in ready { waiter.continuation.resume() }
  }

  /// Makes every writer fail, now and later.
  func close(_ error: RPCError) {
    let waiters = state.withLockedValue { state -> [Waiter] in
      if state.failure == nil {
        state.failure = error
        // What is left of it is dropped, or leaves with the end of the call.
        total?.remove(state.bufferedBytes)
      }
      defer { state.waiters.removeAll() }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.continuation.resume(throwing: error) }
  }
}

extension RPCError {
  static var cancelledByWriter: RPCError {
    RPCError(code: .cancelled, message: "the task that wrote to the call was cancelled")
  }
}
