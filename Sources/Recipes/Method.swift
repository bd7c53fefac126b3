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

  /// Methods that have a name but are not built yet.
  static let planned = ["gkd", "distillm", "minillm", "dpkd", "plad", "dpo", "simpo"]
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

  /// True where the teacher's log-probs enter.
  public var needsTeacherLogprobs: Bool { self != .crossEntropy }
}

/// One term of what a run minimises: a data selector and the loss of what it selects.
public struct PlannedTerm: Sendable, Hashable, Codable {
  /// Whose text the term looks at.
  public var source: TextSource
  /// The token loss.
  public var kind: LossKind
  /// Skew of the skewed losses, in (0, 1).
  public var alpha: Double
  /// The teacher's weight in the mixture of the generalised JSD, in (0, 1).
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
  func terms(alpha: Double, beta: Double) -> [PlannedTerm] {
    func term(_ source: TextSource, _ kind: LossKind) -> PlannedTerm {
      PlannedTerm(source, kind, alpha: alpha, beta: beta)
    }
    return switch self {
    case .sft, .lion: [term(.data, .crossEntropy)]
    case .seqkd: [term(.teacher, .crossEntropy)]
    case .kd: [term(.teacher, .forwardKL)]
    case .rkl: [term(.student, .reverseKL)]
    case .jsd: [term(.teacher, .generalizedJSD)]
    case .distillm2: [term(.teacher, .skewForwardKL), term(.student, .skewReverseKL)]
    }
  }

  /// The average that the method's authors use.
  var defaultReduction: LossReduction { self == .distillm2 ? .sequenceMean : .tokenMean }

  /// True where the student writes text to learn from.
  public var usesStudentText: Bool { self == .rkl || self == .distillm2 }

  /// True where the teacher writes text to learn from.
  public var usesTeacherText: Bool { self != .sft && self != .rkl && self != .lion }

  /// True where the teacher's log-probs enter the loss.
  public var usesTeacherLogprobs: Bool { self != .sft && self != .seqkd && self != .lion }
}
