import CoordinatorService
import Sequences

extension World {
  /// A student's process at an address; another one stands there after it died.
  struct Student {
    var process = 0
    var isUp = true
    /// Until when it does nothing, though it is there.
    var stalledUntil = 0
    var lease: String?
    var held: Lineage?
    /// Which session loaded what it holds.
    var loadedBy: Call?
    var mailbox: [Call] = []
    var isBusy = false
    /// When its last answer arrives: none overtakes another.
    var lastAnswer = 0
  }

  /// A call is read, or finds nobody.
  mutating func arrive(_ call: Call) {
    // The connection of a session that is over is closed.
    guard flaw == .lateRequests || isCurrent(call) else { return }
    guard students[call.student].isUp else {
      if random.chance(0.7) || isCalm { answer(.failed(.transient(message: "nobody there")), call) }
      return
    }
    students[call.student].mailbox.append(call)
    compute(at: call.student)
  }

  private func isCurrent(_ call: Call) -> Bool {
    coordinator?.drivers[call.run].map { $0.id == call.driver && $0.sessions[call.session] != nil } ?? false
  }

  private mutating func compute(at index: Int) {
    guard students[index].isUp, !students[index].isBusy, let call = students[index].mailbox.first else { return }
    students[index].mailbox.removeFirst()
    students[index].isBusy = true
    put(.computed(process: students[index].process, call), in: random.within(10...400))
  }

  /// A call has been done.
  mutating func compute(_ call: Call, process: Int) throws(Violation) {
    let index = call.student
    guard students[index].process == process else { return }
    if students[index].stalledUntil > now {
      return agenda.put(.computed(process: process, call), at: students[index].stalledUntil)
    }
    students[index].isBusy = false
    let fate = random.nextUnit()
    if fate < odds.silences {
      // Nobody hears of it, done or not; the connection is known to be dead after a while.
      if random.chance(0.5) { _ = perform(call) }
      put(.answer(call, .failed(.transient(message: "no answer"))), in: 80_000)
    } else if fate < odds.silences + odds.failures {
      if random.chance(0.5) { _ = perform(call) }
      let failures: [Failure] = [.transient(message: "gone"), .doubtful(message: "odd"), .permanent(message: "no")]
      answer(.failed(failures[[0, 0, 0, 0, 1, 1, 2][random.below(7)]]), call)
    } else if flaw == .earlySave, case .save = call.effect, random.chance(0.2) {
      answer(.done, call)
    } else {
      answer(perform(call), call)
    }
    compute(at: index)
  }

  private mutating func perform(_ call: Call) -> Answer {
    let index = call.student
    trace.note("student", UInt64(index), UInt64(call.run), call.effect.number, words: "does \(call.effect)")
    if case .load(_, let checkpoint) = call.effect { return load(checkpoint, call) }
    guard var held = students[index].held else { return .failed(.doubtful(message: "nothing is loaded")) }
    switch call.effect {
    case .generate(let key, _): return .text(Mix.of([key.number, held.bits]))
    case .train(_, let step):
      let isLoaders = students[index].loadedBy.map { ($0.driver, $0.session) == (call.driver, call.session) } ?? false
      guard isLoaders || flaw == .lateRequests else { return .failed(.transient(message: "replaced")) }
      guard isCurrent(call) || flaw == .lateRequests else { return .failed(.transient(message: "cancelled")) }
      guard step == held.steps.count + 1 || flaw == .stepTwice else {
        return .failed(.doubtful(message: "step \(step) after \(held.steps.count)"))
      }
      held.train(step, on: call.batch)
      students[index].held = held
      if runs.count == 1, isCalm { undisturbedBits.append(held.bits) }
      return .trained(held.bits)
    case .evaluate: return .evaluated(held.bits)
    case .save(_, let position):
      guard held.steps.count == position || flaw == .stepTwice else {
        return .failed(.permanent(message: "a checkpoint of another step"))
      }
      runs[call.run].checkpoints[position] = held
      runs[call.run].rotten.remove(position)
      return .done
    case .export:
      runs[call.run].export = held
      return .done
    default: return .failed(.permanent(message: "no such call"))
    }
  }

  private mutating func load(_ checkpoint: Int?, _ call: Call) -> Answer {
    var lineage = Lineage(run: call.run)
    if let checkpoint {
      guard let saved = runs[call.run].checkpoints[checkpoint] else { return .damaged(checkpoint) }
      lineage = saved
      if runs[call.run].rotten.contains(checkpoint) {
        guard flaw == .unverifiedLoad else { return .damaged(checkpoint) }
        lineage.rot()
      }
    }
    students[call.student].held = lineage
    students[call.student].loadedBy = call
    return .loaded(lineage.steps.count)
  }

  private mutating func answer(_ answer: Answer, _ call: Call) {
    var time = now + way()
    if flaw != .reorderedReplies {
      time = max(students[call.student].lastAnswer + 1, time)
      students[call.student].lastAnswer = time
    }
    agenda.put(.answer(call, answer), at: time)
  }

  /// A process dies; its calls fail, or hang until its lease ends.
  mutating func kill(_ index: Int) {
    let (process, calls) = (students[index].process + 1, students[index].mailbox)
    students[index] = Student(process: process, isUp: false, lastAnswer: students[index].lastAnswer)
    for call in calls where random.chance(0.7) { answer(.failed(.transient(message: "died")), call) }
    put(.startStudent(index, process: process), in: random.within(200...20_000))
  }

  /// A student renews its lease, or asks for one.
  mutating func beat(_ index: Int) throws(Violation) {
    put(.heartbeat(student: index), in: 3000)
    let student = students[index]
    guard student.isUp, student.stalledUntil <= now, var leases = coordinator?.leases else { return }
    let time = Duration.milliseconds(now)
    var ended = leases.expire(now: time)
    if student.lease.map({ !leases.renew($0, now: time) }) ?? true {
      let (lease, others) = leases.register(
        trainerID: "student-\(index)-\(student.process)", address: "student-\(index)", now: time)
      ended += others
      students[index].lease = lease.leaseID
    }
    coordinator?.leases = leases
    try lose(ended)
    try lend()
  }
}
