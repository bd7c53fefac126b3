internal import Foundation
public import Kernels
public import Sequences

/// A policy gradient on text that an earlier student wrote: each token's log-prob moves by how much more probable the teacher finds
/// it, and what follows it, than its writer did.
///
/// With `r_t = log p(y_t) − log q_old(y_t)` the advantage is `A_t = Σ γ^(t'−s) r_t'` over `t' ≥ s`, s being t, or t + 1; divided by the
/// number of its summands where ``isLengthNormalized`` says so. With `ρ = q(y_t) / q_old(y_t)` a position's loss is
///
///     w [max(−A ρ, −A clip(ρ, 1 − ε, 1 + ε)) + λ KL(q ‖ p)]
///
/// A and w are constants of the gradient. γ = 0 and λ = 0 are on-policy distillation by the reverse KL of sampled tokens. w is 1 where
/// the student wrote alone; where each token was drawn from `p̃ = α p + (1 − α) q_old`, it is `q_old(y_t) / p̃(y_t)`.
///
/// - SeeAlso: Eq. 5 to 9 of <https://arxiv.org/abs/2306.08543>, whose single-step part is the reverse KL of all tokens, and whose weights
///   stand before both parts.
public struct PolicyGradient: Sendable, Hashable, Codable {
  /// γ, in [0, 1]: 0 leaves a token its own reward alone.
  public var discount: Double
  /// Whether a token's own reward is left out, as where the reverse KL of all tokens stands for it.
  public var isFutureOnly: Bool
  /// Whether an advantage is a mean of rewards and not their sum.
  public var isLengthNormalized: Bool
  /// ε, in [0, 1); 0: ratios are not clipped.
  public var clip: Double
  /// Rewards are cut to [−limit, limit]; 0: they are not.
  public var rewardLimit: Double
  /// λ, the factor of the reverse KL over all tokens, which needs the teacher's distribution; 0: it is not asked.
  public var reverseKL: Double
  /// α, in [0, 1): the teacher's share in the distribution that tokens were drawn from; 0: the student wrote alone.
  public var teacherShare: Double

  /// Names the numbers; unset, those of sampled-token reverse KL.
  public init(
    discount: Double = 0, isFutureOnly: Bool = false, isLengthNormalized: Bool = false, clip: Double = 0,
    rewardLimit: Double = 0, reverseKL: Double = 0, teacherShare: Double = 0
  ) {
    (self.discount, self.isFutureOnly, self.isLengthNormalized) = (discount, isFutureOnly, isLengthNormalized)
    (self.clip, self.rewardLimit, self.reverseKL) = (clip, rewardLimit, reverseKL)
    self.teacherShare = teacherShare
  }

  /// Throws unless all numbers are in their ranges.
  func validate() throws(DistillationError) {
    func expect(_ name: String, _ value: Double, _ holds: Bool, _ range: String) throws(DistillationError) {
      guard value.isFinite, holds else { throw .parameterOutOfRange(name: name, value: value, range: range) }
    }
    try expect("discount", discount, discount >= 0 && discount <= 1, "[0, 1]")
    try expect("clip", clip, clip >= 0 && clip < 1, "[0, 1)")
    try expect("reward_limit", rewardLimit, rewardLimit >= 0, "[0, ∞)")
    try expect("reverse_kl", reverseKL, reverseKL >= 0, "[0, ∞)")
    try expect("teacher_share", teacherShare, teacherShare >= 0 && teacherShare < 1, "[0, 1)")
  }
}

/// One token as a policy gradient sees it.
public struct PolicyToken: Sendable, Hashable {
  /// A.
  public var advantage: Double
  /// log q_old, in nats.
  public var behaviorLogprob: Double
  /// w: how much more probable the student found the token than what it was drawn from.
  public var weight: Double

  /// Names the numbers.
  public init(advantage: Double, behaviorLogprob: Double, weight: Double = 1) {
    (self.advantage, self.behaviorLogprob, self.weight) = (advantage, behaviorLogprob, weight)
  }
}

extension PolicyGradient {
  /// The tokens of one completion.
  ///
  /// - Parameters:
  ///   - teacher: log p of the completion's tokens. Shape: `[T]`. Unit: nats.
  ///   - behavior: log q_old of them, when they were written. Shape: `[T]`. Unit: nats.
  public func tokens(teacher: some Collection<Float>, behavior: some Collection<Float>) -> [PolicyToken] {
    precondition(
      teacher.count == behavior.count, "\(teacher.count) log-probs of the teacher, \(behavior.count) of the student")
    let limit = rewardLimit > 0 ? rewardLimit : .infinity
    let rewards = zip(teacher, behavior).map { min(max(Double($0) - Double($1), -limit), limit) }
    var tokens: [PolicyToken] = []
    // Σ γ^(t'−t) r_t' from t on, and the number of its summands, from the end.
    var (sum, count) = (0.0, 0)
    for (reward, (teacher, behavior)) in zip(rewards, zip(teacher, behavior)).reversed() {
      let (later, laterCount) = (sum, count)
      (sum, count) = (reward + discount * sum, count + 1)
      let (value, summands) = isFutureOnly ? (later, laterCount) : (sum, count)
      tokens.append(
        PolicyToken(
          advantage: isLengthNormalized ? value / Double(max(summands, 1)) : value, behaviorLogprob: Double(behavior),
          weight: weight(teacher: Double(teacher), behavior: Double(behavior))))
    }
    return tokens.reversed()
  }

  /// w of a token, `q_old / (α p + (1 − α) q_old)`: from 0 to `1 / (1 − α)`.
  ///
  /// - Parameters:
  ///   - teacher: log p, in nats.
  ///   - behavior: log q_old, in nats.
  public func weight(teacher: Double, behavior: Double) -> Double {
    teacherShare > 0 ? 1 / (teacherShare * exp(teacher - behavior) + 1 - teacherShare) : 1
  }

  /// L without its reverse KL, and `∂L/∂ log q(y)`.
  ///
  /// - Parameter logprob: log q of the token, in nats.
  public func evaluate(_ token: PolicyToken, logprob: Double) -> (value: Double, slope: Double) {
    let ratio = exp(logprob - token.behaviorLogprob)
    let factor = -token.advantage * token.weight
    let plain = factor * ratio
    guard clip > 0 else { return (plain, plain) }
    let clipped = factor * min(max(ratio, 1 - clip), 1 + clip)
    return clipped > plain ? (clipped, 0) : (plain, plain)
  }
}

/// The tokens of an optimizer batch that enter a policy gradient, in order.
struct PolicyPlan: Sendable {
  private let tokens: [PolicyToken]

  /// - Parameters:
  ///   - plan: Says which sequences, and where they stand in the columns.
  ///   - teacher: What it said about the batch.
  init(_ batch: TrainingBatch, _ plan: LossPlan, _ objective: Objective, teacher: PositionScores)
    throws(DistillationError)
  {
    guard batch.behaviorLogprobs.count == plan.policyPositionCount else {
      throw .countMismatch(
        column: "the log-probs of the text's writer", expected: plan.policyPositionCount,
        found: batch.behaviorLogprobs.count)
    }
    for (position, logprob) in batch.behaviorLogprobs.enumerated() where !logprob.isFinite {
      throw .behaviorLogprobNotFinite(position: position)
    }
    var tokens: [PolicyToken] = []
    tokens.reserveCapacity(plan.policyPositionCount)
    for (share, range) in zip(plan.shares, batch.sequences.scoredPositions.ranges) {
      guard let own = share.policyStart, let start = share.teacherStart,
        case .policyGradient(let policy) = objective.terms[share.term].kind
      else { continue }
      guard teacher.tokenLogprobs.count >= start + range.count else {
        throw .countMismatch(
          column: "the teacher's log-probs of the actual tokens", expected: plan.teacherPositionCount,
          found: teacher.tokenLogprobs.count)
      }
      let known = teacher.tokenLogprobs[start..<start + range.count]
      // −∞, a probability of 0, is a reward that a limit cuts.
      for (offset, logprob) in known.enumerated()
      where !logprob.isFinite && (logprob != -.infinity || policy.rewardLimit == 0) {
        throw .teacherLogprobNotFinite(position: start + offset)
      }
      tokens += policy.tokens(teacher: known, behavior: batch.behaviorLogprobs[own..<own + range.count])
    }
    self.tokens = tokens
  }

  subscript(position: Int) -> PolicyToken { tokens[position] }
}

extension RowLossWorkspace {
  /// Returns the loss of one row and overwrites its logits with `scale · ∂loss/∂logits`; padding gets 0.
  ///
  /// Where a logit is NaN or +∞ the value is NaN and the logits stay.
  ///
  /// - Parameters:
  ///   - policy: The loss.
  ///   - token: The actual token's advantage and its log-prob when it was written.
  ///   - teacher: The teacher's columns and the position in them; nil unless `policy` has a reverse KL.
  ///   - others: As ``replaceLogits(_:kind:target:teacher:teacherLogits:scale:rounded:)`` has them.
  public func replaceLogits(
    _ logits: FloatView, policy: PolicyGradient, token: PolicyToken, target: TokenID,
    teacher: (scores: TeacherScores, position: Int)? = nil, teacherLogits: FloatView? = nil, scale: Float,
    rounded: BFloat16View? = nil
  ) throws(DistillationError) -> RowLoss {
    guard Int(target) < vocabSize else {
      throw .tokenIDOutOfRange(position: teacher?.position ?? 0, tokenID: target, vocabSize: vocabSize)
    }
    let softmax = exponentiate(logits)
    guard softmax.sum.isFinite else { return RowLoss(value: .nan, teacherMass: 0) }
    let logprob = logprob(Int(target), logits, softmax)
    let (value, slope) = policy.evaluate(token, logprob: logprob)
    var loss = RowLoss(value: 0, teacherMass: 0)
    if policy.reverseKL > 0 {
      loss = try replaceLogits(
        logits, kind: .reverseKL, target: target, teacher: teacher, teacherLogits: teacherLogits,
        scale: Float(Double(scale) * policy.reverseKL * token.weight))
    } else {
      logits.fill(0)
    }
    // slope · (onehot − q): the exponentials are those of these logits still.
    let factor = Double(scale) * slope
    Elementwise.scale(exponentials, by: Float(-factor / softmax.sum))
    Elementwise.add(exponentials, to: logits.window(0, vocabSize))
    logits[Int(target)] += Float(factor)
    rounded?.round(logits)
    loss.value = value + policy.reverseKL * token.weight * loss.value
    return loss
  }
}
