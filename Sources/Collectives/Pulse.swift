/// When something last happened in a group: a call began or ended, or bytes came.
struct Pulse {
  private var callCount = 0
  private var newest = ContinuousClock.now
  private var received: Int64 = 0

  mutating func begin(at now: ContinuousClock.Instant) { (callCount, newest) = (callCount + 1, now) }

  mutating func end(at now: ContinuousClock.Instant) { (callCount, newest) = (callCount - 1, now) }

  /// Time since then; nil: no call is under way, or nobody can tell.
  mutating func silence(_ bytes: Int64?, at now: ContinuousClock.Instant) -> Duration? {
    guard let bytes, callCount > 0 else { return nil }
    if bytes != received { (received, newest) = (bytes, now) }
    return now - newest
  }
}
