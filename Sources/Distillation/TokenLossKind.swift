/// A loss of one position: how far the student's distribution q over the next token is from the teacher's p, in nats.
///
/// - SeeAlso: `docs/methods`, which has each formula with its paper.
public enum TokenLossKind: Sendable, Hashable {
  /// `−log q(actual token)`; needs no teacher.
  case crossEntropy
  /// `KL(p ‖ q)`.
  case forwardKL
  /// `KL(q ‖ p)`.
  case reverseKL
  /// `KL(p ‖ m)`, `m = α p + (1 − α) q`, α in [0, 1).
  case skewForwardKL(alpha: Double)
  /// `KL(q ‖ m)`, `m = (1 − α) p + α q`, α in [0, 1); m counts as constant in the gradient, as DistiLLM-2's code has it.
  case skewReverseKL(alpha: Double)
  /// The same value with the gradient through m, as DistiLLM's code has it.
  case skewReverseKLFull(alpha: Double)
  /// `β KL(p ‖ m) + (1 − β) KL(q ‖ m)`, `m = β p + (1 − β) q`, β in [0, 1]; 0 and 1 name forward and reverse KL.
  case generalizedJSD(beta: Double)
  /// `½ Σ |q − p|`, in [0, 1].
  case totalVariation
  /// `w KL(p ‖ q) + (1 − w) KL(q ‖ p)`, w being the head's share of `Σ |q − p|` and constant in the gradient. The head: the teacher's
  /// most probable tokens, as many as have at most this mass together, but at least one. The tail of top log-probs is no part of it.
  case adaptiveKL(headMass: Double)
  /// `−1/(αβ) Σ (p^α q^β − α/(α+β) p^(α+β) − β/(α+β) q^(α+β))`, α and β in [0.05, 10].
  case alphaBeta(alpha: Double, beta: Double)
  /// `−log σ(β[(lq_a − lq_b) − (lp_a − lp_b)]) + crossEntropy · (−lq_y)`, a being the teacher's most probable token, b the
  /// student's: what DPKD's released code minimises in place of a loss of sequences.
  case topTokenPreference(beta: Double, crossEntropy: Double)
  /// A policy gradient on text that an earlier student wrote, with the teacher's log-probs of its tokens as rewards.
  case policyGradient(PolicyGradient)
  /// `−log q(actual token) + λ Σ_r |q_(r) − p_(r)|`, both sorted: ULD.
  case universalLogit(factor: Double)

  /// Whether the loss needs the teacher's log-probs.
  public var needsTeacher: Bool { self != .crossEntropy }

  /// Whether the loss needs more of the teacher than log-probs of the actual tokens.
  var needsDistribution: Bool {
    if case .policyGradient(let policy) = self { return policy.reverseKL > 0 }
    return needsTeacher
  }

  /// Whether the loss needs the teacher's log-probs of the actual tokens by themselves.
  var needsTokenLogprobs: Bool {
    if case .policyGradient = self { true } else { false }
  }

  /// Throws unless α and β are in their ranges.
  func validate() throws(DistillationError) {
    switch self {
    case .skewForwardKL(let alpha), .skewReverseKL(let alpha), .skewReverseKLFull(let alpha):
      guard alpha >= 0, alpha < 1 else { throw .parameterOutOfRange(name: "alpha", value: alpha, range: "[0, 1)") }
    case .generalizedJSD(let beta):
      guard beta >= 0, beta <= 1 else { throw .parameterOutOfRange(name: "beta", value: beta, range: "[0, 1]") }
    case .topTokenPreference(let beta, let crossEntropy):
      guard beta > 0, beta.isFinite else { throw .parameterOutOfRange(name: "beta", value: beta, range: "(0, ∞)") }
      guard crossEntropy >= 0, crossEntropy.isFinite else {
        throw .parameterOutOfRange(name: "cross_entropy", value: crossEntropy, range: "[0, ∞)")
      }
    case .adaptiveKL(let mass):
      guard mass > 0, mass < 1 else { throw .parameterOutOfRange(name: "head mass", value: mass, range: "(0, 1)") }
    case .alphaBeta(let alpha, let beta):
      for (name, value) in [("alpha", alpha), ("beta", beta)] where !(0.05...10).contains(value) {
        throw .parameterOutOfRange(name: name, value: value, range: "[0.05, 10]")
      }
    case .policyGradient(let policy): try policy.validate()
    case .universalLogit(let factor):
      guard factor >= 0, factor.isFinite else {
        throw .parameterOutOfRange(name: "factor", value: factor, range: "[0, ∞)")
      }
    case .crossEntropy, .forwardKL, .reverseKL, .totalVariation: break
    }
  }

  /// α of a skewed loss; nil for the others.
  var skew: Double? {
    switch self {
    case .skewForwardKL(let alpha), .skewReverseKL(let alpha), .skewReverseKLFull(let alpha): alpha
    default: nil
    }
  }

  /// The same skewed loss with another α; any other loss as it is.
  func skewed(by alpha: Double) -> TokenLossKind {
    switch self {
    case .skewForwardKL: .skewForwardKL(alpha: alpha)
    case .skewReverseKL: .skewReverseKL(alpha: alpha)
    case .skewReverseKLFull: .skewReverseKLFull(alpha: alpha)
    default: self
    }
  }
}
