/// What a judge said of pairs of answers, ours and another, each pair scored in both orders.
///
/// A gap is the score of our answer minus the other's. Ours wins a pair where its gaps add up to more than 0 and neither order
/// prefers the other; it loses where the reverse holds. All else is a tie: above all an order that contradicts the other.
public struct PairwiseTally: Sendable, Hashable {
  /// Pairs that ours won.
  public private(set) var wins = 0
  /// Pairs that nobody won.
  public private(set) var ties = 0
  /// Pairs that the other won.
  public private(set) var losses = 0
  /// Pairs of which at least one order has no scores that could be read: they count in nothing else.
  public private(set) var unreadCount = 0
  private var gapSum = 0.0
  private var biasSum = 0.0

  /// Starts empty.
  public init() {}

  /// Adds a pair.
  ///
  /// - Parameters:
  ///   - gapWhenFirst: The gap with our answer first.
  ///   - gapWhenSecond: The gap with our answer second.
  public mutating func add(gapWhenFirst: Double, gapWhenSecond: Double) {
    let gaps = [gapWhenFirst, gapWhenSecond]
    if gaps.allSatisfy({ $0 >= 0 }), gaps.contains(where: { $0 > 0 }) {
      wins += 1
    } else if gaps.allSatisfy({ $0 <= 0 }), gaps.contains(where: { $0 < 0 }) {
      losses += 1
    } else {
      ties += 1
    }
    gapSum += (gapWhenFirst + gapWhenSecond) / 2
    biasSum += (gapWhenFirst - gapWhenSecond) / 2
  }

  /// Adds a pair whose scores could not be read.
  public mutating func addUnread() { unreadCount += 1 }

  /// Pairs that count.
  public var count: Int { wins + ties + losses }
  /// Share of the pairs won, ties half; nil where none counts.
  public var winRate: Double? { share(Double(wins) + Double(ties) / 2) }
  /// Mean gap over pairs and orders; exchanging the answers negates it.
  public var gap: Double? { share(gapSum) }
  /// Half of what the first place gains, on average: above 0 where it is favoured.
  public var positionBias: Double? { share(biasSum) }
  /// Share of all pairs that could not be read.
  public var unreadShare: Double? {
    count + unreadCount > 0 ? Double(unreadCount) / Double(count + unreadCount) : nil
  }

  /// A sum as a mean over the pairs that count.
  public func share(_ sum: Double) -> Double? { count > 0 ? sum / Double(count) : nil }
}
