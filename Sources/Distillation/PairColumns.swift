/// What a batch says about its pairs; pair i is the sequences 2i, which is preferred, and 2i + 1.
///
/// An empty column leaves every pair the usual value.
public struct PairColumns: Sendable, Hashable {
  /// Log-probs of the preferred completions by a reference that is no longer at hand, summed. Shape: `[P]`. Unit: nats.
  public var referenceChosen: [Double]
  /// Those of the other completions. Shape: `[P]`. Unit: nats.
  public var referenceRejected: [Double]
  /// Factors of a hinge's margin; usually 1. Shape: `[P]`.
  public var margins: [Double]
  /// Factors of the pairs' losses; usually 1. A pair with 0 is left out, and does not count in the mean. Shape: `[P]`.
  public var weights: [Double]

  /// Takes columns.
  public init(
    referenceChosen: [Double] = [], referenceRejected: [Double] = [], margins: [Double] = [], weights: [Double] = []
  ) {
    (self.referenceChosen, self.referenceRejected) = (referenceChosen, referenceRejected)
    (self.margins, self.weights) = (margins, weights)
  }

  /// Throws unless all columns are of so many pairs, finite, and there is what the loss needs.
  func validate(pairCount: Int, _ loss: PairLoss) throws(DistillationError) {
    let columns = [
      ("the pairs' chosen references", referenceChosen, loss.reference == .given),
      ("the pairs' rejected references", referenceRejected, loss.reference == .given),
      ("the pairs' margins", margins, false), ("the pairs' weights", weights, false),
    ]
    for (name, column, isNeeded) in columns {
      guard column.count == pairCount || (column.isEmpty && !isNeeded) else {
        throw .countMismatch(column: name, expected: pairCount, found: column.count)
      }
      let isFactor = name.hasSuffix("margins") || name.hasSuffix("weights")
      for value in column where !value.isFinite || (isFactor && value < 0) {
        throw .parameterOutOfRange(name: name, value: value, range: isFactor ? "[0, ∞)" : "(−∞, ∞)")
      }
    }
  }
}

/// What a step found of one pair.
public struct PairMeasurement: Sendable, Hashable, Codable {
  /// The log-probs that went into the loss.
  public var logprobs: PairLogprobs
  /// The loss before its weight.
  public var loss: Double
  /// The implicit reward of the preferred completion.
  public var chosenReward: Double
  /// The implicit reward of the other.
  public var rejectedReward: Double
  /// Factor of the pair in the loss.
  public var weight: Double
}
