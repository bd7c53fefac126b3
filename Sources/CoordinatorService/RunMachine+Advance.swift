internal import Recipes

extension RunMachine {
  /// Asks for everything that can be done now and is not being done.
  mutating func advance() -> [RunEffect] {
    var effects: [RunEffect] = []
    if plan.needs.any, teachers.isEmpty, !askedTeacher {
      askedTeacher = true
      effects.append(.describeTeacher)
    }
    if trainer == .none {
      trainer = .wanted
      effects.append(.acquireTrainer(session: session, attempt: attempts))
    }
    let isTeacherReady = !plan.needs.any || shookHands
    phase = isTeacherReady && trainer == .ready ? .running : .waiting
    if isTeacherReady { effects += askTeacher() }
    if isTeacherReady, trainer == .ready { effects += directStudent() }
    return effects
  }

  /// Held-out prompts first, since the run begins by evaluating; then training prompts in the order of their first use.
  private mutating func askTeacher() -> [RunEffect] {
    var effects: [RunEffect] = []
    for key in teacherItems() {
      guard teacherItemsInFlight.count < Self.teacherWindow else { break }
      guard !completedItems.contains(key), teacherItemsInFlight.insert(key).inserted else { continue }
      effects.append(.generate(key, session: nil))
    }
    return effects
  }

  private func teacherItems() -> [WorkItemKey] {
    (0..<evaluationItemCount).map { WorkItemKey(stage: .teacherEvaluation, index: $0) }
      + (0..<teacherItemCount).map { WorkItemKey(stage: .teacher, index: $0) }
  }

  /// What the student does at its position: save, evaluate, write, train, export, in this order.
  private mutating func directStudent() -> [RunEffect] {
    guard exclusive == nil else { return [] }
    guard position == sent else { return fillWindow() }
    if plan.saves(at: position), checkpoint ?? 0 < position {
      exclusive = .saving
      return [.save(session: session, position: position)]
    }
    if plan.evaluates(at: position), !evaluatedPositions.contains(position) {
      guard isEvaluationTextReady else { return [] }
      exclusive = .evaluating
      return [.evaluate(session: session, position: position)]
    }
    if position == plan.maxSteps {
      exclusive = .exporting
      return [.export(session: session)]
    }
    if let key = nextStudentItem() {
      exclusive = .generating(key)
      return [.generate(key, session: session)]
    }
    if let key = nextReferenceItem() {
      guard plan.samples(of: key).allSatisfy(isTextReady(of:)) else { return [] }
      exclusive = .generating(key)
      return [.generate(key, session: session)]
    }
    return fillWindow()
  }

  private var isEvaluationTextReady: Bool {
    (0..<evaluationItemCount).allSatisfy { completedItems.contains(WorkItemKey(stage: .teacherEvaluation, index: $0)) }
  }

  /// The round's next item that the student has not written; the round's checkpoint precedes it.
  private mutating func nextStudentItem() -> WorkItemKey? {
    guard plan.studentWrites else { return nil }
    let round = plan.round(at: position)
    return (0..<rememberItems(ofRound: round)).lazy
      .map { WorkItemKey(stage: .student(round: round), index: $0) }
      .first { !completedItems.contains($0) }
  }

  /// The round's next item of pairs whose log-probs before training are not known; nothing is learnt before they all are.
  private func nextReferenceItem() -> WorkItemKey? {
    guard plan.keepsReference else { return nil }
    let stage = WorkItemKey.Stage.reference(round: plan.round(at: position))
    return (0..<plan.itemCount(of: stage)).lazy.map { WorkItemKey(stage: stage, index: $0) }
      .first { !completedItems.contains($0) }
  }

  /// Sends steps until the window is full, a sample's text is missing, or something else is due first.
  private mutating func fillWindow() -> [RunEffect] {
    let barrier = plan.barrier(after: position)
    var effects: [RunEffect] = []
    while sent < barrier, sent - position < Self.trainWindow, isTextReady(forStep: sent + 1) {
      sent += 1
      effects.append(.train(session: session, step: sent))
    }
    return effects
  }

  private func isTextReady(forStep step: Int) -> Bool {
    !plan.teacherWrites
      || plan.samples(ofStep: step).allSatisfy { sample in
        plan.mixture != nil && plan.source(of: sample, inStep: step) == .student || isTextReady(of: sample)
      }
  }

  private func isTextReady(of sample: Int) -> Bool {
    !plan.teacherWrites || completedItems.contains(WorkItemKey(stage: .teacher, index: teacherItemOfSample[sample]))
  }

  /// What the run does, waits for, or why it stopped: one line.
  public func statusLine(teacherAddress: String) -> String {
    switch phase {
    case .finished: return "finished after \(plan.maxSteps) steps"
    case .cancelled: return "cancelled after \(trainedSteps) steps; it can be resumed"
    case .failed(let message): return message
    case .waiting:
      let waits = [
        plan.needs.any && teachers.isEmpty ? "the teacher at \(teacherAddress)" : nil,
        trainer == .none || trainer == .wanted ? "a student" : trainer == .loading ? "the student to load" : nil,
      ]
      let line = "waiting for " + waits.compactMap(\.self).joined(separator: " and ")
      return lastTrouble.map { "\(line) (\($0))" } ?? line
    case .running: return runningLine
    }
  }

  private var runningLine: String {
    switch exclusive {
    case .saving: return "saving a checkpoint after \(position) steps"
    case .evaluating: return "evaluating after \(position) steps"
    case .exporting: return "writing the student"
    case .generating(let key):
      let round = plan.round(at: position)
      if case .reference = key.stage {
        let count = plan.itemCount(of: key.stage)
        return "the student scores the pairs before it learns from them (\(key.index + 1) of \(count))"
      }
      return "round \(round + 1) of \(plan.rounds): the student writes (\(key.index + 1) of \(studentItems.count))"
    case nil: break
    }
    if position == sent, teacherDone < teacherItemCount + evaluationItemCount {
      return "the teacher writes (\(teacherDone) of \(teacherItemCount + evaluationItemCount) done)"
    }
    return "training: step \(position) of \(plan.maxSteps)"
  }

  private var teacherDone: Int { completedItems.count { !$0.isStudents } }
}
