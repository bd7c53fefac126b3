internal import Synchronization

/// Whether anything was made.
final class StepProgress: Sendable {
  private let state = Mutex(false)

  /// Something was.
  func made() { state.withLock { $0 = true } }

  /// Whether something was.
  var wasMade: Bool { state.withLock(\.self) }
}
