import NIOConcurrencyHelpers

/// Bytes that the streams of one connection of a server have written and that did not leave, all together.
final class UnsentTotal: Sendable {
  private let state = NIOLockedValueBox((bytes: 0, peakBytes: 0))
  private let limit: Int

  init(limit: Int) {
    self.limit = limit
  }

  /// Whether streams should write no more than a message at a time.
  var isFull: Bool { state.withLockedValue { $0.bytes >= limit } }

  /// The most bytes that waited at once.
  var peakBytes: Int { state.withLockedValue { $0.peakBytes } }

  func add(_ byteCount: Int) {
    state.withLockedValue { state in
      state.bytes += byteCount
      state.peakBytes = max(state.peakBytes, state.bytes)
    }
  }

  func remove(_ byteCount: Int) {
    state.withLockedValue { $0.bytes -= byteCount }
  }
}
