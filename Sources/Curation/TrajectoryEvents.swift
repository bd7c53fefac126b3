public import Lion

/// What a run of edited trajectories does.
public struct TrajectorySettings: Sendable, Hashable, Codable {
  /// Rows of the data.
  public var rowCount: Int
  /// Those of them whose answer is given, and may be learnt beside what the student wrote.
  public var givenRows: [Int]
  /// Times the student writes, is edited and learns.
  public var iterations: Int
  /// Times it may attempt every row within one.
  public var samplingRounds: Int
  /// Improvements that end the attempts of an iteration; what one round holds is taken whole.
  public var enoughImprovements: Int
  /// Updates after which an attempt is given up.
  public var updateLimit: Int
  /// Improvements for each other sample and each given answer.
  public var improvementRatio: Double
  /// Of the draws.
  public var seed: UInt64

  /// Names the numbers; unset, those of TriPosT.
  public init(
    rowCount: Int, givenRows: [Int] = [], iterations: Int = 3, samplingRounds: Int = 5,
    enoughImprovements: Int? = nil, updateLimit: Int = 5, improvementRatio: Double = 1.5, seed: UInt64 = 0
  ) {
    precondition(rowCount > 0 && iterations > 0 && samplingRounds > 0 && updateLimit > 0, "nothing to write")
    (self.rowCount, self.givenRows, self.iterations) = (rowCount, givenRows, iterations)
    (self.samplingRounds, self.updateLimit) = (samplingRounds, updateLimit)
    self.enoughImprovements = enoughImprovements ?? rowCount
    (self.improvementRatio, self.seed) = (improvementRatio, seed)
  }
}

/// One attempt of the student.
public struct TrajectoryAttempt: Sendable, Hashable, Codable {
  /// The iteration, from 0.
  public let iteration: Int
  /// The time that the row is attempted in it, from 0.
  public let round: Int
  /// The row, from 0.
  public let row: Int

  /// Names an attempt.
  public init(iteration: Int, round: Int, row: Int) { (self.iteration, self.round, self.row) = (iteration, round, row) }
}

/// One question about an attempt, to the verifier or to the teacher.
public struct TrajectoryQuestion: Sendable, Hashable, Codable {
  /// About which attempt.
  public let attempt: TrajectoryAttempt
  /// Replies about it that came before.
  public let number: Int

  /// Names a question.
  public init(_ attempt: TrajectoryAttempt, number: Int) { (self.attempt, self.number) = (attempt, number) }
}

/// What happened.
public enum TrajectoryEvent: Sendable, Hashable, Codable {
  /// Nothing is under way any more: all that is left is to be asked for again.
  case restarted
  /// The student wrote; `isTruncated` where it was cut off.
  case attempted(TrajectoryAttempt, text: String, isTruncated: Bool)
  /// An answer was verified.
  case verified(TrajectoryQuestion, AnswerJudgement)
  /// The teacher gave feedback and an update.
  case edited(TrajectoryQuestion, text: String, isTruncated: Bool, ModelUsage)
  /// The student of an iteration was trained.
  case imitated(iteration: Int)
}

/// What is to be done. Every effect is named by what it depends on and may be repeated.
public enum TrajectoryEffect: Sendable, Hashable {
  /// Let the student of the iteration before, or the run's own, attempt some rows.
  case attempt(iteration: Int, round: Int, rows: [Int])
  /// Verify an answer.
  case verify(TrajectoryQuestion, answer: String)
  /// Ask the teacher for feedback on a wrong answer and for an update.
  case edit(TrajectoryQuestion, answer: String)
  /// Train the student on what an iteration keeps.
  case imitate(iteration: Int)
}
