/// How many tokens a second a caller may have computed, over time: a bucket that leaks. Pure.
///
/// What a piece of work cost is known once it is done: it is counted then, and the caller waits until the time has passed that it stands for.
/// A second's worth may be used at once.
struct TokenQuota: Sendable, Hashable {
  let tokensPerSecond: Double
  /// When all that was used will have been paid for.
  private var paidAt = Duration.zero

  init(tokensPerSecond: Int) { self.tokensPerSecond = Double(tokensPerSecond) }

  /// Counts tokens.
  mutating func use(_ tokens: Int, at now: Duration) {
    paidAt = max(paidAt, now) + .seconds(Double(tokens) / tokensPerSecond)
  }

  /// Whether what was used is paid for.
  func isPaid(at now: Duration) -> Bool { paidAt <= now }

  /// When the next piece of work may begin.
  var opensAt: Duration { paidAt - .seconds(1) }
}
