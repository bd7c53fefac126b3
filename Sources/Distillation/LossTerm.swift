internal import Foundation

/// A weight that moves in a line with the steps of a run, and then stays.
public struct WeightRamp: Sendable, Hashable {
  /// The weight at the end of the line.
  public var final: Double
  /// Share of all steps that the line takes, in (0, 1].
  public var stepShare: Double

  /// Makes a ramp.
  public init(to final: Double, over stepShare: Double) { (self.final, self.stepShare) = (final, stepShare) }
}

/// DistiLLM-2's α of each sequence, from how far the student still is from the teacher.
///
/// With the gap of a sequence `p − q`, or `q − p` for a skewed reverse KL, p and q being the geometric means of its tokens'
/// probabilities, `α = 1 − (1 − α₀) m / gap`, clipped to [``least``, α₀]. α₀ is the term's own α, m the mean gap of the first
/// steps, in which every sequence has α₀.
///
/// - SeeAlso: Section 3.3 of <https://arxiv.org/abs/2503.07067>.
public struct AdaptiveSkew: Sendable, Hashable {
  /// The least α.
  public var least: Double
  /// The number of first steps.
  public var firstSteps: Int

  /// Names the numbers.
  public init(least: Double = 0.01, firstSteps: Int) { (self.least, self.firstSteps) = (least, firstSteps) }

  /// α of a sequence.
  ///
  /// - Parameters:
  ///   - gap: Of the sequence.
  ///   - mean: m.
  ///   - greatest: α₀.
  public func alpha(gap: Double, mean: Double, greatest: Double) -> Double {
    let alpha = 1 - (1 - greatest) * mean / (gap + 1e-5)
    // A gap of −1e-5 makes no number where m is 0.
    return alpha.isNaN ? greatest : min(max(alpha, least), greatest)
  }
}

/// The loss of one group of sequences.
public struct LossTerm: Sendable, Hashable {
  /// The token loss.
  public var kind: TokenLossKind
  /// Factor of the term in the loss; with a ramp that of the first step.
  public var weight: Double
  /// Where the weight goes with the steps; nil: it stays.
  public var ramp: WeightRamp?
  /// An α for each sequence, of a skewed loss; nil: that of ``kind`` for all.
  public var adaptiveSkew: AdaptiveSkew?
  /// Whether a divergence compares the softmax of z-scores: each model's logits less their mean, over their standard deviation.
  public var standardizesLogits: Bool
  /// Factor of the cross-entropy of the actual token that is added to each position's divergence.
  public var crossEntropyWeight: Double
  /// Whether its sequences are no pairs where the objective has a loss of pairs: they stand behind all that are.
  public var isBesidePairs: Bool

  /// Makes a term.
  public init(
    _ kind: TokenLossKind, weight: Double = 1, ramp: WeightRamp? = nil, adaptiveSkew: AdaptiveSkew? = nil,
    standardizesLogits: Bool = false, crossEntropyWeight: Double = 0, isBesidePairs: Bool = false
  ) {
    (self.kind, self.weight, self.ramp, self.adaptiveSkew) = (kind, weight, ramp, adaptiveSkew)
    (self.standardizesLogits, self.crossEntropyWeight) = (standardizesLogits, crossEntropyWeight)
    self.isBesidePairs = isBesidePairs
  }

  /// Whether the row's loss is that of its kind and nothing more.
  var isPlain: Bool { !standardizesLogits && crossEntropyWeight == 0 }

  /// Factor of the term after so many steps of a run of `maxSteps`.
  public func weight(afterSteps steps: Int, of maxSteps: Int) -> Double {
    guard let ramp else { return weight }
    let line = ramp.stepShare * Double(maxSteps)
    return Double(steps) >= line ? ramp.final : weight + (ramp.final - weight) * (Double(steps) / line)
  }

  /// Throws unless all numbers are in their ranges.
  func validate() throws(DistillationError) {
    func expect(_ name: String, _ value: Double, _ holds: Bool, _ range: String) throws(DistillationError) {
      guard value.isFinite, holds else { throw .parameterOutOfRange(name: name, value: value, range: range) }
    }
    try kind.validate()
    try expect("weight", weight, weight >= 0, "[0, ∞)")
    if let ramp {
      try expect("final weight", ramp.final, ramp.final >= 0, "[0, ∞)")
      try expect("step share of the weight's ramp", ramp.stepShare, ramp.stepShare > 0 && ramp.stepShare <= 1, "(0, 1]")
    }
    let isDivergence = Divergence(kind) != nil
    try expect(
      "cross_entropy_weight", crossEntropyWeight, crossEntropyWeight >= 0 && (isDivergence || crossEntropyWeight == 0),
      "[0, ∞), and 0 beside what is no divergence")
    try expect(
      "standardize_logits", standardizesLogits ? 1 : 0, !standardizesLogits || (isDivergence && adaptiveSkew == nil),
      "0 for what is no divergence, or has an alpha for each sequence")
    if let adaptiveSkew {
      let greatest = kind.skew ?? 0
      let range = kind.skew == nil ? "skewed losses alone" : "(0, \(greatest)], the term's own"
      try expect("least alpha", adaptiveSkew.least, adaptiveSkew.least > 0 && adaptiveSkew.least <= greatest, range)
      try expect("first steps", Double(adaptiveSkew.firstSteps), adaptiveSkew.firstSteps >= 0, "0 and above")
    }
  }
}
