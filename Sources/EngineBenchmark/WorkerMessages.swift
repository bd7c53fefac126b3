/// A worker's first line: it has read its case and waits for orders.
package struct WorkerReady: Sendable, Codable, Hashable {
  /// Which code computes: kernels, libraries, threads.
  package var path: String
  /// Memory that is resident before the first round, with all that the work is given, in bytes.
  package var residentBytes: Int

  package init(path: String, residentBytes: Int) { (self.path, self.residentBytes) = (path, residentBytes) }
}

/// A worker's answer to the line `round`.
package struct WorkerRound: Sendable, Codable, Hashable {
  /// How long the round took.
  package var seconds: Double
  /// Tokens that were read, or made.
  package var tokens: Int
  /// The most memory that was resident since the worker was ready, in bytes.
  package var peakBytes: Int
  /// What was computed, to be compared with what others compute: losses, log-probs or token ids; empty where it was said before.
  package var values: [Double]
  /// Rates that were measured beside, per second, by name.
  package var rates: [String: Double]?

  package init(seconds: Double, tokens: Int, peakBytes: Int, values: [Double], rates: [String: Double]? = nil) {
    (self.seconds, self.tokens, self.peakBytes) = (seconds, tokens, peakBytes)
    (self.values, self.rates) = (values, rates)
  }

  enum CodingKeys: String, CodingKey {
    case seconds, tokens, values, rates
    case peakBytes = "peak_bytes"
  }
}

extension WorkerReady {
  enum CodingKeys: String, CodingKey {
    case path
    case residentBytes = "resident_bytes"
  }
}

/// A worker's answer where it cannot go on.
package struct WorkerFailure: Sendable, Codable, Hashable {
  /// Why, in one line.
  package var error: String
}
