import CoordinatorService

/// What lasts of a run: its journal, its folder, and what people were told.
struct RunWorld {
  /// A line of the journal.
  struct Line {
    let event: RunEvent
    let text: UInt64?
  }

  let job: Job
  let number: Int
  private(set) var journal: [Line] = []
  /// What the journal's events make, in order.
  private(set) var state: RunMachine
  private(set) var texts: [WorkItemKey: UInt64] = [:]
  private(set) var rows: [RowKey: UInt64] = [:]
  /// The session that may change the run; nil: none.
  private(set) var session: Int?
  /// Checkpoints that are on the disk, by position.
  var checkpoints: [Int: Lineage] = [:]
  /// Those of them whose bytes rotted.
  var rotten: Set<Int> = []
  var export: Lineage?
  /// Most steps that people were told of.
  var toldSteps = 0
  /// How the run stood when people were told last.
  var toldPhase = RunMachine.Phase.waiting
  /// True after somebody asked for more of a run that had stopped, until its machine takes it up.
  var isResumed = false

  init(job: Job, number: Int) {
    (self.job, self.number) = (job, number)
    state = RunMachine(plan: job.plan)
  }

  var isFinished: Bool { state.phase == .finished }
  var hasStopped: Bool {
    switch state.phase {
    case .failed, .cancelled: true
    default: false
    }
  }
  var line: String { "\(job.name): \(state.statusLine(teacherAddress: "t")), \(state.trainedSteps) steps" }

  /// Adds a line.
  mutating func append(_ post: Post, repeats: Bool = false) throws(Violation) {
    journal.append(Line(event: post.event, text: post.text))
    let before = state.completedItems
    apply(journal[journal.count - 1])
    if case .itemCompleted(let key, _) = post.event, before.contains(key) {
      throw Violation(rule: "an item is completed once: \(key)")
    }
    guard let row = post.row else { return }
    guard rows.updateValue(row.value, forKey: row.key) ?? row.value == row.value else {
      throw Violation(rule: "a repeated measurement is the first one: \(row.key)")
    }
  }

  private mutating func apply(_ line: Line) {
    for effect in state.step(line.event) {
      if case .acquireTrainer(let next, _) = effect { session = next }
      if case .end = effect { session = nil }
    }
    if case .itemCompleted(let key, _) = line.event, let text = line.text { texts[key] = text }
  }

  /// The disk loses the journal's last lines.
  mutating func lose(_ count: Int) {
    let kept = journal.dropLast(count)
    (journal, texts, session, state) = ([], [:], nil, RunMachine(plan: job.plan))
    for line in kept {
      journal.append(line)
      apply(line)
    }
  }

  /// The machine that a replay of the journal gives.
  func replayed(where isKept: (Int, Line) -> Bool = { _, _ in true }) -> RunMachine {
    var machine = RunMachine(plan: job.plan)
    for (index, line) in journal.enumerated() where isKept(index, line) { _ = machine.step(line.event) }
    return machine
  }

  /// What holds at every moment.
  func check() throws(Violation) {
    guard state.trainedSteps >= toldSteps, toldPhase != .finished || state.phase == .finished else {
      throw Violation(
        rule: "run \(number): nothing is announced that the journal has not: \(toldSteps) steps, \(toldPhase)")
    }
    if let position = state.checkpoint {
      guard let saved = checkpoints[position] else {
        throw Violation(rule: "run \(number): the checkpoint \(position) that the journal names is on the disk")
      }
      if !rotten.contains(position) { try check(saved, position, "checkpoint \(position)") }
    }
    if state.phase == .finished {
      guard let export else { throw Violation(rule: "run \(number): a finished run has its student") }
      try check(export, job.plan.maxSteps, "student")
    }
  }

  private func check(_ lineage: Lineage, _ position: Int, _ what: String) throws(Violation) {
    guard lineage.run == number, lineage.steps.elementsEqual(1...max(position, 1)) else {
      throw Violation(
        rule: "run \(number): the \(what) has every step once: \(lineage.steps) of run \(lineage.run)")
    }
    guard job.bits.isEmpty || lineage.bits == job.bits[position] else {
      throw Violation(rule: "run \(number): the \(what) has the bits of an undisturbed run")
    }
  }

  /// What holds when the run has finished.
  func checkEnd() throws(Violation) {
    let steps = (1...job.plan.maxSteps).map { RowKey(step: $0, isEvaluation: false) }
    let evaluations = (0...job.plan.maxSteps).filter(job.plan.evaluates).map { RowKey(step: $0, isEvaluation: true) }
    guard Set(rows.keys) == Set(steps + evaluations) else {
      throw Violation(rule: "run \(number): each step and each evaluation has a row")
    }
  }
}
