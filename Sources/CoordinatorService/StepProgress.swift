internal import Synchronization

/// The steps that a run knows to be made.
final class StepProgress: Sendable {
  private let state = Mutex<UInt64>(0)

  /// Steps.
  var step: UInt64 { state.withLock(\.self) }

  /// So many are made.
  func reached(_ step: UInt64) { state.withLock { $0 = max($0, step) } }
}
