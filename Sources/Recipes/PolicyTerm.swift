/// A policy gradient on text of the student, with the teacher's log-probs of its tokens as rewards.
///
/// `A_t = Σ γ^(t'−s) (log p(y_t') − log q_old(y_t'))`, `L_t = max(−A ρ, −A clip(ρ, 1 − ε, 1 + ε)) + λ KL(q ‖ p)`, `ρ = q / q_old`.
public struct PolicyTerm: Sendable, Hashable, Codable {
  /// γ: weight of later tokens' rewards, in [0, 1].
  public var discount: Double
  /// Whether a token's own reward is left out: s is t + 1 and not t.
  public var isFutureOnly: Bool
  /// Whether an advantage is a mean of rewards and not their sum.
  public var isLengthNormalized: Bool
  /// ε; 0: ratios are not clipped.
  public var clip: Double
  /// Rewards are cut to so many nats either way; 0: they are not.
  public var rewardLimit: Double
  /// λ, the factor of the reverse KL over all tokens.
  public var reverseKL: Double
}

extension PolicyTerm {
  /// The policy gradient that a recipe asks for; nil where its method has none.
  init?(_ method: Method, _ values: ResolvedValues) {
    guard method.hasPolicyGradient else { return nil }
    let splits: Bool = values.flag("objective.single_step_decomposition")
    discount = values.number("objective.gamma")
    isLengthNormalized = values.flag("objective.length_normalization")
    clip = values.number("objective.epsilon")
    rewardLimit = values.number("objective.cliprange_reward")
    (isFutureOnly, reverseKL) = (splits, splits ? 1 : 0)
  }
}

extension Method {
  /// Whether the student's text is learnt from by a policy gradient.
  var hasPolicyGradient: Bool { self == .opd || self == .minillm }
}

extension PlannedTerm {
  /// Whether the term needs more of the teacher than log-probs of the actual tokens.
  public var needsDistribution: Bool { policy.map { $0.reverseKL > 0 } ?? kind.needsTeacherLogprobs }
}

extension Recipe {
  /// Whether the student's text is learnt from by a policy gradient, which needs log-probs from when it was written.
  public var hasPolicyGradient: Bool { objective.terms.contains { $0.policy != nil } }

  /// Whether the teacher's distributions enter the loss, and not only log-probs of the actual tokens.
  public var usesTeacherDistributions: Bool {
    !method.needsNoTeacher && objective.terms.contains(where: \.needsDistribution)
  }
}
