/// Counts what a peer may do only so often in a time: a bucket that refills at an even rate.
package struct FloodCounter: Sendable {
  private let limit: Double
  private let perSecond: Double
  private var level: Double = 0
  private var last: Duration = .zero

  /// Makes a counter that allows `limit` events in any `window`, roughly, and `limit` at once.
  package init(limit: Int, window: Duration) {
    self.init(burst: limit, perSecond: Double(limit) / max(window / .seconds(1), 1e-9))
  }

  /// Makes a counter that allows `burst` events at once, and forgets `perSecond` of them in a second.
  package init(burst: Int, perSecond: Double) {
    self.limit = Double(burst)
    self.perSecond = perSecond
  }

  /// Counts one event; returns false when there were too many.
  ///
  /// - Parameter now: The time since any fixed moment; never goes back.
  package mutating func count(at now: Duration) -> Bool {
    level = max(0, level - (now - last) / .seconds(1) * perSecond) + 1
    last = now
    return level <= limit
  }
}
