import CoordinatorService
import Sequences

extension GroupWorld {
  /// A student renews its lease, or registers.
  mutating func beat(_ index: Int) throws(Violation) {
    put(.heartbeat(index), in: Self.term / 4)
    guard students[index].isUp, students[index].stalledUntil <= now else { return }
    let time = Duration.milliseconds(now)
    if let lease = students[index].lease, leases.renew(lease, now: time) {
      let student = students[index]
      guard flaw != .unheardSilence, student.group.first == session, shell?.attending[lease] != nil else { return }
      let silence = GroupMachine.Silence(
        time: .milliseconds(now - student.since), isExchanging: !student.waiting.isEmpty)
      return try tell(.silent(epoch: student.group[1], leaseID: lease, silence))
    }
    let (lease, ended) = leases.register(
      trainerID: "\(index) \(students[index].process)", address: "\(index)", now: time)
    students[index].lease = lease.leaseID
    try end(ended)
  }

  /// A process dies, with everything that it holds; its calls fail, or hang.
  mutating func kill(_ index: Int) {
    guard students[index].isUp else { return }
    trace.note("dies", UInt64(index))
    let (process, waiting) = (students[index].process + 1, students[index].waiting)
    leaveGroup(index)
    students[index] = Student(
      process: process, isUp: false, lastAnswer: students[index].lastAnswer, lastCall: students[index].lastCall)
    for call in waiting where random.chance(0.7) || isCalm { answer(.failed(.lost("died")), call) }
    put(.startStudent(index, process: process), in: random.within(100...8000))
  }

  /// A student leaves its group: the others hear of it.
  private mutating func leaveGroup(_ index: Int) {
    let group = students[index].group
    students[index].group = []
    students[index].waiting = []
    guard !group.isEmpty else { return }
    for other in students.indices where students[other].group == group {
      let waiting = students[other].waiting
      (students[other].group, students[other].waiting) = ([], [])
      for call in waiting { answer(.failed(.aborted("another replica is gone")), call) }
    }
  }

  /// A session loads a student.
  mutating func load(_ index: Int, _ session: Int) -> Bool {
    guard students[index].session <= session else { return false }
    leaveGroup(index)
    // Another connection.
    (students[index].session, students[index].lastCall) = (session, 0)
    (students[index].step, students[index].bits, students[index].recent) = (checkpoint.step, checkpoint.bits, [:])
    students[index].held = Set(0..<Self.pieces)
    return true
  }

  /// A call reaches a student.
  mutating func take(_ call: Call) {
    let index = call.student
    guard students[index].isUp, students[index].process == call.process else {
      if random.chance(0.7) || isCalm { answer(.failed(.lost("nobody there")), call) }
      return
    }
    if students[index].stalledUntil > now { return agenda.put(.call(call), at: students[index].stalledUntil) }
    // Of a replica that was let go the connection is closed.
    guard call.session != session || shell?.attending[call.lease] != nil else { return }
    // Whoever has the student now is another.
    guard students[index].session == call.session || flaw == .noFence else {
      return answer(.failed(.refused("fenced")), call)
    }
    switch call.kind {
    case .join(let epoch):
      leaveGroup(index)
      students[index].group = [call.session, epoch]
      (students[index].waiting, students[index].since) = ([call], now)
      meet(call, epoch)
    case .step(let epoch, let step):
      guard students[index].group == [call.session, epoch] else {
        return answer(.failed(.aborted("not in the group")), call)
      }
      guard step == students[index].step + 1 + UInt64(students[index].waiting.count) else {
        return answer(.failed(.refused("step \(step) after \(students[index].step)")), call)
      }
      students[index].waiting.append(call)
      if students[index].waiting.count == 1 { students[index].since = now }
      make(epoch, step, call.session)
    case .evaluate(let step): answer(.evaluated(step), call)
    case .write(let step, let folder):
      guard folders[folder] == nil else { return answer(.failed(.refused("\(folder) is there already")), call) }
      guard step == students[index].step || flaw == .newcomerStands else {
        return answer(.failed(.refused("step \(students[index].step), not \(step)")), call)
      }
      folders[folder] = students[index].bits
      answer(.written, call)
    }
  }

  /// Replicas of a group whose call of some kind has come, by rank.
  private func waiting(_ session: Int, _ kind: (Call.Kind) -> Bool) -> [Int] {
    students.indices.filter { index in students[index].waiting.contains { $0.session == session && kind($0.kind) } }
  }

  /// All replicas that were asked have come: they become alike.
  private mutating func meet(_ call: Call, _ epoch: Int) {
    let came = waiting(call.session) { $0 == .join(epoch: epoch) }
    guard let asked = sizes[[call.session, epoch]], came.count == asked, !swallowed.contains([call.session, epoch])
    else { return }
    if let odd, came.contains(odd), came.count > 1 {
      for index in came {
        let waiting = students[index].waiting
        (students[index].group, students[index].waiting) = ([], [])
        for call in waiting { answer(.failed(.refused("other arithmetic")), call) }
      }
      return
    }
    let source = came.max { (students[$0].step, $1) < (students[$1].step, $0) } ?? came[0]
    let (step, bits, recent) = (students[source].step, students[source].bits, students[source].recent)
    guard !isSharded || deal(came, after: step) else {
      incomplete.insert([call.session, epoch])
      for index in came {
        let waiting = students[index].waiting
        (students[index].group, students[index].waiting) = ([], [])
        for call in waiting { answer(.joined(step: students[index].step, recent: [:], isIncomplete: true), call) }
      }
      return
    }
    // Death likes the moments in which something is handed over.
    if !isCalm, came.count > 1, random.chance(roughness) {
      put(.death(source, process: students[source].process), in: random.within(1...5))
    }
    for index in came {
      if students[index].step != step, flaw != .notAlike {
        (students[index].step, students[index].bits) = (step, bits)
        if flaw != .recentsLeftBehind { students[index].recent = recent }
      }
      let waiting = students[index].waiting
      students[index].waiting = []
      for call in waiting { answer(.joined(step: students[index].step, recent: students[index].recent), call) }
    }
  }

  /// Replicas share the optimizer's state out anew; false where those that have made the last step have not all of it.
  private mutating func deal(_ came: [Int], after step: UInt64) -> Bool {
    let held = came.filter { students[$0].step == step }.reduce(into: Set<Int>()) { $0.formUnion(students[$1].held) }
    guard held.count == Self.pieces else { return false }
    for (rank, index) in came.enumerated() {
      students[index].held = Set(Self.pieces * rank / came.count..<Self.pieces * (rank + 1) / came.count)
    }
    return true
  }

  /// All replicas of a group have come to a step: they make it, or some of them do before another is lost.
  private mutating func make(_ epoch: Int, _ step: UInt64, _ session: Int) {
    let group = students.indices.filter { students[$0].group == [session, epoch] }
    let came = waiting(session) { $0 == .step(epoch: epoch, step) }
    guard group.count == sizes[[session, epoch]], came == group, !swallowed.contains([session, epoch]) else { return }
    let isHalfMade = !isCalm && group.count > 1 && random.chance(roughness)
    let makers = isHalfMade ? Array(group.prefix(random.within(1...group.count - 1))) : group
    for index in makers {
      students[index].bits = Self.next(students[index].bits, step)
      students[index].step = step
      students[index].recent[step] = students[index].bits
      students[index].recent = students[index].recent.filter { $0.key + 3 > step }
      let calls = students[index].waiting.filter { $0.kind == .step(epoch: epoch, step) }
      students[index].waiting.removeAll { $0.kind == .step(epoch: epoch, step) }
      for call in calls { answer(.measured(step), call) }
    }
    guard isHalfMade else { return make(epoch, step + 1, session) }
    let waiting = students[makers[0]].waiting
    leaveGroup(makers[0])
    for call in waiting { answer(.failed(.aborted("another replica is gone")), call) }
  }

  /// Answers of a student come in order.
  mutating func answer(_ answer: Answer, _ call: Call) {
    let time = max(students[call.student].lastAnswer + 1, now + way())
    (students[call.student].lastAnswer, students[call.student].since) = (time, now)
    agenda.put(.answer(call, answer), at: time)
  }
}
