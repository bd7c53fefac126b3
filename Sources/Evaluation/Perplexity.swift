import Foundation

/// Perplexity over a corpus: the exponential of the mean negative log-prob per token, not a mean of means.
public struct PerplexitySum: Sendable, Hashable, Codable {
  /// `Σ log p` in nats.
  public private(set) var logprobSum: Double
  /// Number of tokens.
  public private(set) var tokenCount: Int

  /// Starts empty, or from a sum and its count.
  public init(logprobSum: Double = 0, tokenCount: Int = 0) {
    self.logprobSum = logprobSum
    self.tokenCount = tokenCount
  }

  /// Adds the log-probs of one sequence's tokens, in nats.
  public mutating func add(_ logprobs: some Sequence<Float>) {
    for logprob in logprobs {
      logprobSum += Double(logprob)
      tokenCount += 1
    }
  }

  /// Adds what another sum holds.
  public mutating func add(_ other: PerplexitySum) {
    logprobSum += other.logprobSum
    tokenCount += other.tokenCount
  }

  /// `−Σ log p / n` in nats per token; nil where there is no token.
  public var crossEntropyNats: Double? { tokenCount > 0 ? -logprobSum / Double(tokenCount) : nil }

  /// `exp(−Σ log p / n)`; nil where there is no token.
  public var perplexity: Double? { crossEntropyNats.map { exp($0) } }
}
