/// A policy gradient on text of the student, with the teacher's log-probs of its tokens as rewards.
///
/// `A_t = Σ γ^(t'−s) (log p(y_t') − log q_old(y_t'))`, `L_t = w [max(−A ρ, −A clip(ρ, 1 − ε, 1 + ε)) + λ KL(q ‖ p)]`,
/// `ρ = q / q_old`, `w = q_old / (α p + (1 − α) q_old)`.
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
  /// α: the teacher's share in the distribution that tokens are drawn from, in [0, 1); 0: the student writes alone.
  public var teacherShare: Double
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
    teacherShare = values.optionalNumber("generation.teacher_mix") ?? 0
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

  /// Refuses a mixture of teacher and student whose weights would not be those of what tokens are drawn from, or whose rules
  /// cannot be kept by a text that is written in pieces.
  func checkTeacherMix() throws(RecipeError) {
    guard let generation, generation.teacherMix > 0 else { return }
    func refuse(_ key: String, _ remedy: String, _ reason: String) -> RecipeError {
      .conflict("generation.teacher_mix and \(key): \(reason): \(remedy), or set teacher_mix to 0")
    }
    if generation.studentWeights != .float32 {
      throw refuse(
        "generation.student_weights \(generation.studentWeights.rawValue)", "set student_weights to float32",
        "what the student finds of the teacher's tokens is known of its own weights alone")
    }
    if teacherWeights == .int8 {
      throw refuse(
        "teacher_weights int8", "set teacher_weights to float32",
        "the teacher would draw from another distribution than its scores tell of")
    }
    if generation.minNewTokens > 0 {
      throw refuse(
        "generation.min_new_tokens", "set min_new_tokens to 0", "neither model knows how many tokens the text has")
    }
    if !generation.stopStrings.isEmpty {
      throw refuse(
        "generation.stop_strings", "leave stop_strings out", "neither model sees a text that both have written")
    }
  }

  /// Whether the teacher's distributions enter the loss, and not only log-probs of the actual tokens.
  public var usesTeacherDistributions: Bool {
    !method.needsNoTeacher && objective.terms.contains(where: \.needsDistribution)
  }
}
