internal import CTokenLoss

/// A divergence of two distributions with its numbers, as the vectorised loops take it.
struct Divergence {
  private let kind: ctl_kind
  private var weight = 0.0
  private var second = 0.0
  /// Where the weight of a mixed KL is that of the teacher's head: the mass that the head may have.
  private var headMass: Double?

  /// Nil for losses that compare no distributions.
  init?(_ loss: TokenLossKind) {
    switch loss {
    case .crossEntropy, .topTokenPreference, .policyGradient, .universalLogit: return nil
    case .forwardKL, .generalizedJSD(beta: 0): kind = CTL_FORWARD_KL
    case .reverseKL, .generalizedJSD(beta: 1): kind = CTL_REVERSE_KL
    case .skewForwardKL(let alpha): (kind, weight) = (CTL_SKEW_FORWARD_KL, alpha)
    case .skewReverseKL(let alpha): (kind, weight) = (CTL_SKEW_REVERSE_KL, alpha)
    case .skewReverseKLFull(let alpha): (kind, weight) = (CTL_SKEW_REVERSE_KL_FULL, alpha)
    case .generalizedJSD(let beta): (kind, weight) = (CTL_GENERALIZED_JSD, beta)
    case .totalVariation: kind = CTL_TOTAL_VARIATION
    case .adaptiveKL(let mass): (kind, headMass) = (CTL_MIXED_KL, mass)
    case .alphaBeta(let alpha, let beta): (kind, weight, second) = (CTL_ALPHA_BETA, alpha, beta)
    }
  }

  /// Whether it is forward KL.
  var isForwardKL: Bool { kind == CTL_FORWARD_KL }

  /// The loss of one position.
  ///
  /// - Parameter headShare: Tells what share of `Σ |q − p|` the head has whose mass is at most the given one.
  func loss(headShare: (Double) -> Double) -> ctl_loss {
    ctl_loss(kind: Int32(kind.rawValue), weight: Float(headMass.map(headShare) ?? weight), second: Float(second))
  }
}
