extension RunMachine {
  mutating func teachersReady(_ summaries: [NamedSummary]) -> [RunEffect] {
    guard askedTeacher, teachers.isEmpty else { return [] }
    for summary in summaries {
      let now = summary.model.modelDigest
      guard let before = teacherDigests[summary.name], before != now, !before.isEmpty else { continue }
      return refuse(.teacherChanged(before: before, now: now), of: summary.name)
    }
    teachers = summaries
    for summary in summaries { teacherDigests[summary.name] = summary.model.modelDigest }
    return shakeHands() ?? advance()
  }

  mutating func registered() -> [RunEffect] {
    guard trainer == .wanted else { return [] }
    trainer = .loading
    loadedFrom = checkpoint
    return [.load(session: session, checkpoint: checkpoint)]
  }

  mutating func loaded(_ loadedPosition: Int, _ summary: ModelSummary) -> [RunEffect] {
    guard trainer == .loading else { return [] }
    guard loadedPosition == checkpoint ?? 0 else {
      return end(
        .failed("the student loaded step \(loadedPosition) instead of \(checkpoint ?? 0): its checkpoint was changed"))
    }
    (trainer, student) = (.ready, summary)
    (position, sent) = (loadedPosition, loadedPosition)
    return shakeHands() ?? advance()
  }

  /// Compares the two models once both are known; returns effects only where they do not fit.
  private mutating func shakeHands() -> [RunEffect]? {
    guard !shookHands, plan.needs.any, !teachers.isEmpty, let student else { return nil }
    shookHands = true
    for teacher in teachers {
      let refusal = Handshake.refusal(
        method: plan.method, needs: plan.needs, longestSequence: plan.longestSequence, teacher: teacher.model,
        student: student, foreign: plan.foreignTeachers[teacher.name])
      if let refusal { return refuse(refusal, of: teacher.name) }
    }
    return nil
  }

  private mutating func refuse(_ refusal: HandshakeRefusal, of teacher: String) -> [RunEffect] {
    end(.failed(teacher.isEmpty ? refusal.description : "teacher '\(teacher)': \(refusal.description)"))
  }

  mutating func completed(_ key: WorkItemKey) -> [RunEffect] {
    guard exclusive == .generating(key) else { return [] }
    completedItems.insert(key)
    exclusive = nil
    madeProgress()
    return advance()
  }

  mutating func stepped(_ step: Int) -> [RunEffect] {
    guard trainer == .ready, step == position + 1, step <= sent else { return [] }
    position = step
    // Steps made again after a failure are no progress: what failed then may fail forever.
    if step > trainedSteps {
      trainedSteps = step
      madeProgress()
    }
    return advance()
  }

  mutating func evaluated(_ evaluatedPosition: Int, _ validationLoss: Double?) -> [RunEffect] {
    guard exclusive == .evaluating, evaluatedPosition == position else { return [] }
    exclusive = nil
    adaptShare(validationLoss)
    evaluatedPositions.insert(position)
    madeProgress()
    return advance()
  }

  mutating func saved(_ savedPosition: Int) -> [RunEffect] {
    guard exclusive == .saving, savedPosition == position else { return [] }
    exclusive = nil
    checkpoint = position
    savedPositions.insert(position)
    madeProgress()
    return prune(keeping: loadedFrom) + advance()
  }

  /// Lets the oldest checkpoints go, but for one that is in use.
  private mutating func prune(keeping used: Int?) -> [RunEffect] {
    let old = savedPositions.sorted().dropLast(plan.saveTotalLimit).filter { $0 != used }
    savedPositions.subtract(old)
    return old.isEmpty ? [] : [.prune(positions: old)]
  }

  /// Whoever was to delete checkpoints may have died before: they are deleted again.
  mutating func pruneAgain() -> [RunEffect] {
    let old = (1..<max(checkpoint ?? 0, 1)).filter { plan.saves(at: $0) && !savedPositions.contains($0) }
    return old.isEmpty ? [] : [.prune(positions: old)]
  }

  /// Goes on from the newest checkpoint before a damaged one, or from the start; the damaged one is written again on the way.
  mutating func checkpointDamaged(_ position: Int, _ message: String) -> [RunEffect] {
    guard trainer == .loading, position == checkpoint else { return [] }
    savedPositions.remove(position)
    checkpoint = savedPositions.max()
    let next = checkpoint.map { "the checkpoint of step \($0)" } ?? "the start"
    return restartSession(trouble: "going on from \(next): \(message)")
  }

  mutating func exported() -> [RunEffect] {
    guard exclusive == .exporting else { return [] }
    return prune(keeping: nil) + end(.finished)
  }

  mutating func studentFailed(_ failure: Failure) -> [RunEffect] {
    switch failure {
    case .permanent(let message): return end(.failed(message))
    case .transient(let message): return restartSession(trouble: message)
    case .doubtful(let message):
      doubts += 1
      return doubts < Self.doubtLimit ? restartSession(trouble: message) : end(.failed(message))
    }
  }

  /// Gives the trainer back and asks for one anew; training goes on from the newest checkpoint.
  mutating func restartSession(trouble: String) -> [RunEffect] {
    let old = session
    lastTrouble = trouble
    attempts += 1
    session += 1
    (trainer, exclusive) = (.none, nil)
    return [.releaseTrainer(session: old)] + advance()
  }

  mutating func end(_ phase: Phase) -> [RunEffect] {
    self.phase = phase
    let release: [RunEffect] = trainer == .none ? [] : [.releaseTrainer(session: session)]
    session += 1
    (trainer, exclusive) = (.none, nil)
    teacherItemsInFlight = []
    return release + [.end]
  }

  private mutating func madeProgress() { (attempts, doubts, lastTrouble) = (0, 0, nil) }
}
