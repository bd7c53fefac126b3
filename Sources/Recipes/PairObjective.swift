/// A loss by its name in a recipe, `objective.loss_type`, of the methods that have several.
public enum LossName: String, Sendable, Codable, CaseIterable {
  /// DPKD's Eq. 9: logistic, the teacher as reference.
  case dpkd
  /// What the method's released code computes. DPKD's has no pairs, but a margin between the most probable tokens of teacher
  /// and student; DistiLLM-2's has one α and one weight for all.
  case asReleased = "as_released"
  /// Logistic with the student before its training as reference: DPO.
  case sigmoid
  /// TRL's hinge: `max(0, 1 − βΔ)` with DPO's reference.
  case hinge
  /// Squared: IPO.
  case ipo
  /// Logistic without a reference, with cross-entropy on the preferred text: CPO.
  case cpo
  /// Logistic without a reference, with a margin γ: SimPO.
  case simpo
  /// `max(0, δ − Δ)` without a reference.
  case slic
  /// PLaD's ranking loss: `max(0, δ − Δ)`.
  case margin
  /// PLaD's with a margin that grows with the difference of the two texts' scores.
  case scoreMargin = "score_margin"
  /// DistiLLM-2 as its paper means it: an α for each sequence, and weights that move to the student's text.
  case distillm2
  /// DistiLLM-2's contrastive loss alone: one α, one weight.
  case cald
  /// DistiLLM's skewed reverse KL on the texts of both.
  case distillmV1 = "distillm_v1"
}

/// The loss of the pairs of a run. `Δ = (s_w − r_w) − (s_l − r_l)`, s the student's log-probs, r the reference's.
public struct PairObjective: Sendable, Hashable, Codable {
  /// The loss as a function of Δ.
  public enum Form: String, Sendable, Codable {
    /// `softplus(γ − βΔ)`, with label smoothing.
    case logistic
    /// `(Δ − 1/(2β))²`.
    case squared
    /// `max(0, δ − βΔ)`.
    case hinge
  }

  /// What the student is compared with.
  public enum Reference: String, Sendable, Codable {
    /// Nothing.
    case none
    /// The teacher's log-probs of both texts.
    case teacher
    /// The student's own at the beginning of the round.
    case student
  }

  /// The loss as a function of Δ.
  public var form: Form
  /// What the student is compared with.
  public var reference: Reference
  /// Whether log-probs are means over tokens.
  public var isLengthNormalized: Bool
  /// Factor of Δ; τ of the squared form.
  public var beta: Double
  /// What βΔ has to exceed in the logistic form.
  public var gamma: Double
  /// The hinge's margin δ.
  public var margin: Double
  /// Share of pairs thought to be the wrong way round.
  public var labelSmoothing: Double
  /// Whether δ is multiplied by the difference of the texts' scores.
  public var usesScores: Bool
  /// Pairs whose texts have at least this ROUGE-L are doubtful and left out; nil: no pair is.
  public var doubtfulRougeL: Double?
}

extension Method {
  /// The losses that a recipe may name, the default first; empty where the method has one.
  public var losses: [LossName] {
    self == .distillm2 ? [.distillm2, .cald, .asReleased, .distillmV1] : pairLosses
  }

  /// The losses of pairs that the method may have, its own first; empty where it learns from no pairs.
  public var pairLosses: [LossName] {
    switch self {
    case .sft, .seqkd, .kd, .rkl, .jsd, .uld, .tvd, .akl, .abkd, .rskd, .llavadi, .okd, .distillm2, .lion: []
    case .rejection, .critics, .orca, .tripost, .bialign: []
    case .gkd, .imitkd, .distillm, .fdistill, .opd, .minillm: []
    case .dpkd: [.dpkd, .ipo, .cpo, .simpo, .asReleased]
    case .plad: [.margin, .scoreMargin, .slic]
    case .dpo: [.sigmoid, .hinge]
    case .simpo: [.simpo]
    case .ipo: [.ipo]
    case .slic: [.slic]
    case .cpo: [.cpo]
    }
  }

  /// TRL's 0.1 for DPO, IPO's τ and CPO, which DPKD's code has too; SimPO's paper has 2 to 10; 1 leaves a hinge as it is.
  var defaultBeta: Double {
    switch self {
    case .sft, .seqkd, .kd, .rkl, .jsd, .tvd, .akl, .rskd, .llavadi, .distillm2, .lion, .uld: 0.5
    case .abkd: 0.7
    case .rejection, .critics, .orca, .tripost, .bialign: 0.5
    case .gkd, .imitkd, .distillm, .fdistill, .opd, .minillm: 0.5
    case .dpkd, .dpo, .ipo, .cpo: 0.1
    case .simpo: 2
    case .plad, .slic, .okd: 1
    }
  }

  /// Factor of the cross-entropy on the preferred text: CPO's in TRL, DPKD's code has both halves alike.
  var defaultLMWeight: Double { [.dpkd, .plad, .cpo, .slic, .llavadi].contains(self) ? 1 : 0 }

  /// KL asks the teacher for log-probs, which most losses of pairs do without.
  var defaultMetrics: [String] {
    if self == .opd { return ["perplexity"] }
    if self == .plad { return ["perplexity", "calibration"] }
    if self == .rskd { return ["perplexity"] }
    return pairLosses.isEmpty || self == .dpkd ? ["kl", "perplexity"] : ["perplexity"]
  }

  /// Whether log-probs are means over tokens: TRL's choice for IPO, the papers' for SimPO and DPKD.
  var normalizesLength: Bool { self != .dpo && self != .cpo }
}

extension PairObjective {
  /// The loss that a recipe asks for; nil where it is none of pairs.
  init?(_ name: LossName?, _ method: Method, _ values: ResolvedValues) {
    guard let name, name != .asReleased else { return nil }
    switch name {
    case .dpkd, .asReleased: (form, reference) = (.logistic, .teacher)
    case .sigmoid: (form, reference) = (.logistic, .student)
    case .hinge: (form, reference) = (.hinge, .student)
    case .ipo: (form, reference) = (.squared, method == .dpkd ? .teacher : .student)
    case .cpo, .simpo: (form, reference) = (.logistic, .none)
    case .distillm2, .cald, .distillmV1: return nil
    case .slic, .margin, .scoreMargin: (form, reference) = (.hinge, .none)
    }
    isLengthNormalized = values.flag("objective.length_normalized")
    beta = values.number("objective.beta")
    gamma = name == .simpo ? values.number("objective.simpo_gamma") : 0
    margin = values.number("objective.margin")
    labelSmoothing = form == .logistic ? values.number("objective.label_smoothing") : 0
    usesScores = name == .scoreMargin
    doubtfulRougeL = method == .plad ? values.number("objective.doubtful_rouge_l") : nil
  }
}
