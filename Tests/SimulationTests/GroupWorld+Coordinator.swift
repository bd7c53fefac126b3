import CoordinatorService

extension GroupWorld {
  /// The registry gives a student to the run, if one is free.
  mutating func recruit() throws(Violation) {
    guard !isDown, exported == nil, shell.map({ $0.isLoaded && $0.attending.count < 4 }) ?? true,
      let lease = leases.take(for: "run", now: .milliseconds(now)), let index = Int(lease.address)
    else { return }
    if shell == nil {
      session += 1
      shell = GroupShell(session: session, after: checkpoint.step)
    }
    let process = students[index].process
    shell?.attending[lease.leaseID] = (index, process, lease.token)
    put(
      .arrival(session: session, student: index, process: process, lease: lease.leaseID, token: lease.token), in: way())
  }

  mutating func arrive(
    _ session: Int, _ index: Int, _ process: Int, _ lease: String, _ token: UInt64
  ) throws(Violation) {
    guard session == self.session, let shell, shell.attending[lease]?.token == token else { return }
    let member = GroupMachine.Member(leaseID: lease, address: "\(index)")
    if students[index].isUp, students[index].process == process, students[index].stalledUntil > now {
      let item = Happening.arrival(session: session, student: index, process: process, lease: lease, token: token)
      return agenda.put(item, at: students[index].stalledUntil)
    }
    guard students[index].isUp, students[index].process == process, load(index, session) else {
      try tell(.notArrived(member, reason: "nobody there", isFirst: !shell.isLoaded))
      return letGo(lease)
    }
    try tell(.arrived(member))
    guard self.shell?.isLoaded == false else { return }
    self.shell?.isLoaded = true
    try tell(.loaded(step: checkpoint.step))
  }

  /// Leases have ended.
  mutating func end(_ ended: [String]) throws(Violation) {
    for lease in ended where shell?.attending[lease] != nil && flaw != .unheardEnd {
      // Of whoever is only coming the connection says so.
      guard shell?.isLoaded == true else { return endSession("the first is gone") }
      try tell(.gone(leaseID: lease, reason: "its lease ended"))
      shell?.attending[lease] = nil
      try tell(.released(leaseID: lease))
    }
  }

  private mutating func letGo(_ lease: String) {
    guard let shell, let (index, _, token) = shell.attending[lease] else { return }
    put(
      .release(session: session, lease: lease, token: token),
      in: max(1, Int(shell.machine.pause("\(index)") / .milliseconds(1))))
  }

  mutating func release(_ session: Int, _ lease: String, _ token: UInt64) throws(Violation) {
    guard session == self.session, shell?.attending[lease]?.token == token else { return }
    leases.release(lease)
    shell?.attending[lease] = nil
    try tell(.released(leaseID: lease))
  }

  /// The session is over; the next begins from the checkpoint.
  private mutating func endSession(_ why: String) {
    trace.note("session over", UInt64(session), words: why)
    for lease in (shell?.attending ?? [:]).keys.sorted() { leases.release(lease) }
    shell = nil
  }

  // MARK: Events and actions

  /// Tells the machine, does what it wants, and goes on.
  mutating func tell(_ event: GroupMachine.Event) throws(Violation) {
    try step(event)
    try advance()
  }

  private mutating func step(_ event: GroupMachine.Event) throws(Violation) {
    guard var shell else { return }
    let actions = shell.machine.handle(event)
    self.shell = shell
    trace.note("event", UInt64(actions.count), words: "\(event) -> \(actions)")
    for action in actions { try perform(action) }
  }

  private mutating func perform(_ action: GroupMachine.Action) throws(Violation) {
    switch action {
    case .join(let epoch, let members):
      shell?.recents = [:]
      sizes[[session, epoch]] = members.count
      for member in members { send(.join(epoch: epoch), member.leaseID, round: -epoch) }
    case .giveUp, .breakUp: break
    case .hurry(let epoch): put(.news(session: session, .waited(epoch: epoch)), in: 2000)
    case .formed(let epoch, let members, let step):
      guard !incomplete.contains([session, epoch]) else {
        throw Violation(rule: "nobody goes on without a piece of the optimizer's state")
      }
      if let odd, members.count > 1, members.contains(where: { $0.address == "\(odd)" }) {
        throw Violation(rule: "nobody shares steps whose arithmetic is another")
      }
      try catchUp(step)
    case .lose(let member, let reason, _):
      guard reason != "odd" else { throw Violation(rule: "nobody is let go because something failed once") }
      letGo(member.leaseID)
    case .giveAway(let member):
      letGo(member.leaseID)
    case .fail(let failure):
      guard !failure.reason.hasPrefix("nobody is left that knows") else {
        throw Violation(rule: "whoever has made a step knows what it measured")
      }
      guard isSharded || !failure.reason.hasPrefix("some of the optimizer") else {
        throw Violation(rule: "nothing of the optimizer is lost where all have all of it")
      }
    case .take: break
    case .raise(let reason):
      guard reason == "odd" else { throw Violation(rule: "what a replica is asked can be done; it says: \(reason)") }
      endSession(reason)
    }
  }

  /// What a new group knows of steps answers those that were asked for.
  private mutating func catchUp(_ step: UInt64) throws(Violation) {
    guard let shell else { return }
    for made in shell.recents.keys.sorted() {
      if flaw == .answeredEvaluation, case .evaluate(made) = self.shell?.tasks.first { self.shell?.tasks.removeFirst() }
      try take(made, bits: shell.recents[made] ?? 0, lease: nil)
    }
    if case .step(let next) = self.shell?.tasks.first, next <= step {
      throw Violation(rule: "step \(next) is asked for, and the group has made \(step)")
    }
  }

  /// An answer counts, if it is to the step that is asked for.
  private mutating func take(_ step: UInt64, bits: UInt64, lease: String?) throws(Violation) {
    guard case .step(step) = shell?.tasks.first else { return }
    if let lease, !leases.leases.contains(where: { $0.leaseID == lease }) {
      throw Violation(rule: "nobody's answer counts whose lease has ended")
    }
    guard bits == expected[Int(step)] else { throw Violation(rule: "step \(step) is made once, after those before it") }
    shell?.tasks.removeFirst()
    shell?.round?.isMade = true
  }

  private mutating func send(_ kind: Call.Kind, _ lease: String, round: Int) {
    guard let (index, process, _) = shell?.attending[lease] else { return }
    let call = Call(session: session, student: index, process: process, lease: lease, round: round, kind: kind)
    if shell?.round?.number == round { shell?.round?.outstanding.insert(call) }
    // Some lie somewhere for long.
    let delay = !isCalm && random.chance(roughness / 20) ? random.within(1000...20_000) : way()
    let time = max(students[index].lastCall + 1, now + delay)
    students[index].lastCall = time
    agenda.put(.call(call), at: time)
  }

  // MARK: Rounds

  /// Goes on with what is asked, as far as that is possible now.
  private mutating func advance() throws(Violation) {
    guard var now = shell else { return }
    if let failure = now.machine.failure { return endSession(failure.reason) }
    guard now.isLoaded else { return }
    if let round = now.round {
      let isThere = now.machine.brokenUp != round.epoch && round.leases.allSatisfy { now.machine.has($0) }
      guard isThere else { return try endRound() }
      if case .step = round.task, !now.machine.isWhole || now.machine.isToShrink { now.round?.isStopping = true }
      shell = now
      feed()
      if let round = shell?.round, round.outstanding.isEmpty { try endRound() }
      return
    }
    guard !now.tasks.isEmpty, now.machine.formation == nil else { return }
    if !now.machine.isWhole || now.machine.isToShrink {
      let before = now.machine
      try step(.wanted)
      guard let after = shell?.machine, after.isWhole else {
        if let after = shell?.machine, after != before, after.failure != nil { try advance() }
        return
      }
    }
    try beginRound()
  }

  private mutating func beginRound() throws(Violation) {
    guard var now = shell, let task = now.tasks.first else { return }
    now.roundCount += 1
    var group = now.machine.group.map(\.leaseID)
    if case .step = task {} else { group = Array(group.prefix(1)) }
    now.round = GroupShell.Round(number: now.roundCount, epoch: now.machine.epoch, leases: group, task: task)
    shell = now
    switch task {
    case .step: feed()
    case .evaluate(let step): ask(.evaluate(step))
    case .save(let step): write(step, "checkpoint-\(step)")
    case .export: write(Self.lastStep, "student")
    }
  }

  private mutating func write(_ step: UInt64, _ folder: String) {
    if shell?.isRetry == false || flaw != .halfWrittenFolder { folders[folder] = nil }
    shell?.isRetry = true
    ask(.write(step, folder: folder))
  }

  private mutating func ask(_ kind: Call.Kind) {
    guard let round = shell?.round, let lease = round.leases.first else { return }
    send(kind, lease, round: round.number)
  }

  private mutating func feed() {
    guard let now = shell, let round = now.round, case .step = round.task, !round.isStopping else { return }
    for step in now.asked where round.fed.last.map({ step > $0 }) ?? true {
      shell?.round?.fed.append(step)
      for lease in round.leases { send(.step(epoch: round.epoch, step), lease, round: round.number) }
    }
  }

  private mutating func endRound() throws(Violation) {
    guard let round = shell?.round else { return }
    shell?.round = nil
    try tell(.roundOver(isMade: round.isMade))
  }

  /// An answer arrives.
  mutating func hear(_ answer: Answer, _ call: Call) throws(Violation) {
    guard call.session == session, let now = shell else { return }
    if !isCalm, random.chance(0.01) { put(.answer(call, answer), in: way()) }
    // What a process had sent may be lost with it.
    let isLost = students[call.student].process != call.process && random.chance(0.7)
    let answer = isLost ? .failed(.lost("died")) : answer
    if case .join(let epoch) = call.kind {
      let asked = flaw == .staleJoin ? now.machine.formation?.epoch ?? epoch : epoch
      switch answer {
      case .joined(let step, let recent, let isIncomplete):
        if now.machine.formation?.epoch == asked { shell?.recents.merge(recent) { $1 } }
        let claimed = flaw == .newcomerStands ? max(step, now.machine.progress) : step
        return try tell(
          .joined(
            epoch: asked, leaseID: call.lease, step: claimed, measured: recent.keys.sorted(),
            isIncomplete: isIncomplete && flaw != .unseenLoss))
      case .failed(let failure):
        return try tell(.notJoined(epoch: asked, leaseID: call.lease, flaw == .oddIsLost ? lost(failure) : failure))
      default: return
      }
    }
    let isOfRound = now.round?.number == call.round
    switch answer {
    case .measured(let step):
      var machine = now.machine
      let counts = machine.handle(.measured(leaseID: call.lease, step: step)).contains(.take(step: step))
      shell?.machine = machine
      if counts || flaw == .lateAnswer { try take(step, bits: expected[Int(step)], lease: call.lease) }
    case .evaluated(let step):
      guard isOfRound, now.tasks.first == .evaluate(step) else { return }
      evaluated.insert(step)
      shell?.tasks.removeFirst()
      shell?.round?.isMade = true
    case .written:
      guard isOfRound, case .write(let step, let folder) = call.kind, let bits = folders[folder] else { return }
      guard bits == expected[Int(step)] else {
        throw Violation(rule: "what is written after step \(step) has made it")
      }
      if now.tasks.first == .export { exported = bits } else { checkpoint = (step, bits) }
      shell?.tasks.removeFirst()
      shell?.isRetry = false
      shell?.round?.isMade = true
    case .failed(let failure):
      guard isOfRound else { return }
      let event = GroupMachine.Event.failed(leaseID: call.lease, flaw == .oddIsLost ? lost(failure) : failure)
      try step(event)
      return try endRound()
    case .joined: return
    }
    if isOfRound { shell?.round?.outstanding.remove(call) }
    try advance()
  }

  private func lost(_ failure: GroupMachine.CallFailure) -> GroupMachine.CallFailure {
    if case .odd(let reason) = failure { .lost(reason) } else { failure }
  }
}
