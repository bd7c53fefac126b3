public import Lion
internal import Sequences

/// One thing that the student of an iteration learns.
public enum TrajectoryLesson: Sendable, Hashable {
  /// Of what it wrote itself and the teacher edited.
  case written(TrajectorySample, of: TrajectoryAttempt)
  /// The data's own answer of a row.
  case given(row: Int)
}

/// The attempts of one iteration.
public struct TrajectoryIteration: Sendable {
  /// By round and row; nil: not written yet.
  public private(set) var rounds: [[Trajectory?]] = []
  /// What is learnt, once all is decided: improvements, other samples, given answers, each by round and row.
  public private(set) var lessons: [TrajectoryLesson] = []
  /// Samples that differ, before the mixture is drawn.
  public private(set) var sampleCounts = (improvements: 0, others: 0)
  /// What the teacher cost.
  public private(set) var usage = ModelUsage()
  /// What the verifier cost.
  public private(set) var verdictUsage = ModelUsage()

  /// Begins a round of so many rows.
  mutating func begin(rowCount: Int) { rounds.append(Array(repeating: nil, count: rowCount)) }

  /// The trajectory of an attempt; nil: not written yet.
  public subscript(_ attempt: TrajectoryAttempt) -> Trajectory? {
    rounds.indices.contains(attempt.round) ? rounds[attempt.round][attempt.row] : nil
  }

  mutating func take(_ trajectory: Trajectory, of attempt: TrajectoryAttempt) -> Bool {
    guard rounds.indices.contains(attempt.round), rounds[attempt.round][attempt.row] == nil else { return false }
    rounds[attempt.round][attempt.row] = trajectory
    return true
  }

  /// Takes a reply; false where nobody waits for it.
  mutating func take(_ question: TrajectoryQuestion, _ judgement: AnswerJudgement) -> Bool {
    guard var trajectory = waiting(question), case .verdict = trajectory.need else { return false }
    trajectory.take(verdict: judgement.rejection == nil)
    verdictUsage += judgement.usage
    rounds[question.attempt.round][question.attempt.row] = trajectory
    return true
  }

  /// Takes a reply; false where nobody waits for it.
  mutating func take(_ question: TrajectoryQuestion, edit: String, isTruncated: Bool, _ cost: ModelUsage) -> Bool {
    guard var trajectory = waiting(question), case .edit = trajectory.need else { return false }
    trajectory.take(edit: edit, isTruncated: isTruncated)
    usage += cost
    rounds[question.attempt.round][question.attempt.row] = trajectory
    return true
  }

  private func waiting(_ question: TrajectoryQuestion) -> Trajectory? {
    self[question.attempt].flatMap { $0.replyCount == question.number ? $0 : nil }
  }

  /// Whether all attempts of the last round are decided.
  var isDecided: Bool { rounds.last?.allSatisfy { $0?.outcome != nil } ?? false }

  /// How many attempts came to what, by a word.
  public var outcomes: [String: Int] {
    var counts: [String: Int] = [:]
    for trajectory in rounds.joined() {
      switch trajectory?.outcome {
      case .right: counts["right", default: 0] += 1
      case .improved: counts["improved", default: 0] += 1
      case .stalled: counts["stalled", default: 0] += 1
      case .discarded(let reason): counts["discarded_\(reason)", default: 0] += 1
      case nil: break
      }
    }
    return counts
  }

  /// Number of attempts that were written.
  public var attemptCount: Int { rounds.reduce(0) { $0 + $1.count { $0 != nil } } }

  /// Samples with the same text of a row count once.
  private func samples(_ iteration: Int) -> (improvements: [TrajectoryLesson], others: [TrajectoryLesson]) {
    struct Text: Hashable {
      let row: Int
      let sample: TrajectorySample
    }
    var seen: Set<Text> = []
    var (improvements, others) = ([TrajectoryLesson](), [TrajectoryLesson]())
    for (round, rows) in rounds.enumerated() {
      for (row, trajectory) in rows.enumerated() {
        let attempt = TrajectoryAttempt(iteration: iteration, round: round, row: row)
        for sample in trajectory?.samples ?? [] where seen.insert(Text(row: row, sample: sample)).inserted {
          if sample.isImprovement {
            improvements.append(.written(sample, of: attempt))
          } else {
            others.append(.written(sample, of: attempt))
          }
        }
      }
    }
    return (improvements, others)
  }

  /// Improvements that differ, of all rounds.
  func improvementCount(_ iteration: Int) -> Int { samples(iteration).improvements.count }

  /// Chooses what is learnt: the three kinds as r : 1 : 1, as much of each as there is of the scarcest. A kind of which there is
  /// nothing leaves the others their share. Which samples of a kind depends on the seed alone.
  mutating func choose(_ settings: TrajectorySettings, iteration: Int) {
    let (improvements, others) = samples(iteration)
    sampleCounts = (improvements.count, others.count)
    guard !improvements.isEmpty else { return }
    let kinds = [
      (improvements, settings.improvementRatio), (others, 1), (settings.givenRows.map { .given(row: $0) }, 1),
    ]
    let unit = kinds.filter { !$0.0.isEmpty }.map { Double($0.0.count) / $0.1 }.min() ?? 0
    for (kind, (all, ratio)) in kinds.enumerated() where !all.isEmpty {
      let count = min(max(Int(unit * ratio + 1e-9), 1), all.count)
      var places = Array(all.indices)
      var generator = SeededGenerator(seed: settings.seed, path: UInt64(iteration), UInt64(kind))
      for last in stride(from: places.count - 1, to: 0, by: -1) {
        places.swapAt(last, Int(generator.next() % UInt64(last + 1)))
      }
      lessons += places.prefix(count).sorted().map { all[$0] }
    }
  }
}
