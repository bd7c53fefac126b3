/// Lets a student attempt rows, has wrong attempts edited until a verifier accepts them, and has the student learn from that, several
/// times. A pure function of its events, without clock, disk or network.
///
/// `step(event)` changes the state and returns what is to be done; replaying the events of a journal gives the state back, and
/// `restarted` asks for all that is still to be done. Nothing depends on the order in which replies arrive.
public struct TrajectoryMachine: Sendable {
  /// What a run is doing.
  public enum Phase: Sendable, Hashable {
    /// The student writes, the teacher edits. Becomes writing (the next round), imitating or finished.
    case writing(iteration: Int, round: Int)
    /// The student learns what was kept. Becomes writing (the next iteration) or finished.
    case imitating(iteration: Int)
    /// Done. Final.
    case finished(End)
  }

  /// Why a run ended.
  public enum End: Sendable, Hashable {
    /// All iterations were learnt.
    case learnt
    /// An iteration had nothing that became better.
    case nothingImproved(iteration: Int)
  }

  /// What the run is to do.
  public let settings: TrajectorySettings
  /// What the run is doing.
  public private(set) var phase = Phase.writing(iteration: 0, round: 0)
  /// Those that have begun.
  public private(set) var iterations: [TrajectoryIteration] = [TrajectoryIteration()]

  /// Starts a run; nothing is done before the first event, `restarted`.
  public init(settings: TrajectorySettings) {
    self.settings = settings
    iterations[0].begin(rowCount: settings.rowCount)
  }

  /// Whether nothing is left to do.
  public var isFinished: Bool { if case .finished = phase { true } else { false } }

  /// Iterations that were learnt.
  public var learntIterations: Int {
    switch phase {
    case .writing(let iteration, _), .imitating(let iteration), .finished(.nothingImproved(let iteration)): iteration
    case .finished(.learnt): settings.iterations
    }
  }

  /// What the run is doing, in one line.
  public var line: String {
    let prefix = "iteration \(min(learntIterations + 1, settings.iterations)) of \(settings.iterations): "
    switch phase {
    case .writing(let iteration, let round):
      let rows = iterations[iteration].rounds[round]
      let decided = rows.count { $0?.outcome != nil }
      return "\(prefix)attempts are edited (\(decided) of \(rows.count) in round \(round + 1))"
    case .imitating(let iteration):
      return "\(prefix)the student learns \(iterations[iteration].lessons.count) samples"
    case .finished(.learnt): return "finished after \(settings.iterations) iterations"
    case .finished(.nothingImproved(let iteration)):
      let outcomes = iterations[iteration].outcomes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        .map { "\($0.value) \($0.key)" }.joined(separator: ", ")
      return "\(prefix)no attempt became better (\(outcomes)): there is nothing to learn"
    }
  }

  /// Takes an event. Replies that nobody waits for change nothing.
  public mutating func step(_ event: TrajectoryEvent) -> [TrajectoryEffect] {
    switch event {
    case .restarted: return allEffects()
    case .attempted(let attempt, let text, let isTruncated):
      let trajectory = Trajectory(text, isTruncated: isTruncated, updateLimit: settings.updateLimit)
      guard isCurrent(attempt), iterations[attempt.iteration].take(trajectory, of: attempt) else { return [] }
      return followUp(attempt)
    case .verified(let question, let judgement):
      guard isCurrent(question.attempt), iterations[question.attempt.iteration].take(question, judgement) else {
        return []
      }
      return followUp(question.attempt)
    case .edited(let question, let text, let isTruncated, let usage):
      guard isCurrent(question.attempt),
        iterations[question.attempt.iteration].take(question, edit: text, isTruncated: isTruncated, usage)
      else { return [] }
      return followUp(question.attempt)
    case .imitated(let iteration):
      guard phase == .imitating(iteration: iteration) else { return [] }
      begin(iteration: iteration + 1)
      return allEffects()
    }
  }

  private func isCurrent(_ attempt: TrajectoryAttempt) -> Bool {
    phase == .writing(iteration: attempt.iteration, round: attempt.round)
  }

  private mutating func begin(iteration: Int) {
    guard iteration < settings.iterations else {
      phase = .finished(.learnt)
      return
    }
    iterations.append(TrajectoryIteration())
    iterations[iteration].begin(rowCount: settings.rowCount)
    phase = .writing(iteration: iteration, round: 0)
  }

  /// All that is still needed, whether it was asked for before or not.
  private func allEffects() -> [TrajectoryEffect] {
    switch phase {
    case .writing(let iteration, let round):
      let rows = iterations[iteration].rounds[round]
      let missing = rows.indices.filter { rows[$0] == nil }
      let asked = rows.indices.compactMap {
        effect(TrajectoryAttempt(iteration: iteration, round: round, row: $0))
      }
      return (missing.isEmpty ? [] : [.attempt(iteration: iteration, round: round, rows: missing)]) + asked
    case .imitating(let iteration): return [.imitate(iteration: iteration)]
    case .finished: return []
    }
  }

  /// What an attempt needs next; nil where it is decided, or not written.
  private func effect(_ attempt: TrajectoryAttempt) -> TrajectoryEffect? {
    guard let trajectory = iterations[attempt.iteration][attempt] else { return nil }
    let question = TrajectoryQuestion(attempt, number: trajectory.replyCount)
    switch trajectory.need {
    case .verdict(let answer): return .verify(question, answer: answer)
    case .edit(let answer): return .edit(question, answer: answer)
    case .nothing: return nil
    }
  }

  /// What is next after something came of an attempt.
  private mutating func followUp(_ attempt: TrajectoryAttempt) -> [TrajectoryEffect] {
    if let effect = effect(attempt) { return [effect] }
    let iteration = attempt.iteration
    guard iterations[iteration].isDecided else { return [] }
    let rounds = iterations[iteration].rounds.count
    if rounds < settings.samplingRounds,
      iterations[iteration].improvementCount(iteration) < settings.enoughImprovements
    {
      iterations[iteration].begin(rowCount: settings.rowCount)
      phase = .writing(iteration: iteration, round: rounds)
      return allEffects()
    }
    iterations[iteration].choose(settings, iteration: iteration)
    phase =
      iterations[iteration].lessons.isEmpty
      ? .finished(.nothingImproved(iteration: iteration)) : .imitating(iteration: iteration)
    return allEffects()
  }
}
