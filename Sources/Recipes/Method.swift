/// A distillation method that a recipe may name.
public enum Method: String, CaseIterable, Sendable, Codable {
  /// Cross-entropy on the data's own completions.
  case sft
  /// Cross-entropy on the teacher's text.
  case seqkd
  /// Forward KL on the teacher's text.
  case kd
  /// Reverse KL on the student's text.
  case rkl
  /// Generalised Jensen–Shannon divergence on the teacher's text.
  case jsd
  /// Total variation distance on the teacher's text.
  case tvd
  /// AKL: forward and reverse KL, weighted at each position by where teacher and student differ.
  case akl
  /// AB-KD: the alpha-beta divergence on the teacher's text.
  case abkd
  /// Random-sampling KD: forward KL to a few draws from the teacher's distribution, on the teacher's text.
  case rskd
  /// LLAVADI's text half: cross-entropy, forward KL of z-scored logits, and the squared error of projected hidden states.
  case llavadi
  /// BiAlign: forward KL along whole rows of demonstrations and question, and the teacher's ranking of subsets of them.
  case bialign
  /// OKD, as reconstructed: cross-entropy and a divergence from a teacher whose module learns beside the student.
  case okd
  /// GKD: generalised Jensen–Shannon divergence on a mixture of the student's text and the data's, or the teacher's.
  case gkd
  /// ImitKD: forward KL on such a mixture.
  case imitkd
  /// DistiLLM: skewed KL on such a mixture, whose share of student text follows the validation loss.
  case distillm
  /// f-DISTILL: each half of an f-divergence on the text of its own model.
  case fdistill
  /// On-policy distillation: a policy gradient on the student's text, with the reverse KL of sampled tokens as reward.
  case opd
  /// MiniLLM: reverse KL of each token and a policy gradient of what follows it, on the student's text, of whose tokens the teacher may
  /// draw a share.
  case minillm
  /// DistiLLM-2: skewed forward KL on the teacher's text and skewed reverse KL on the student's.
  case distillm2
  /// Lion: imitation of the teacher, discrimination by a referee, generation of instructions that the student finds hard.
  case lion
  /// Rejection sampling, and EKT: the teacher's answers that a checker accepts are learnt.
  case rejection
  /// InfoSumm: the teacher's answers that pass critics are learnt.
  case critics
  /// Orca: explanations under system prompts, from weaker to stronger teachers.
  case orca
  /// TriPosT: the student's attempts, edited by the teacher until a checker accepts them.
  case tripost
  /// DPKD: the teacher's text preferred to the student's, with the teacher's log-probs as reference.
  case dpkd
  /// PLaD: ranking of the teacher's text before the student's, for teachers that give nothing but text.
  case plad
  /// Direct preference optimization, the student before its training as reference.
  case dpo
  /// SimPO: without a reference, with a margin.
  case simpo
  /// Identity preference optimization.
  case ipo
  /// Sequence likelihood calibration: a hinge without a reference.
  case slic
  /// Contrastive preference optimization: without a reference, with cross-entropy on the preferred text.
  case cpo

  /// Universal logit distillation: cross-entropy on the teacher's text, and its probabilities rank by rank.
  case uld
}

/// Where the sequences of a loss term come from.
public enum TextSource: String, Sendable, Codable {
  /// The data's own completions (`completion`, `chosen`, the last assistant message, `output`, `text`).
  case data
  /// Completions by the teacher; with `generation: none` the data's `chosen` or `completion`.
  case teacher
  /// Completions by the student of the round; with `generation: none` the data's `rejected`.
  case student
}

/// A token loss by name. p is the teacher's distribution, q the student's.
public enum LossKind: String, Sendable, Codable {
  /// Cross-entropy of the actual token: needs no teacher log-probs.
  case crossEntropy
  /// KL(p ‖ q).
  case forwardKL
  /// KL(q ‖ p).
  case reverseKL
  /// KL(p ‖ αp + (1−α)q).
  case skewForwardKL
  /// KL(q ‖ (1−α)p + αq), the student inside the mixture taken as constant.
  case skewReverseKL
  /// The same value with the gradient through the mixture.
  case skewReverseKLFull
  /// βKL(p ‖ m) + (1−β)KL(q ‖ m), m = βp + (1−β)q.
  case generalizedJSD
  /// ½ Σ |q − p|.
  case totalVariation
  /// w KL(p ‖ q) + (1 − w) KL(q ‖ p), w being the share of Σ |q − p| in the teacher's head, of mass α.
  case adaptiveKL
  /// −1/(αβ) Σ (p^α q^β − α/(α+β) p^(α+β) − β/(α+β) q^(α+β)).
  case alphaBeta
  /// −log σ(β[(lq_a − lq_b) − (lp_a − lp_b)]) − α log q(actual token), a the teacher's most probable token, b the student's.
  case topTokenPreference
  /// −log q(actual token) + α Σ_r |q_(r) − p_(r)|, both sorted.
  case universalLogit

  /// A policy gradient, as the term's ``PlannedTerm/policy`` says.
  case policyGradient

  /// True where the teacher's log-probs enter.
  public var needsTeacherLogprobs: Bool { self != .crossEntropy }

  /// True where a mixture of both models is skewed by α.
  public var isSkewed: Bool { [.skewForwardKL, .skewReverseKL, .skewReverseKLFull].contains(self) }
}

/// One term of what a run minimises: a data selector and the loss of what it selects.
public struct PlannedTerm: Sendable, Hashable, Codable {
  /// Whose text the term looks at.
  public var source: TextSource
  /// The token loss.
  public var kind: LossKind
  /// Skew of the skewed losses, in (0, 1); factor of the cross-entropy beside a preference of top tokens; mass of AKL's head; α of
  /// the alpha-beta divergence; factor of the sorted differences of `uld`.
  public var alpha: Double
  /// The teacher's weight in the mixture of the generalised JSD, in (0, 1); factor of the margin of top tokens; β of the
  /// alpha-beta divergence.
  public var beta: Double
  /// Factor of the term, with a final weight at the first step.
  public var weight: Double
  /// Factor of the term from half of the run on, to which it goes in a line; nil: it stays.
  public var finalWeight: Double?
  /// Whether each sequence has an α of its own, from the second round on.
  public var isAdaptive: Bool
  /// Numbers of a policy gradient; nil for other losses.
  public var policy: PolicyTerm?
  /// Whether a divergence compares z-scores of the logits.
  public var standardizesLogits = false
  /// Factor of the cross-entropy beside a divergence.
  public var crossEntropyWeight = 0.0

  init(
    _ source: TextSource, _ kind: LossKind, alpha: Double, beta: Double, weight: Double = 1, finalWeight: Double? = nil,
    isAdaptive: Bool = false
  ) {
    (self.source, self.kind, self.alpha, self.beta, self.weight) = (source, kind, alpha, beta, weight)
    (self.finalWeight, self.isAdaptive) = (finalWeight, isAdaptive && kind.isSkewed)
  }
}

/// How token losses become one number, by its name in a recipe.
public enum LossReduction: String, Sendable, Codable, CaseIterable {
  /// Sum over all positions of the batch divided by their number.
  case tokenMean = "token_mean"
  /// Mean over each sequence's positions, then over sequences (DistiLLM-2).
  case sequenceMean = "sequence_mean"
}

/// In what the large products of training are computed, by its name in a recipe.
public enum TrainingPrecision: String, Sendable, Codable, CaseIterable {
  /// As parameters are: the reproducible mode.
  case float32
  /// Factors rounded to bfloat16, where the student's processor multiplies it.
  case bfloat16
}

/// How the student's weights are kept while it writes, by its name in a recipe.
public enum StudentWeights: String, Sendable, Codable, CaseIterable {
  /// As they are.
  case float32
  /// Rounded to bfloat16.
  case bfloat16
  /// Rounded to 8 bits, with a scale per output.
  case int8
}

/// How the teacher that a run starts keeps its weights, by its name in a recipe.
public enum TeacherWeights: String, Sendable, Codable, CaseIterable {
  /// As they are.
  case float32
  /// Rounded to bfloat16 for text and scores.
  case bfloat16
  /// Rounded to 8 bits for text; scores are as they are.
  case int8
}

/// What a judge compares the student's answers with, by its name in a recipe.
public enum JudgeOpponent: String, Sendable, Codable, CaseIterable {
  /// The completion of the data.
  case reference
  /// What the teacher answers.
  case teacher
}

/// What the teacher sends for each position, by its name in a recipe.
public enum TeacherForm: String, Sendable, Codable, CaseIterable {
  /// All V log-probs.
  case full
  /// K log-probs and a tail.
  case topK = "top_k"
  /// The last hidden state; the student fetches the teacher's output head once and computes all V log-probs itself.
  case hiddenState = "hidden_state"
}

extension Method {
  /// The terms of the method's objective. Each sample adds one sequence per term to a batch.
  ///
  /// With a loss of pairs these are the preferred text and the other; their cross-entropies are measured, and the first may
  /// be part of the loss.
  func terms(_ values: ResolvedValues, pairLoss: LossName?) -> [PlannedTerm] {
    let (alpha, beta) = (values.number("objective.alpha"), values.number("objective.beta"))
    func term(_ source: TextSource, _ kind: LossKind) -> PlannedTerm {
      PlannedTerm(source, kind, alpha: alpha, beta: beta)
    }
    if let pairLoss {
      let lmWeight = values.number("objective.lm_weight")
      if pairLoss == .asReleased {
        return [PlannedTerm(.teacher, .topTokenPreference, alpha: lmWeight, beta: beta, weight: 0.5)]
      }
      return [
        PlannedTerm(.teacher, .crossEntropy, alpha: alpha, beta: beta, weight: lmWeight),
        PlannedTerm(.student, .crossEntropy, alpha: alpha, beta: beta, weight: 0),
      ]
    }
    return switch self {
    case .sft, .lion, .rejection, .critics, .orca, .tripost: [term(.data, .crossEntropy)]
    case .seqkd: [term(.teacher, .crossEntropy)]
    case .rskd: [term(.teacher, .forwardKL)]
    case .kd: [aligned(term(.teacher, .forwardKL), values)]
    case .rkl: [aligned(term(.student, .reverseKL), values)]
    case .jsd: [aligned(term(.teacher, .generalizedJSD), values)]
    case .llavadi: [aligned(term(fixed(values), .forwardKL), values)]
    case .bialign: demonstratedTerms(term(.data, .forwardKL))
    case .okd: [onlineTerm(values, alpha: alpha)]
    case .tvd: [term(.teacher, .totalVariation)]
    case .akl: [PlannedTerm(.teacher, .adaptiveKL, alpha: values.number("objective.mu"), beta: beta)]
    case .abkd: [term(.teacher, .alphaBeta)]
    case .gkd: [term(fixed(values), beta == 0 ? .forwardKL : beta == 1 ? .reverseKL : .generalizedJSD)]
    case .imitkd: [term(fixed(values), .forwardKL)]
    case .distillm: [term(fixed(values), tokenLoss(values) == .skl ? .skewForwardKL : .skewReverseKLFull)]
    case .fdistill: halves(tokenLoss(values), beta: beta)
    case .opd, .minillm: [policyTerm(values)]
    case .distillm2: contrast(values, alpha: alpha, beta: beta)
    case .uld:
      [PlannedTerm(.teacher, .universalLogit, alpha: values.number("objective.uld_weight"), beta: beta)]
    case .dpkd, .plad, .dpo, .simpo, .ipo, .slic, .cpo: []
    }
  }

  /// `(1 − α) CE + α D`, which is D of weight α and (1 − α) / α of the cross-entropy beside it.
  private func onlineTerm(_ values: ResolvedValues, alpha: Double) -> PlannedTerm {
    var term = PlannedTerm(
      .data, tokenLoss(values) == .rkl ? .reverseKL : .forwardKL, alpha: alpha, beta: values.number("objective.beta"),
      weight: alpha)
    term.crossEntropyWeight = (1 - alpha) / alpha
    return term
  }

  /// Whether all that is learnt is in the data and in what the student's own process holds, so that no teacher is asked.
  public var needsNoTeacher: Bool { self == .sft || self == .okd }

  /// A divergence with what LLAVADI adds to it.
  private func aligned(_ term: PlannedTerm, _ values: ResolvedValues) -> PlannedTerm {
    var term = term
    term.standardizesLogits = values.flag("objective.standardize_logits")
    term.crossEntropyWeight = self == .llavadi ? values.number("objective.lm_weight") : 0
    return term
  }

  /// Whether logits may be z-scored, and hidden states compared.
  public var alignsHiddenStates: Bool { [.kd, .rkl, .jsd, .llavadi].contains(self) }

  /// Whether teacher or student may write what is learnt.
  var mayWrite: Bool { !needsNoTeacher && self != .bialign }

  /// Whether `objective.seq_kd` says whose text is learnt.
  var choosesText: Bool { mixesTexts || self == .llavadi }

  /// DistiLLM-2's terms. Both halves of the gradual weights add up to what they have at first: 2 − β and β, β from 1 to 1.5.
  private func contrast(_ values: ResolvedValues, alpha: Double, beta: Double) -> [PlannedTerm] {
    let loss = LossName(rawValue: values.word("objective.loss_type")) ?? .distillm2
    let isAdaptive = values.text("objective.alpha_schedule").map { $0 == "adaptive" } ?? (loss == .distillm2)
    let isGradual = values.text("objective.beta_schedule").map { $0 == "gradual" } ?? (loss == .distillm2)
    let weight = loss == .distillm2 || loss == .cald ? 0.5 : 1
    return [
      PlannedTerm(
        .teacher, loss == .distillmV1 ? .skewReverseKL : .skewForwardKL, alpha: alpha, beta: beta, weight: weight,
        finalWeight: isGradual ? 0.5 * weight : nil, isAdaptive: isAdaptive),
      PlannedTerm(
        .student, .skewReverseKL, alpha: alpha, beta: beta, weight: weight,
        finalWeight: isGradual ? 1.5 * weight : nil, isAdaptive: isAdaptive),
    ]
  }

  /// Whether the teacher's answers are collected, judged and kept before they are learnt.
  public var collectsAnswers: Bool { [.rejection, .critics, .orca, .tripost].contains(self) }

  /// Whether a checker judges what is learnt.
  var hasChecker: Bool { self == .rejection || self == .tripost }

  /// Whose text stands beside the student's in a mixture.
  private func fixed(_ values: ResolvedValues) -> TextSource { values.flag("objective.seq_kd") ? .teacher : .data }

  private func policyTerm(_ values: ResolvedValues) -> PlannedTerm {
    var term = PlannedTerm(.student, .policyGradient, alpha: 0.1, beta: 0.5)
    term.policy = PolicyTerm(self, values)
    return term
  }

  /// The loss that a recipe names; one that the method has not is refused elsewhere.
  private func tokenLoss(_ values: ResolvedValues) -> TokenLossName {
    values.text("objective.loss_type").flatMap(TokenLossName.init) ?? .js
  }

  /// How often the student writes anew: DistiLLM-2's three times; where the share of its text adapts, it can do so at each.
  var defaultRounds: Int {
    switch self {
    case .rkl, .distillm2, .gkd, .imitkd, .fdistill: 3
    case .distillm, .opd, .minillm: 10
    default: 1
    }
  }

  /// The average that the method's authors use.
  var defaultReduction: LossReduction { self == .distillm2 || self == .llavadi ? .sequenceMean : .tokenMean }
}
