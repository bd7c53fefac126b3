import CoordinatorService
import Recipes

extension World {
  /// Calls the student for what its session has to do: steps stream, all else comes one after the other.
  mutating func pump(_ session: Int, _ run: Int) throws(Violation) {
    while let driver = coordinator?.drivers[run], var work = driver.sessions[session], work.lease != nil,
      let effect = work.todo.first, work.open.isEmpty || work.trains && effect.isTrain
    {
      work.todo.removeFirst()
      var call = Call(
        id: newName(), driver: driver.id, run: run, session: session, student: work.student, effect: effect)
      if case .train(_, let step) = effect { call.batch = try batch(step, run, session) }
      if case .save(_, let position) = effect { runs[run].checkpoints[position] = nil }
      if case .export = effect { runs[run].export = nil }
      work.open.insert(call.id)
      work.trains = effect.isTrain
      work.lastCall = max(work.lastCall + 1, now + way())
      agenda.put(.arrival(call), at: work.lastCall)
      if flaw == .stepTwice, effect.isTrain, random.chance(0.05) { agenda.put(.arrival(call), at: work.lastCall) }
      coordinator?.drivers[run]?.sessions[session] = work
    }
  }

  /// What a step is trained on: all of it must be in the journal.
  private func batch(_ step: Int, _ run: Int, _ session: Int) throws(Violation) -> UInt64 {
    let (plan, texts) = (coordinator?.drivers[run]?.machine.plan ?? runs[run].job.plan, runs[run].texts)
    let shown = flaw == .resumeOffByOne && session > 1 ? step + 1 : step
    var parts: [UInt64] = []
    let round = plan.round(at: shown - 1)
    func text(_ sample: Int, _ stages: [WorkItemKey.Stage]) throws(Violation) -> UInt64 {
      for stage in stages {
        guard let place = plan.samples(of: stage).firstIndex(of: sample) else { continue }
        if let text = texts[WorkItemKey(stage: stage, index: place / plan.itemSize)] {
          return Mix.of([text, UInt64(place)])
        }
      }
      throw Violation(rule: "run \(run): step \(step) learns from texts of the journal alone: sample \(sample)")
    }
    let students = (plan.replays ? Array((0...round).reversed()) : [round]).map { WorkItemKey.Stage.student(round: $0) }
    for sample in plan.samples(ofStep: min(shown, plan.maxSteps)) {
      parts.append(UInt64(sample))
      if plan.mixture != nil {
        switch plan.source(of: sample, inStep: min(shown, plan.maxSteps)) {
        case .student: parts.append(try text(sample, students))
        case .teacher: parts.append(try text(sample, [.teacher]))
        default: break
        }
        continue
      }
      if plan.teacherWrites { parts.append(try text(sample, [.teacher])) }
      if plan.studentWrites { parts.append(try text(sample, students)) }
      if plan.keepsReference { parts.append(try text(sample, [.reference(round: round)])) }
    }
    return Mix.of(parts)
  }

  /// A student's answer comes in: it counts where the call is still waited for.
  mutating func hear(_ answer: Answer, _ call: Call) throws(Violation) {
    guard coordinator?.drivers[call.run]?.id == call.driver else { return }
    let post = news(answer, call)
    guard coordinator?.drivers[call.run]?.sessions[call.session]?.open.remove(call.id) != nil else {
      // It may have been in the driver's inbox before the session was over.
      if random.chance(odds.duplicates) { try take(post, call.run) }
      return
    }
    let isOver =
      if case .studentFailed = post.event { true } else if case .checkpointDamaged = post.event { true } else { false }
    if isOver { endSession(call.session, call.run) } else { try pump(call.session, call.run) }
    if random.chance(odds.duplicates) {
      put(.post(driver: call.driver, run: call.run, post), in: way() * random.pick([1, 20]))
    }
    try take(post, call.run)
    try lend()
  }

  private func news(_ answer: Answer, _ call: Call) -> Post {
    let session = call.session
    switch (answer, call.effect) {
    case (.loaded(let position), _):
      return Post(event: .loaded(session: session, position: position, student: Job.model))
    case (.text(let text), .generate(let key, _)): return Post(event: .itemCompleted(key, session: session), text: text)
    case (.trained(let bits), .train(_, let step)):
      return Post(
        event: .stepCompleted(session: session, step: step), row: (RowKey(step: step, isEvaluation: false), bits))
    case (.evaluated(let bits), .evaluate(_, let position)):
      return Post(
        event: .evaluated(session: session, position: position, validationLoss: Double(bits % 1000) / 100),
        row: (RowKey(step: position, isEvaluation: true), bits))
    case (.done, .save(_, let position)): return Post(event: .saved(session: session, position: position))
    case (.done, _): return Post(event: .exported(session: session))
    case (.damaged(let position), _):
      return Post(event: .checkpointDamaged(session: session, position: position, message: "rotten"))
    case (.failed(let failure), _): return Post(event: .studentFailed(session: session, failure))
    default: return Post(event: .studentFailed(session: session, .doubtful(message: "an answer to another question")))
    }
  }

  /// A session is over: its calls are nobody's, its student is free.
  mutating func endSession(_ session: Int, _ run: Int) {
    guard let work = coordinator?.drivers[run]?.sessions.removeValue(forKey: session) else { return }
    coordinator?.line.removeAll { $0 == (run, session) }
    if let lease = work.lease { coordinator?.leases.release(lease) }
  }

  /// Gives free students to those who wait.
  mutating func lend() throws(Violation) {
    while let next = coordinator?.line.first, let lease = takeLease() {
      coordinator?.line.removeFirst()
      guard let driver = coordinator?.drivers[next.run], driver.sessions[next.session] != nil else {
        coordinator?.leases.release(lease.leaseID)
        continue
      }
      let holders = coordinator?.drivers.compactMap(\.self).flatMap(\.sessions.values) ?? []
      guard !holders.contains(where: { $0.lease == lease.leaseID }) else {
        throw Violation(rule: "a student is lent to one session at a time: \(lease.leaseID)")
      }
      coordinator?.drivers[next.run]?.sessions[next.session]?.lease = lease.leaseID
      coordinator?.drivers[next.run]?.sessions[next.session]?.student = Int(lease.address.dropFirst(8)) ?? 0
      put(.post(driver: driver.id, run: next.run, Post(event: .trainerRegistered(session: next.session))), in: 0)
    }
  }

  private mutating func takeLease() -> LeaseTable.Lease? {
    if flaw == .doubleLease, random.chance(0.3), let lease = coordinator?.leases.leases.first { return lease }
    return coordinator?.leases.take(for: "run", now: .milliseconds(now))
  }

  /// Sessions whose leases ended are told, and over.
  mutating func lose(_ leases: [String]) throws(Violation) {
    guard !leases.isEmpty, flaw != .silentExpiry, let drivers = coordinator?.drivers else { return }
    for (run, driver) in drivers.enumerated() {
      guard let driver else { continue }
      for (session, work) in driver.sessions.sorted(by: { $0.key < $1.key }) {
        guard let lease = work.lease, leases.contains(lease) else { continue }
        endSession(session, run)
        put(.post(driver: driver.id, run: run, Post(event: .trainerLost(session: session))), in: random.below(50))
      }
    }
    try lend()
  }

  /// Ends leases; somebody resumes what has stopped, at once in calm weather.
  mutating func sweep() throws(Violation) {
    put(.sweep, in: 1000)
    if let ended = coordinator?.leases.expire(now: .milliseconds(now)) { try lose(ended) }
    for run in runs.indices where isCalm || random.chance(0.05) { try resume(run) }
  }

  /// Somebody asks for more of a run that has stopped.
  mutating func resume(_ run: Int) throws(Violation) {
    guard coordinator != nil, coordinator?.drivers[run] == nil, !runs[run].isFinished else { return }
    trace.note("resume", UInt64(run))
    runs[run].isResumed = runs[run].hasStopped
    try open(run)
  }
}

extension RunEffect {
  var isTrain: Bool { if case .train = self { true } else { false } }

  var session: Int? {
    switch self {
    case .acquireTrainer(let session, _), .releaseTrainer(let session), .load(let session, _),
      .train(let session, _), .evaluate(let session, _), .save(let session, _), .export(let session):
      session
    case .generate(_, let session): session
    case .describeTeacher, .prune, .end: nil
    }
  }
}

extension RunEvent {
  var session: Int? {
    switch self {
    case .trainerRegistered(let session), .trainerLost(let session), .loaded(let session, _, _),
      .stepCompleted(let session, _), .evaluated(let session, _, _), .saved(let session, _), .exported(let session),
      .studentFailed(let session, _), .checkpointDamaged(let session, _, _):
      session
    case .itemCompleted(_, let session): session
    case .teacherReady, .teachersReady, .failed, .cancel, .resume, .restarted: nil
    }
  }
}
