/// How long a client waits between attempts to connect.
///
/// - SeeAlso: <https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md>.
public struct ConnectionBackoff: Sendable, Hashable {
  /// The wait after the first failure.
  public var initial: Duration = .seconds(1)
  /// What each further failure multiplies it with.
  public var multiplier = 1.6
  /// The share by which a wait is made longer or shorter at random.
  public var jitter = 0.2
  /// The longest wait, before jitter.
  public var maximum: Duration = .seconds(120)

  /// Makes the backoff that gRPC specifies.
  public init() {}

  /// Makes a backoff with another start and end.
  public init(initial: Duration, maximum: Duration) {
    self.initial = initial
    self.maximum = maximum
  }

  /// The wait after a number of failures in a row, at least 1.
  public func delay(afterFailures failures: Int, using generator: inout some RandomNumberGenerator) -> Duration {
    var delay = min(initial, maximum)
    for _ in 1..<max(failures, 1) where delay < maximum { delay = min(delay * multiplier, maximum) }
    return delay * Double.random(in: (1 - jitter)...(1 + jitter), using: &generator)
  }
}
