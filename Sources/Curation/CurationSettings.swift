public import Lion

/// Which of a row's accepted answers are learnt.
public enum KeepPolicy: String, Sendable, Hashable, Codable, CaseIterable {
  /// The first; once there is one, no more are asked for.
  case first
  /// All that differ.
  case all
  /// The one of the fewest tokens; of equals the first.
  case shortest
}

/// What a run collects and keeps.
public struct CurationSettings: Sendable, Hashable, Codable {
  /// Rows of each stage, in the order in which stages are learnt.
  public var rowCounts: [Int]
  /// Answers that may be asked for a row.
  public var samplesPerRow: Int
  /// Which of the accepted ones are learnt.
  public var keep: KeepPolicy
  /// The largest ROUGE-L of an answer with one kept before it; 1: any.
  public var overlapLimit: Double
  /// Which words ROUGE-L compares.
  public var words: InstructionWords

  /// Names what is collected.
  public init(
    rowCounts: [Int], samplesPerRow: Int = 1, keep: KeepPolicy = .first, overlapLimit: Double = 1,
    words: InstructionWords = .unicode
  ) {
    precondition(!rowCounts.isEmpty && rowCounts.allSatisfy { $0 > 0 } && samplesPerRow > 0, "nothing to collect")
    (self.rowCounts, self.samplesPerRow, self.keep) = (rowCounts, samplesPerRow, keep)
    (self.overlapLimit, self.words) = (overlapLimit, words)
  }
}

/// One answer that is asked for.
public struct AnswerRequest: Sendable, Hashable, Codable {
  /// The stage, from 0.
  public let stage: Int
  /// The row of the stage's data, from 0.
  public let row: Int
  /// The number of the answer to this row, from 0.
  public let sample: Int

  /// Names an answer.
  public init(stage: Int, row: Int, sample: Int) { (self.stage, self.row, self.sample) = (stage, row, sample) }
}

/// What is thought of an answer.
public struct AnswerJudgement: Sendable, Hashable, Codable {
  /// Why it is not accepted, a word; nil: it is.
  public var rejection: String?
  /// What was measured, by name.
  public var figures: [String: Double]
  /// What judging cost.
  public var usage: ModelUsage

  /// Names what is thought.
  public init(rejection: String? = nil, figures: [String: Double] = [:], usage: ModelUsage = ModelUsage()) {
    (self.rejection, self.figures, self.usage) = (rejection, figures, usage)
  }
}

/// What happened.
public enum CurationEvent: Sendable, Hashable, Codable {
  /// Nothing is under way any more: all that is left is to be asked for again.
  case restarted
  /// The teacher answered; `isTruncated` where it was cut off.
  case answered(AnswerRequest, text: String, isTruncated: Bool, ModelUsage)
  /// An answer was judged.
  case judged(AnswerRequest, AnswerJudgement)
  /// The student of a stage was trained.
  case imitated(stage: Int)
}

/// What is to be done. Every effect is named by what it depends on and may be repeated.
public enum CurationEffect: Sendable, Hashable {
  /// Ask the teacher of the stage.
  case ask(AnswerRequest)
  /// Judge an answer.
  case judge(AnswerRequest, text: String)
  /// Train the student of the stage before, or the run's at stage 0, on what was kept.
  case imitate(stage: Int)
}
