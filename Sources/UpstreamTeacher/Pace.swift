/// How often the endpoint may be asked.
public struct PaceLimits: Sendable, Hashable {
  /// Calls per minute; nil: any.
  public var requestsPerMinute: Int?
  /// Tokens per minute, of prompts and new text together; nil: any.
  public var tokensPerMinute: Int?
  /// Calls at once.
  public var concurrency: Int

  /// Sets limits.
  public init(requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil, concurrency: Int = 8) {
    (self.requestsPerMinute, self.tokensPerMinute) = (requestsPerMinute, tokensPerMinute)
    self.concurrency = max(1, concurrency)
  }
}

/// When calls may begin: never more than the limits in any minute, but for the tokens of one call, and none before the
/// endpoint has said.
///
/// Each limit is a bucket that leaks a minute's amount in a little over 66 s and lets 6 s' worth of it begin at once, since endpoints count
/// short bursts too: (60 + 6) / 66 of the amount begin in any minute.
package struct Pace: Sendable {
  private struct Bucket: Sendable {
    let secondsPerUnit: Double
    let tolerance: Double
    /// When the bucket is empty again.
    var emptyAt = 0.0

    init(perMinute: Int) {
      secondsPerUnit = 66.1 / Double(max(1, perMinute))
      tolerance = 6
    }

    /// Takes units; returns when they may be used.
    mutating func take(_ units: Double, at now: Double) -> Double {
      let start = max(now, emptyAt - tolerance)
      emptyAt = max(emptyAt, now) + units * secondsPerUnit
      return start
    }
  }

  private var requests: Bucket?
  private var tokens: Bucket?
  private var heldUntil = 0.0

  /// Begins with nothing taken.
  package init(_ limits: PaceLimits) {
    requests = limits.requestsPerMinute.map(Bucket.init(perMinute:))
    tokens = limits.tokensPerMinute.map(Bucket.init(perMinute:))
  }

  /// Takes a call's place; returns how long it waits.
  ///
  /// - Parameter now: Seconds on a clock that never goes back.
  package mutating func take(tokens count: Int, at now: Double) -> Double {
    let asked = requests?.take(1, at: now) ?? now
    let counted = tokens?.take(Double(count), at: now) ?? now
    return max(asked, counted, heldUntil, now) - now
  }

  /// Gives back tokens that a call did not use.
  package mutating func giveBack(tokens count: Int) {
    guard count > 0, var bucket = tokens else { return }
    bucket.emptyAt -= Double(count) * bucket.secondsPerUnit
    tokens = bucket
  }

  /// Holds all calls back until then.
  package mutating func hold(until time: Double) { heldUntil = max(heldUntil, time) }

  /// How much longer all calls are held back.
  package func held(at now: Double) -> Double { max(0, heldUntil - now) }
}

/// Pauses between attempts: `first`, doubled from failure to failure up to `limit`, each drawn evenly from nothing to that.
public struct RetryPauses: Sendable, Hashable {
  /// Longest pause after the first failure, in seconds.
  public var first: Double
  /// Longest pause at all, in seconds.
  public var limit: Double
  /// Longest `Retry-After` that is believed, in seconds.
  public var longestRetryAfter: Double

  /// Sets pauses; the defaults are those of OpenAI's own clients, with a longer end.
  public init(first: Double = 0.5, limit: Double = 30, longestRetryAfter: Double = 120) {
    (self.first, self.limit, self.longestRetryAfter) = (first, limit, longestRetryAfter)
  }

  /// The pause after so many failures in a row, which is never shorter than what the endpoint asks.
  package func seconds(afterFailures failures: Int, retryAfter: Double?, unit: Double) -> Double {
    let most = min(first * Double(1 << min(max(failures - 1, 0), 16)), limit)
    return max(most * unit, min(retryAfter ?? 0, longestRetryAfter))
  }
}
