package import Logging
import NIOConcurrencyHelpers

/// Tells of refusals, but not of so many that a hostile peer fills a disk with them.
package final class RefusalLog: Sendable {
  /// Lines in one ``window``.
  package static let capacity = 30
  /// The time over which lines are counted.
  package static let window = Duration.seconds(60)

  private struct State {
    var begin: Duration?
    var count = 0
  }

  private let logger: Logger
  private let now: @Sendable () -> Duration
  private let state = NIOLockedValueBox(State())

  /// Writes to a logger. `now` tells the time since a fixed moment.
  package init(logger: Logger, now: @escaping @Sendable () -> Duration) {
    self.logger = logger
    self.now = now
  }

  /// Writes to a logger.
  package convenience init(logger: Logger) {
    let start = ContinuousClock.now
    self.init(logger: logger) { start.duration(to: .now) }
  }

  /// Writes a line, unless there were too many of late; the first of a new window says how many were left out.
  package func note(_ message: Logger.Message, metadata: Logger.Metadata) {
    let now = now()
    let (isShown, omitted) = state.withLockedValue { state -> (Bool, Int) in
      var omitted = 0
      if state.begin.map({ now - $0 >= Self.window }) ?? true {
        omitted = max(0, state.count - Self.capacity)
        state = State(begin: now)
      }
      state.count += 1
      return (state.count <= Self.capacity, omitted)
    }
    if omitted > 0 { logger.notice("more refusals, not shown", metadata: ["count": "\(omitted)"]) }
    if isShown { logger.notice(message, metadata: metadata) }
  }
}
