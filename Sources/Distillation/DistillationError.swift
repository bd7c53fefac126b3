public import Sequences

/// Why a loss or a training step was refused. Nothing was changed.
public enum DistillationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// α, β, a weight or a size outside its range.
  case parameterOutOfRange(name: String, value: Double, range: String)
  /// An objective without terms.
  case noTerms
  /// A sequence names a term that the objective has not.
  case unknownTerm(sequence: Int, term: Int, termCount: Int)
  /// Columns whose counts do not agree.
  case countMismatch(column: String, expected: Int, found: Int)
  /// A loss needs teacher log-probs, which are not there.
  case teacherMissing(TokenLossKind)
  /// An id that the vocabulary has not.
  case tokenIDOutOfRange(position: Int, tokenID: TokenID, vocabSize: Int)
  /// One id twice among the kept tokens of a position.
  case repeatedTopToken(position: Int, tokenID: TokenID)
  /// A teacher's column that is not log-probs: their mass is not 1, or not a number.
  case teacherNotNormalised(position: Int, mass: Double)
  /// A token whose log-prob by the teacher is NaN or infinite.
  case teacherLogprobNotFinite(position: Int)
  /// A token whose log-prob by its writer is NaN or infinite.
  case behaviorLogprobNotFinite(position: Int)
  /// A loss of pairs beside a term that is no cross-entropy.
  case termBesidePairs(TokenLossKind)
  /// A sequence of a pair behind one whose term is beside pairs.
  case pairBehindOthers(sequence: Int)
  /// A loss that draws from the teacher would bias: all but forward KL.
  case biasedByDraws(TokenLossKind)
  /// A ranking of sequences whose term is no cross-entropy.
  case termBesideRanking(TokenLossKind)
  /// Weights of tokens beside a loss of pairs or groups.
  case weightsBesidePairs
  /// A teacher whose log-probs have no z-scores: one is infinite or no number.
  case teacherNotStandardizable(position: Int)
  /// The squared error of hidden states without those of the teacher, or with some of another width.
  case hiddenStatesMissing(expected: Int, found: Int)
  /// An objective by which two models cannot teach each other.
  case notMutual(Objective)
  /// Two models that are to teach each other, of other numbers of ids.
  case moduleVocabulary(module: Int, student: Int)
  /// The loss is NaN or infinite.
  case lossNotFinite(sequence: Int, value: Double)
  /// The gradient is NaN or infinite.
  case gradientNotFinite(norm: Double)
  /// A sequence that the model cannot hold.
  case sequenceTooLong(sequence: Int, length: Int, contextLength: Int)
  /// The optimizer state is of another model.
  case optimizerMismatch(expected: Int, found: Int)
  /// Another replica of the student is gone; the step is to be made again without it.
  case replicaLost(String)
  /// Another replica of the student refused the step.
  case replicaFailed(rank: Int, reason: String)
  /// The optimizer's state of some parameters is with other replicas than those that are to make the step.
  case momentsElsewhere
  /// Parts of a batch cannot be summed apart where a projector of hidden states learns beside the student.
  case partsBesideHiddenStates

  /// One line: what, where, what to do.
  public var description: String {
    switch self {
    case .parameterOutOfRange(let name, let value, let range):
      "\(name) is \(value): give a number in \(range)"
    case .noTerms: "the objective has no terms: give at least one"
    case .unknownTerm(let sequence, let term, let count):
      "sequence \(sequence) names term \(term) of an objective with \(count): term indices count from 0"
    case .countMismatch(let column, let expected, let found):
      "\(column) has \(found) values where \(expected) are expected"
    case .teacherMissing(let kind):
      "the loss \(kind) needs the teacher's log-probs: ask the teacher for full or top log-probs"
    case .tokenIDOutOfRange(let position, let id, let size):
      "token id \(id) at position \(position) is not below the vocabulary size \(size): teacher and student must share one vocabulary"
    case .repeatedTopToken(let position, let id):
      "the teacher's kept tokens at position \(position) name id \(id) twice: the teacher's reply is malformed"
    case .teacherNotNormalised(let position, let mass):
      "the teacher's probabilities at position \(position) add up to \(mass): log-probs are to be natural, normalised, at temperature 1"
    case .teacherLogprobNotFinite(let position):
      "the teacher's log-prob of the actual token at position \(position) is not a number: ask for unfiltered log-probs at temperature 1"
    case .behaviorLogprobNotFinite(let position):
      "the log-prob that the text's writer gave position \(position) is not a number: send what Generate answered"
    case .termBesidePairs(let kind):
      "the loss \(kind) cannot stand beside a loss of pairs: give the terms cross-entropies"
    case .pairBehindOthers(let sequence):
      "sequence \(sequence) is of a pair and stands behind one that is of none: put sequences of terms beside pairs last"
    case .termBesideRanking(let kind):
      "sequences that are ranked cannot have the loss \(kind): give their term a cross-entropy"
    case .biasedByDraws(let kind):
      "the loss \(kind) is no mean over draws from the teacher: ask for log-probs, or take forward KL"
    case .weightsBesidePairs:
      "tokens cannot have weights where a loss compares whole sequences: leave token_weights empty"
    case .teacherNotStandardizable(let position):
      "the teacher's log-probs at position \(position) are not all finite, so they have no z-scores: leave out standardize_logits"
    case .hiddenStatesMissing(let expected, let found):
      "the teacher sent \(found) numbers of hidden states where \(expected) are expected: hidden_weight needs the same teacher "
        + "all along, one that gives its last hidden states"
    case .notMutual:
      "a module and a student teach each other by divergences of all log-probs, with as many terms: leave out pairs, rankings, policies, "
        + "top_count, draw_count, hidden_weight and adaptive skews"
    case .moduleVocabulary(let module, let student):
      "the module's model has \(module) tokens, the student \(student): both must have one tokenizer"
    case .lossNotFinite(let sequence, let value):
      "the loss of sequence \(sequence) is \(value): the parameters were left as they were; lower the learning rate or look at the data"
    case .gradientNotFinite(let norm):
      "the gradient's norm is \(norm): the parameters were left as they were; lower the learning rate or set max_grad_norm"
    case .sequenceTooLong(let sequence, let length, let context):
      "sequence \(sequence) has \(length) tokens where the student holds \(context): lower max_length"
    case .optimizerMismatch(let expected, let found):
      "the optimizer's state has \(found) values where the model has \(expected) parameters: it belongs to another model"
    case .replicaLost(let reason): "another replica of the student is gone: \(reason)"
    case .replicaFailed(let rank, let reason): "replica \(rank) of the student refused the step: \(reason)"
    case .momentsElsewhere:
      "this replica has not the part of the optimizer's state that it is to update: load the newest checkpoint"
    case .partsBesideHiddenStates:
      "the loss of hidden states trains a projector, which replicas do not share: train with one replica"
    }
  }
}
