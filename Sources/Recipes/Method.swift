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
  /// DistiLLM-2: skewed forward KL on the teacher's text and skewed reverse KL on the student's.
  case distillm2
  /// Lion: imitation of the teacher, discrimination by a referee, generation of instructions that the student finds hard.
  case lion
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

  /// Methods that have a name but are not built yet.
  static let planned = ["gkd", "distillm", "minillm"]
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
  /// βKL(p ‖ m) + (1−β)KL(q ‖ m), m = βp + (1−β)q.
  case generalizedJSD
  /// −log σ(β[(lq_a − lq_b) − (lp_a − lp_b)]) − α log q(actual token), a the teacher's most probable token, b the student's.
  case topTokenPreference

  /// True where the teacher's log-probs enter.
  public var needsTeacherLogprobs: Bool { self != .crossEntropy }
}

/// One term of what a run minimises: a data selector and the loss of what it selects.
public struct PlannedTerm: Sendable, Hashable, Codable {
  /// Whose text the term looks at.
  public var source: TextSource
  /// The token loss.
  public var kind: LossKind
  /// Skew of the skewed losses, in (0, 1); factor of the cross-entropy beside a preference of top tokens.
  public var alpha: Double
  /// The teacher's weight in the mixture of the generalised JSD, in (0, 1); factor of the margin of top tokens.
  public var beta: Double
  /// Factor of the term.
  public var weight: Double

  init(_ source: TextSource, _ kind: LossKind, alpha: Double, beta: Double, weight: Double = 1) {
    (self.source, self.kind, self.alpha, self.beta, self.weight) = (source, kind, alpha, beta, weight)
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
  func terms(_ values: ResolvedValues, pairLoss: PairLossName?) -> [PlannedTerm] {
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
    case .sft, .lion: [term(.data, .crossEntropy)]
    case .seqkd: [term(.teacher, .crossEntropy)]
    case .kd: [term(.teacher, .forwardKL)]
    case .rkl: [term(.student, .reverseKL)]
    case .jsd: [term(.teacher, .generalizedJSD)]
    case .distillm2: [term(.teacher, .skewForwardKL), term(.student, .skewReverseKL)]
    case .dpkd, .plad, .dpo, .simpo, .ipo, .slic, .cpo: []
    }
  }

  /// The average that the method's authors use.
  var defaultReduction: LossReduction { self == .distillm2 ? .sequenceMean : .tokenMean }
}
