/// Answers about consecutive completion positions, as columns. N is the number of positions; a column not asked for is empty.
///
/// Log-probs are natural, in nats, at temperature 1; each is *of* the position's own token or of the id named.
public struct PositionScores: Sendable, Hashable {
  /// N.
  public var positionCount: Int = 0
  /// Log-probs of the actual tokens. Shape: `[N]`.
  public var tokenLogprobs: [Float] = []
  /// Most probable ids, descending; ties by the smaller id. Shape: `[N, K]`.
  public var topTokenIDs: [TokenID] = []
  /// Their log-probs. Shape: `[N, K]`.
  public var topLogprobs: [Float] = []
  /// `log(1 − Σ exp(topLogprobs))`, −∞ where nothing is left. Shape: `[N]`.
  public var tailLogprobs: [Float] = []
  /// Log-probs at the named ids. Shape: `[N, gatherCount]`.
  public var gatheredLogprobs: [Float] = []
  /// All log-probs. Shape: `[N, V]`.
  public var fullLogprobs: [Float] = []
  /// Entropies in nats. Shape: `[N]`.
  public var entropies: [Float] = []
  /// Last hidden states. Shape: `[N, D]`.
  public var hiddenStates: [Float] = []
  /// Ids drawn with replacement, ascending. Shape: `[N, drawCount]`.
  public var drawnTokenIDs: [TokenID] = []

  /// Makes scores of no positions.
  public init() {}

  /// Some consecutive positions of these.
  ///
  /// - Parameter range: Within `0..<positionCount`.
  public func positions(_ range: Range<Int>) -> PositionScores {
    precondition(range.lowerBound >= 0 && range.upperBound <= positionCount, "positions \(range) of \(positionCount)")
    func slice<Element>(_ column: [Element]) -> [Element] {
      let width = column.count / max(positionCount, 1)
      return Array(column[range.lowerBound * width..<range.upperBound * width])
    }
    var some = PositionScores()
    some.positionCount = range.count
    some.tokenLogprobs = slice(tokenLogprobs)
    (some.topTokenIDs, some.topLogprobs) = (slice(topTokenIDs), slice(topLogprobs))
    some.tailLogprobs = slice(tailLogprobs)
    some.gatheredLogprobs = slice(gatheredLogprobs)
    some.fullLogprobs = slice(fullLogprobs)
    some.entropies = slice(entropies)
    some.hiddenStates = slice(hiddenStates)
    some.drawnTokenIDs = slice(drawnTokenIDs)
    return some
  }

  /// Adds the positions of `next` after these.
  public mutating func append(_ next: PositionScores) {
    guard positionCount > 0 else {
      self = next
      return
    }
    positionCount += next.positionCount
    tokenLogprobs += next.tokenLogprobs
    topTokenIDs += next.topTokenIDs
    topLogprobs += next.topLogprobs
    tailLogprobs += next.tailLogprobs
    gatheredLogprobs += next.gatheredLogprobs
    fullLogprobs += next.fullLogprobs
    entropies += next.entropies
    hiddenStates += next.hiddenStates
    drawnTokenIDs += next.drawnTokenIDs
  }
}
