/// Collects a teacher's answers, has them judged, keeps some, and has them learnt, stage by stage. A pure function of its events,
/// without clock, disk or network.
///
/// `step(event)` changes the state and returns what is to be done; replaying the events of a journal gives the state back, and
/// `restarted` asks for all that is still to be done. Nothing depends on the order in which replies arrive.
public struct CurationMachine: Sendable {
  /// What a run is doing.
  public enum Phase: Sendable, Hashable {
    /// The teacher of a stage answers, and answers are judged. Becomes imitating or finished.
    case collecting(stage: Int)
    /// The student learns what was kept. Becomes collecting or finished.
    case imitating(stage: Int)
    /// Done. Final.
    case finished(End)
  }

  /// Why a run ended.
  public enum End: Sendable, Hashable {
    /// All stages were learnt.
    case learnt
    /// No answer of a stage was kept.
    case nothingKept(stage: Int)
  }

  /// What the run is to do.
  public let settings: CurationSettings
  /// What the run is doing.
  public private(set) var phase = Phase.collecting(stage: 0)
  /// Each stage's answers, as far as they have come.
  public private(set) var stages: [CurationStage]

  /// Starts a run; nothing is done before the first event, `restarted`.
  public init(settings: CurationSettings) {
    self.settings = settings
    stages = settings.rowCounts.map { CurationStage(rowCount: $0, samplesPerRow: settings.samplesPerRow) }
  }

  /// Whether nothing is left to do.
  public var isFinished: Bool { if case .finished = phase { true } else { false } }

  /// Stages that were learnt.
  public var learntStages: Int {
    switch phase {
    case .collecting(let stage), .imitating(let stage), .finished(.nothingKept(let stage)): stage
    case .finished(.learnt): stages.count
    }
  }

  /// What the run is doing, in one line.
  public var line: String {
    let prefix = stages.count > 1 ? "stage \(min(learntStages + 1, stages.count)) of \(stages.count): " : ""
    switch phase {
    case .collecting(let stage):
      let (done, accepted) = (stages[stage].decidedRows.count, stages[stage].acceptedRows.count)
      return
        "\(prefix)the teacher answers (\(done) of \(stages[stage].rows.count) rows, \(accepted) with an answer to keep)"
    case .imitating(let stage):
      return "\(prefix)the student learns \(stages[stage].kept.count) answers"
    case .finished(.learnt): return "finished: \(stages.reduce(0) { $0 + $1.kept.count }) answers were learnt"
    case .finished(.nothingKept(let stage)):
      let reasons = stages[stage].rejections.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        .map { "\($0.value) \($0.key)" }.joined(separator: ", ")
      return "\(prefix)none of \(stages[stage].answerCount) answers was kept (\(reasons)): there is nothing to learn"
    }
  }

  /// Takes an event. Replies that nobody waits for change nothing.
  public mutating func step(_ event: CurationEvent) -> [CurationEffect] {
    switch (event, phase) {
    case (.restarted, _): return allEffects()
    case (.answered(let request, let text, let isTruncated, let usage), .collecting(let stage)):
      guard stage == request.stage, stages[stage].take(text, isTruncated: isTruncated, usage, of: request) else {
        return []
      }
      return followUp(request)
    case (.judged(let request, let judgement), .collecting(let stage)):
      guard stage == request.stage, stages[stage].take(judgement, of: request) else { return [] }
      return followUp(request)
    case (.imitated(let stage), .imitating(let current)) where stage == current:
      phase = stage + 1 < stages.count ? .collecting(stage: stage + 1) : .finished(.learnt)
      return allEffects()
    case (.answered, _), (.judged, _), (.imitated, _): return []
    }
  }

  /// All that is still needed, whether it was asked for before or not.
  private func allEffects() -> [CurationEffect] {
    switch phase {
    case .collecting(let stage):
      return stages[stage].rows.indices.flatMap { row in
        stages[stage].wanted(row, settings).flatMap { effects(AnswerRequest(stage: stage, row: row, sample: $0)) }
      }
    case .imitating(let stage): return [.imitate(stage: stage)]
    case .finished: return []
    }
  }

  /// What an answer needs; nothing where it is decided.
  private func effects(_ request: AnswerRequest) -> [CurationEffect] {
    guard let answer = stages[request.stage].rows[request.row][request.sample] else { return [.ask(request)] }
    return answer.judgement == nil ? [.judge(request, text: answer.text)] : []
  }

  /// What is next after something came of an answer.
  private mutating func followUp(_ request: AnswerRequest) -> [CurationEffect] {
    let stage = request.stage
    if stages[stage].rows[request.row][request.sample]?.judgement == nil { return effects(request) }
    let wanted = stages[stage].wanted(request.row, settings)
    if settings.keep == .first, let next = wanted.first {
      return effects(AnswerRequest(stage: stage, row: request.row, sample: next))
    }
    guard stages[stage].settle(request.row, settings) else { return [] }
    stages[stage].choose(settings, stage: stage)
    phase = stages[stage].kept.isEmpty ? .finished(.nothingKept(stage: stage)) : .imitating(stage: stage)
    return allEffects()
  }
}
