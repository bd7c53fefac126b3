/// Whose text a sample is trained on, where a method draws for each sample and epoch: the student's with some probability, else
/// that which the term names.
public struct TextMixture: Sendable, Hashable, Codable {
  /// Probability of the student's text: λ of GKD; where it adapts, φ of DistiLLM at first.
  public var studentShare: Double
  /// How the probability follows the validation loss; nil: it stays.
  public var adaptation: Adaptation?

  /// DistiLLM's rule, as its code has it: φ rises by 0.1 where the validation loss is at least ε above that of the last rise,
  /// or of the start.
  public struct Adaptation: Sendable, Hashable, Codable {
    /// ε, in nats a token.
    public var tolerance: Double
    /// What φ rises by.
    public static let rise = 0.1

    /// Takes ε.
    public init(tolerance: Double) { self.tolerance = tolerance }
  }

  /// Takes λ, or φ at first with its rule.
  public init(studentShare: Double, adaptation: Adaptation?) {
    (self.studentShare, self.adaptation) = (studentShare, adaptation)
  }

  /// Whether any text is the student's.
  public var usesStudentText: Bool { studentShare > 0 || adaptation != nil }
  /// Whether any text is another's.
  public var usesOtherText: Bool { studentShare < 1 }

  /// φ after a measurement, and the loss that the next one is compared with.
  ///
  /// - Parameters:
  ///   - share: φ so far.
  ///   - reference: The loss of the last rise, or of the start; nil: this is the first measurement.
  ///   - loss: The validation loss, in nats a token.
  public func adapted(_ share: Double, reference: Double?, loss: Double) -> (share: Double, reference: Double) {
    guard let adaptation, let reference else { return (share, reference ?? loss) }
    guard loss >= reference + adaptation.tolerance else { return (share, reference) }
    return (min(share + Adaptation.rise, 1), loss)
  }
}

extension TextMixture {
  /// The mixture that a recipe asks for; nil where its method draws nothing.
  init?(_ method: Method, _ values: ResolvedValues) {
    guard method.mixesTexts else { return nil }
    studentShare = values.number("objective.lmbda")
    adaptation =
      method == .distillm ? Adaptation(tolerance: values.number("objective.loss_eps")) : nil
  }
}

extension Method {
  /// Whether each sample's text is drawn: the student's, or a fixed one.
  public var mixesTexts: Bool { [.gkd, .imitkd, .distillm].contains(self) }
}

/// A loss of single texts by its name in a recipe, `objective.loss_type`.
public enum TokenLossName: String, Sendable, Codable, CaseIterable {
  /// DistiLLM: KL(q ‖ (1 − α)p + αq) with the gradient through the mixture.
  case srkl
  /// DistiLLM: KL(p ‖ αp + (1 − α)q).
  case skl
  /// f-DISTILL: half of the Jensen–Shannon divergence on each text.
  case js
  /// f-DISTILL: half of the total variation distance on each text.
  case tvd
  /// f-DISTILL: KL(p ‖ q) on the teacher's text. OKD: KL(the other ‖ the learner).
  case kl
  /// f-DISTILL: KL(q ‖ p) on the student's text. OKD: KL(the learner ‖ the other).
  case rkl
}

extension Method {
  /// The losses of single texts that the method may have, its own first; empty where it has one.
  public var tokenLosses: [TokenLossName] {
    switch self {
    case .distillm: [.srkl, .skl]
    case .fdistill: [.js, .tvd, .kl, .rkl]
    case .okd: [.kl, .rkl]
    default: []
    }
  }

  /// All that `objective.loss_type` may name, the default first; empty where the method has one loss.
  var lossNames: [String] { losses.map(\.rawValue) + tokenLosses.map(\.rawValue) }

  /// The terms of f-DISTILL: each half of a divergence on the text of the distribution that it is an expectation over.
  func halves(_ name: TokenLossName, beta: Double) -> [PlannedTerm] {
    func term(_ source: TextSource, _ kind: LossKind, weight: Double = 0.5) -> PlannedTerm {
      PlannedTerm(source, kind, alpha: 0.5, beta: beta, weight: weight)
    }
    return switch name {
    case .kl, .skl: [term(.teacher, .forwardKL, weight: 1)]
    case .rkl, .srkl: [term(.student, .reverseKL, weight: 1)]
    // m = ½p + ½q in both, and the gradient goes through it.
    case .js: [term(.teacher, .skewForwardKL), term(.student, .skewReverseKLFull)]
    // ½ Σ |q − p| is what the kernel calls total variation; the bound has ¼ Σ |q − p| on each text.
    case .tvd: [term(.teacher, .totalVariation), term(.student, .totalVariation)]
    }
  }
}
