/// How many durations fell at or below each of some bounds.
struct DurationHistogram: Sendable, Hashable {
  /// Upper bounds of the buckets, seconds; one more bucket has none.
  static let bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

  /// Durations of each bucket alone.
  private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
  /// The sum of all, seconds.
  private(set) var sum = 0.0

  mutating func add(_ seconds: Double) {
    counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
    sum += seconds
  }

  /// Durations at or below each bound, and all of them last.
  var cumulative: [Int] {
    var total = 0
    return counts.map { count in
      total += count
      return total
    }
  }
}
