import CoordinatorService

extension World {
  /// Something goes wrong, or somebody does something.
  mutating func misfortune() throws(Violation) {
    guard !odds.faults.isEmpty else { return }
    let (run, student) = (random.below(runs.count), random.below(students.count))
    switch random.pick(odds.faults) {
    case .coordinatorDies:
      guard coordinator != nil else { return }
      switch random.below(4) {
      case 0: die()
      case 1: armed = .beforeAppend
      case 2: armed = .afterAppend
      default: armed = .amidEffects
      }
    case .studentDies: if students[student].isUp { kill(student) }
    case .studentStalls: students[student].stalledUntil = now + random.pick([500, 5000, 15_000, 60_000])
    case .userCancels:
      guard let driver = coordinator?.drivers[run]?.id else { return }
      put(.post(driver: driver, run: run, Post(event: .cancel)), in: 0)
    case .userResumes: try resume(run)
    case .checkpointRots:
      let saved = runs[run].checkpoints.keys.sorted()
      guard !saved.isEmpty else { return }
      runs[run].rotten.insert(random.pick(saved))
    case .teacherAway: teacherBack = now + random.pick([1000, 60_000, 3_600_000 / 6])
    case .diskFull:
      isDiskFull = true
      put(.space, in: random.within(100...30_000))
    case .bigPause: now += random.pick([1000, 11_000, 100_000])
    }
    trace.note("misfortune", UInt64(now), UInt64(run), UInt64(student))
  }

  // MARK: Planted bugs

  /// The event as a flawed step function takes it.
  func flawed(_ event: RunEvent, _ run: Int) -> RunEvent {
    guard flaw == .staleSession, let session = runs[run].session else { return event }
    switch event {
    case .stepCompleted(_, let step): return .stepCompleted(session: session, step: step)
    case .saved(_, let position): return .saved(session: session, position: position)
    case .evaluated(_, let position, let loss):
      return .evaluated(session: session, position: position, validationLoss: loss)
    case .trainerLost: return .trainerLost(session: session)
    default: return event
    }
  }

  func isRecordedTwice(_ event: RunEvent) -> Bool {
    guard flaw == .itemTwice, case .itemCompleted = event else { return false }
    return true
  }

  /// The effect as a flawed step function gives it.
  mutating func flawed(_ effect: RunEffect, _ run: Int) throws(Violation) -> RunEffect {
    switch (flaw, effect) {
    case (.pruneBeforeSaved, .save(_, let position)):
      for older in runs[run].checkpoints.keys where older < position { runs[run].checkpoints[older] = nil }
      return effect
    case (.pruneNewest, .prune(let positions)):
      return .prune(positions: positions + [runs[run].state.checkpoint ?? 0])
    case (.paidTwice, .load):
      let paid = runs[run].texts.keys.filter { !$0.isOfStudent }
      guard let key = paid.min(by: { $0.number < $1.number }), let driver = coordinator?.drivers[run]?.id else {
        return effect
      }
      try askTeacher(key, run, driver)
      return effect
    default: return effect
    }
  }
}
