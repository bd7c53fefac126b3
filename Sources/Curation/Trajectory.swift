/// One attempt of the student, edited until a verifier accepts it.
///
/// The student's own turns are kept as long as they are right about its answers and lead on: its feedback on a wrong answer is to
/// criticise, and what it updates to is to be new. From the first turn that is not so the teacher goes on.
///
/// - SeeAlso: Yu et al., "Teaching Language Models to Self-Improve through Interactive Demonstrations",
///   <https://arxiv.org/abs/2310.13522>.
public struct Trajectory: Sendable, Hashable {
  /// What came of an attempt.
  public enum Outcome: Sendable, Hashable {
    /// The attempt itself is right.
    case right
    /// An update is right.
    case improved
    /// An update of the teacher made no progress.
    case stalled
    /// Nothing can be learnt from it, by a word.
    case discarded(String)
  }

  /// What is to be asked next.
  public enum Need: Sendable, Hashable {
    /// Whether an answer is right.
    case verdict(answer: String)
    /// Feedback on a wrong answer, and what it becomes by it.
    case edit(answer: String)
    /// Nothing.
    case nothing
  }

  /// What led from an answer to the next.
  public struct Feedback: Sendable, Hashable {
    /// In words.
    public let text: String
    /// Whether it is the teacher's.
    public let isEdited: Bool
  }

  /// White space before the student's answer.
  public let lead: String
  /// The attempt and its updates.
  public private(set) var answers: [String]
  /// What is said of each answer; the last is the approval where it is right.
  public private(set) var feedback: [Feedback] = []
  /// nil: not decided.
  public private(set) var outcome: Outcome?
  /// Verdicts and edits that have come.
  public private(set) var replyCount = 0
  private let updateLimit: Int
  /// Turns of the student that were not reached.
  private var ownSteps: ArraySlice<TrajectoryText.Step>
  private var lastIsWrong = false

  /// Takes what the student wrote.
  ///
  /// - Parameter updateLimit: Updates after which an attempt is given up.
  public init(_ text: String, isTruncated: Bool, updateLimit: Int) {
    let turns = TrajectoryText(text, isTruncated: isTruncated)
    (lead, answers, self.updateLimit) = (turns.lead, [turns.answer], updateLimit)
    ownSteps = turns.steps[...]
    if turns.answer.isEmpty { outcome = .discarded(isTruncated ? "truncated" : "empty") }
  }

  /// What is to be asked next.
  public var need: Need {
    guard outcome == nil, let answer = answers.last else { return .nothing }
    return lastIsWrong ? .edit(answer: answer) : .verdict(answer: answer)
  }

  /// Takes the verdict on the last answer; nobody waits for it unless ``need`` says so.
  mutating func take(verdict isRight: Bool) {
    replyCount += 1
    if isRight {
      feedback.append(Feedback(text: TrajectoryText.approval, isEdited: false))
      outcome = answers.count == 1 ? .right : .improved
    } else if let last = answers.last, answers.dropLast().contains(last) {
      takeStandstill()
    } else if answers.count > updateLimit {
      outcome = .discarded("never_right")
    } else if let step = ownSteps.popFirst(), let update = step.update, !update.isEmpty,
      TrajectoryText.isCriticism(step.feedback)
    {
      add(step.feedback, update, isEdited: false)
    } else {
      lastIsWrong = true
    }
  }

  /// An update is an answer that was wrong before: the student's own is taken back for the teacher to edit, the teacher's ends it.
  private mutating func takeStandstill() {
    guard feedback.last?.isEdited == false else {
      outcome = .stalled
      return
    }
    answers.removeLast()
    feedback.removeLast()
    lastIsWrong = true
  }

  /// Takes the teacher's feedback on the last answer and its update.
  mutating func take(edit reply: String, isTruncated: Bool) {
    replyCount += 1
    let turns = TrajectoryText("\n" + reply, isTruncated: isTruncated)
    guard turns.steps.count == 1, let step = turns.steps.first, let update = step.update, !update.isEmpty,
      TrajectoryText.isCriticism(step.feedback)
    else {
      outcome = .discarded("unusable_edit")
      return
    }
    ownSteps = []
    add(step.feedback, update, isEdited: true)
  }

  private mutating func add(_ text: String, _ update: String, isEdited: Bool) {
    feedback.append(Feedback(text: text, isEdited: isEdited))
    answers.append(update)
    lastIsWrong = false
  }
}

/// What a trajectory teaches at one time.
public struct TrajectorySample: Sendable, Hashable {
  /// An answer, as it stands before the feedback.
  public let answer: String
  /// What is said of it.
  public let feedback: String
  /// What it becomes; nil: the answer was right, or nothing better came of it.
  public let update: String?

  /// Names the turns.
  package init(answer: String, feedback: String, update: String?) {
    (self.answer, self.feedback, self.update) = (answer, feedback, update)
  }

  /// Whether something becomes better in it.
  public var isImprovement: Bool { update != nil }

  /// The turns as texts that follow each other.
  public var turns: [String] {
    [answer, "\n\(TrajectoryText.feedbackMark) \(feedback)"]
      + (update.map { ["\n\(TrajectoryText.updateMark) \($0)"] } ?? [])
  }
}

extension Trajectory {
  /// What is learnt from it: each improvement by itself, and what is said of a right answer; of one that came to a standstill the
  /// attempt and what was said of it.
  public var samples: [TrajectorySample] {
    switch outcome {
    case .right, .improved:
      return answers.indices.map { sample($0, update: $0 + 1 < answers.count ? answers[$0 + 1] : nil) }
    case .stalled: return [sample(0, update: nil)]
    case .discarded, nil: return []
    }
  }

  private func sample(_ place: Int, update: String?) -> TrajectorySample {
    TrajectorySample(answer: lead + answers[place], feedback: feedback[place].text, update: update)
  }
}
