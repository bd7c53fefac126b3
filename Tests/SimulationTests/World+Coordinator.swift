import CoordinatorService

extension World {
  /// The coordinator's process: all of it is lost when it dies.
  struct Coordinator {
    var drivers: [Driver?] = []
    var leases = LeaseTable(term: .seconds(10))
    /// Sessions that wait for a student.
    var line: [(run: Int, session: Int)] = []
  }

  /// Works on one run.
  struct Driver {
    let id: Int
    var machine: RunMachine
    var sessions: [Int: Session] = [:]
  }

  /// One student's work for a run.
  struct Session {
    var lease: String?
    var student = 0
    var todo: [RunEffect] = []
    /// Calls that were not answered yet.
    var open: Set<Int> = []
    var trains = false
    /// When the last message of each direction arrives: none overtakes another.
    var lastCall = 0
  }

  /// The process begins: all runs that have not ended are taken up.
  mutating func start() throws(Violation) {
    guard coordinator == nil else { return }
    coordinator = Coordinator(drivers: runs.map { _ in nil })
    trace.note("the coordinator starts")
    for run in runs.indices where !runs[run].isFinished && (!runs[run].hasStopped || runs[run].isResumed) {
      if coordinator != nil { try open(run) }
    }
  }

  /// Takes a run up from its journal.
  mutating func open(_ run: Int) throws(Violation) {
    guard coordinator != nil else { return }
    let last = runs[run].journal.count - 1
    let machine = runs[run].replayed { index, line in
      switch flaw {
      case .replayWithoutItems: if case .itemCompleted = line.event { false } else { true }
      case .replayOffByOne: index < last
      default: true
      }
    }
    // Of a flawed replay the world must show that it is one.
    if machine != runs[run].state, !isReplayFlawed {
      throw Violation(rule: "run \(run): a replay of the journal gives the state")
    }
    guard machine.trainedSteps >= runs[run].toldSteps else {
      throw Violation(
        rule: "run \(run): nothing is announced that the journal has not: \(runs[run].toldSteps) steps")
    }
    let id = newName()
    coordinator?.drivers[run] = Driver(id: id, machine: machine)
    if flaw == .restartUnrecorded, !runs[run].hasStopped, !runs[run].journal.isEmpty {
      let (silent, effects) = RunMachine.step(machine, .restarted)
      coordinator?.drivers[run]?.machine = silent
      for effect in effects { try perform(effect, run) }
      return
    }
    try take(Post(event: runs[run].hasStopped ? .resume : .restarted), run)
  }

  private var isReplayFlawed: Bool { flaw == .replayWithoutItems || flaw == .replayOffByOne }

  /// Journals an event, then does what it asks for: what the run's driver does.
  mutating func take(_ post: Post, _ run: Int) throws(Violation) {
    guard let driver = coordinator?.drivers[run] else { return }
    let before = driver.machine
    let event = flawed(post.event, run)
    let (after, effects) = RunMachine.step(before, event)
    guard after != before || !effects.isEmpty || isRecordedTwice(event) else { return }
    trace.time = now
    trace.note("event", UInt64(run), event.number, words: "\(event)")
    if let session = post.event.session, session != runs[run].session {
      throw Violation(rule: "run \(run): news of session \(session), which is over, change nothing: \(post.event)")
    }
    if flaw == .earlyAnnouncement { tell(after, run) }
    if crashes(.beforeAppend) { return die() }
    if isDiskFull { return giveUp(run) }
    if flaw == .effectsFirst {
      for effect in effects { try perform(flawed(effect, run), run) }
      if armed == .afterAppend || armed == .amidEffects { return die() }
    }
    var recorded = post
    recorded.event = event
    if flaw != .lostAppend || !random.chance(0.05) { try runs[run].append(recorded) }
    if event == .resume { runs[run].isResumed = false }
    if crashes(.afterAppend) { return die() }
    guard after == runs[run].state || isReplayFlawed else {
      throw Violation(rule: "run \(run): nothing is acted on that the journal has not: \(event)")
    }
    coordinator?.drivers[run]?.machine = after
    tell(after, run)
    if flaw != .effectsFirst {
      for effect in effects {
        if armed == .amidEffects, random.chance(0.5) { return die() }
        try perform(flawed(effect, run), run)
      }
      if crashes(.amidEffects) { return die() }
    }
    if after.phase == .finished { try runs[run].checkEnd() }
  }

  private mutating func tell(_ machine: RunMachine, _ run: Int) {
    runs[run].toldSteps = max(runs[run].toldSteps, machine.trainedSteps)
    runs[run].toldPhase = machine.phase
  }

  private mutating func crashes(_ point: Crash) -> Bool {
    guard armed == point else { return false }
    armed = nil
    return true
  }

  /// The process ends at once.
  mutating func die() {
    trace.note("the coordinator dies", UInt64(now))
    (coordinator, armed) = (nil, nil)
    if flaw == .forgetfulDisk { for run in runs.indices { runs[run].lose(random.below(3)) } }
    put(.startCoordinator, in: random.within(100...8000))
  }

  /// The journal cannot be written: the run stands until somebody resumes it.
  private mutating func giveUp(_ run: Int) {
    trace.note("the disk is full", UInt64(run))
    for session in coordinator?.drivers[run]?.sessions.keys.sorted() ?? [] { endSession(session, run) }
    coordinator?.drivers[run] = nil
  }

  private mutating func perform(_ effect: RunEffect, _ run: Int) throws(Violation) {
    guard let driver = coordinator?.drivers[run]?.id else { return }
    trace.note("effect", UInt64(run), effect.number, words: "\(effect)")
    if let session = effect.session, session != runs[run].session, flaw != .restartUnrecorded, flaw != .effectsFirst {
      if case .releaseTrainer = effect {
      } else {
        throw Violation(rule: "run \(run): only the present session is given work: \(effect)")
      }
    }
    switch effect {
    case .describeTeacher: put(.post(driver: driver, run: run, Post(event: .teacherReady(Job.model))), in: teacherWay())
    case .generate(let key, session: nil): try askTeacher(key, run, driver)
    case .acquireTrainer(let session, let attempt):
      coordinator?.drivers[run]?.sessions[session] = Session()
      let pause = attempt == 0 ? 0 : min(5000, 100 << min(attempt, 10))
      put(.queueUp(driver: driver, run: run, session: session), in: pause)
    case .releaseTrainer(let session): if flaw != .lostRelease { endSession(session, run) }
    case .prune(let positions): try prune(positions, run)
    case .end:
      for session in coordinator?.drivers[run]?.sessions.keys.sorted() ?? [] where flaw != .lostRelease {
        endSession(session, run)
      }
      coordinator?.drivers[run] = nil
    default:
      guard let session = effect.session else { return }
      coordinator?.drivers[run]?.sessions[session]?.todo.append(effect)
      try pump(session, run)
    }
    try lend()
  }

  mutating func askTeacher(_ key: WorkItemKey, _ run: Int, _ driver: Int) throws(Violation) {
    guard runs[run].texts[key] == nil else {
      throw Violation(rule: "run \(run): the teacher is not paid again for what the journal has: \(key)")
    }
    let post = Post(event: .itemCompleted(key, session: nil), text: Mix.of([key.number]))
    if random.chance(odds.failures / 4) {
      let refusal = Post(event: .failed(message: "the teacher refuses"))
      return put(.post(driver: driver, run: run, refusal), in: teacherWay())
    }
    put(.post(driver: driver, run: run, post), in: teacherWay())
    if random.chance(odds.duplicates) { put(.post(driver: driver, run: run, post), in: 2 * teacherWay()) }
    if flaw == .itemTwice { put(.post(driver: driver, run: run, post), in: teacherWay()) }
  }

  /// How long the teacher takes: it may be away.
  private mutating func teacherWay() -> Int { max(0, teacherBack - now) + way() + random.within(10...2000) }

  private mutating func prune(_ positions: [Int], _ run: Int) throws(Violation) {
    let newest = runs[run].state.checkpoint ?? 0
    guard positions.allSatisfy({ $0 < newest }) || flaw == .effectsFirst || flaw == .pruneBeforeSaved else {
      throw Violation(rule: "run \(run): a checkpoint is deleted when a newer one is durable: \(positions), \(newest)")
    }
    for position in positions { (runs[run].checkpoints[position], _) = (nil, runs[run].rotten.remove(position)) }
  }
}
