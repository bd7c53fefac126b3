internal import Foundation

/// What the student's log-probs of a pair are compared with.
public enum PairReference: String, Sendable, Hashable, Codable {
  /// Nothing: r = 0.
  case none
  /// The teacher's log-probs of the same tokens, as DPKD has it.
  case teacher
  /// Log-probs that come with the batch, such as those of the student before its training, as DPO has it.
  case given
}

/// A loss of two completions of one prompt, of which the first is preferred.
///
/// With `s = Σ log q(y_t)` over a completion, `r` the reference's sum, and both divided by the completion's length where
/// ``isLengthNormalized`` says so, every form is a function of `Δ = (s_w − r_w) − (s_l − r_l)`.
/// The gradient of the logits at each position of a completion is `∂L/∂s · (onehot(y_t) − q)`.
public struct PairLoss: Sendable, Hashable {
  /// L as a function of Δ.
  public enum Form: Sendable, Hashable {
    /// `(1 − ε) softplus(−x) + ε softplus(x)`, `x = βΔ − γ`: DPO, CPO, DPKD, SimPO.
    case logistic(beta: Double, gamma: Double = 0, labelSmoothing: Double = 0)
    /// `(Δ − 1/(2τ))²`: IPO.
    case squared(tau: Double)
    /// `max(0, δ m − βΔ)`, m being the pair's ``PairColumns/margins``: SLiC, PLaD.
    case hinge(beta: Double = 1, margin: Double)
  }

  /// L(Δ).
  public var form: Form
  /// Whether log-probs are means over a completion's tokens and not sums.
  public var isLengthNormalized: Bool
  /// What the student is compared with.
  public var reference: PairReference
  /// Factor of the mean over pairs in the whole loss.
  public var weight: Double

  /// Makes a loss.
  public init(_ form: Form, isLengthNormalized: Bool, reference: PairReference, weight: Double = 1) {
    (self.form, self.isLengthNormalized) = (form, isLengthNormalized)
    (self.reference, self.weight) = (reference, weight)
  }

  /// Throws unless all numbers are in their ranges.
  func validate() throws(DistillationError) {
    func expect(_ name: String, _ value: Double, _ holds: Bool, _ range: String) throws(DistillationError) {
      guard value.isFinite, holds else { throw .parameterOutOfRange(name: name, value: value, range: range) }
    }
    try expect("pair weight", weight, weight >= 0, "[0, ∞)")
    switch form {
    case .logistic(let beta, let gamma, let smoothing):
      try expect("beta", beta, beta > 0, "(0, ∞)")
      try expect("gamma", gamma, true, "(−∞, ∞)")
      try expect("label_smoothing", smoothing, smoothing >= 0 && smoothing < 0.5, "[0, 0.5)")
    case .squared(let tau): try expect("tau", tau, tau > 0, "(0, ∞)")
    case .hinge(let beta, let margin):
      try expect("beta", beta, beta > 0, "(0, ∞)")
      try expect("margin", margin, margin >= 0, "[0, ∞)")
    }
  }
}

/// The log-probs of one pair, summed over the tokens of each completion, in nats.
public struct PairLogprobs: Sendable, Hashable, Codable {
  /// The student's, of the preferred completion.
  public var chosen: Double
  /// The student's, of the other.
  public var rejected: Double
  /// The reference's, of the preferred completion; 0 without a reference.
  public var referenceChosen: Double
  /// The reference's, of the other; 0 without a reference.
  public var referenceRejected: Double
  /// Tokens of the preferred completion.
  public var chosenLength: Int
  /// Tokens of the other.
  public var rejectedLength: Int

  /// Names the numbers of a pair.
  public init(
    chosen: Double, rejected: Double, chosenLength: Int, rejectedLength: Int, referenceChosen: Double = 0,
    referenceRejected: Double = 0
  ) {
    (self.chosen, self.rejected) = (chosen, rejected)
    (self.chosenLength, self.rejectedLength) = (chosenLength, rejectedLength)
    (self.referenceChosen, self.referenceRejected) = (referenceChosen, referenceRejected)
  }
}

/// A pair's loss with its derivatives.
public struct PairValue: Sendable, Hashable {
  /// L, before any weight.
  public var value: Double
  /// `∂L/∂s_w`, s being a sum.
  public var chosenSlope: Double
  /// `∂L/∂s_l`, s being a sum.
  public var rejectedSlope: Double
}

extension PairLoss {
  /// Returns the loss of a pair. A completion without tokens counts as one of length 1 with a log-prob of 0.
  ///
  /// - Parameter margin: m, the pair's factor of a hinge's margin.
  public func evaluate(_ pair: PairLogprobs, margin: Double = 1) -> PairValue {
    let (chosenDivisor, rejectedDivisor) = divisors(pair)
    let (chosen, rejected) = logRatios(pair)
    let (value, slope) = derivative(at: chosen - rejected, margin: margin)
    return PairValue(value: value, chosenSlope: slope / chosenDivisor, rejectedSlope: -slope / rejectedDivisor)
  }

  /// β times the log-ratios of both completions: what is called implicit rewards. A form without β has 1 there, and
  /// ``Form/squared(tau:)`` τ, as TRL reports them.
  public func rewards(_ pair: PairLogprobs) -> (chosen: Double, rejected: Double) {
    let factor =
      switch form {
      case .logistic(let beta, _, _), .hinge(let beta, _): beta
      case .squared(let tau): tau
      }
    let (chosen, rejected) = logRatios(pair)
    return (factor * chosen, factor * rejected)
  }

  private func divisors(_ pair: PairLogprobs) -> (Double, Double) {
    isLengthNormalized ? (Double(max(pair.chosenLength, 1)), Double(max(pair.rejectedLength, 1))) : (1, 1)
  }

  private func logRatios(_ pair: PairLogprobs) -> (Double, Double) {
    let (chosenDivisor, rejectedDivisor) = divisors(pair)
    return (
      (pair.chosen - pair.referenceChosen) / chosenDivisor, (pair.rejected - pair.referenceRejected) / rejectedDivisor
    )
  }

  /// L and `dL/dΔ`.
  private func derivative(at delta: Double, margin: Double) -> (value: Double, slope: Double) {
    switch form {
    case .logistic(let beta, let gamma, let smoothing):
      let x = beta * delta - gamma
      let value = (1 - smoothing) * softplus(-x) + smoothing * softplus(x)
      return (value, beta * (smoothing * logistic(x) - (1 - smoothing) * logistic(-x)))
    case .squared(let tau):
      let distance = delta - 1 / (2 * tau)
      return (distance * distance, 2 * distance)
    case .hinge(let beta, let unit):
      let missing = unit * margin - beta * delta
      // NaN is not above 0: it must not pass for a pair that is far enough apart.
      return missing <= 0 ? (0, 0) : (missing, -beta)
    }
  }
}

/// `log(1 + e^x)`, without overflow: `−log σ(x) = softplus(−x)`.
func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }

/// σ(x), without overflow.
func logistic(_ x: Double) -> Double { x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)) }
