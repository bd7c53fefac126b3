import CoordinatorService
import Sequences

/// Replicas of one student around a ``GroupMachine``, from one seed: processes, leases, calls that come late or never, a coordinator that dies.
///
/// A run asks for steps, two ahead, evaluates and saves between them, and exports at the end; where the group fails it begins again from its last
/// checkpoint. In some worlds replicas share out the optimizer's state: there the run goes back whenever a piece is lost. Time is in milliseconds.
struct GroupWorld {
  /// What is asked of the group, in order.
  enum Task: Hashable {
    case step(UInt64)
    case evaluate(UInt64)
    case save(UInt64)
    case export
  }

  /// What is to come.
  enum Happening {
    case heartbeat(Int)
    case sweep
    /// A student was reached and has loaded.
    case arrival(session: Int, student: Int, process: Int, lease: String, token: UInt64)
    /// News for the machine.
    case news(session: Int, GroupMachine.Event)
    /// A call reaches a student.
    case call(Call)
    /// What a student made of a call reaches the coordinator.
    case answer(Call, Answer)
    case recruit
    case restart
    case startStudent(Int, process: Int)
    case death(Int, process: Int)
    case shortageOver(session: Int)
    /// A student that was let go is given back.
    case release(session: Int, lease: String, token: UInt64)
  }

  /// A call of a session to a process.
  struct Call: Hashable {
    enum Kind: Hashable {
      case join(epoch: Int)
      case step(epoch: Int, UInt64)
      case evaluate(UInt64)
      case write(UInt64, folder: String)
    }

    let session: Int
    let student: Int
    let process: Int
    let lease: String
    /// Names the round or the attempt that it belongs to.
    let round: Int
    let kind: Kind
  }

  enum Answer: Hashable {
    case joined(step: UInt64, recent: [UInt64: UInt64], isIncomplete: Bool = false)
    case measured(UInt64)
    case evaluated(UInt64)
    case written
    case failed(GroupMachine.CallFailure)
  }

  /// A process at an address.
  struct Student {
    var process = 0
    var isUp = true
    var stalledUntil = 0
    var lease: String?
    /// The session that loaded it.
    var session = 0
    var step: UInt64 = 0
    var bits: UInt64 = 1
    /// By step, what was measured.
    var recent: [UInt64: UInt64] = [:]
    /// Which twelfths of the optimizer's state it has.
    var held: Set<Int> = []
    /// Session and epoch of its group.
    var group: [Int] = []
    /// Calls of its group that wait for the others.
    var waiting: [Call] = []
    /// When it last began to wait for others, or was done with it.
    var since = 0
    /// When its last answer arrives, and its last call: none overtakes another.
    var lastAnswer = 0
    var lastCall = 0
  }

  static let lastStep: UInt64 = 24
  static let term = 4000
  /// Pieces of the optimizer's state: any number of replicas has equal shares.
  static let pieces = 12

  let flaw: GroupFlaw?
  var random: SeededGenerator
  var trace = Trace(tells: false)
  var roughness: Double
  let delay: Int
  var now = 0
  var count = 0
  var isCalm = false
  var agenda = Agenda<Happening>()
  var students: [Student]
  /// The student whose arithmetic is another; nil: none.
  let odd: Int?
  /// Whether replicas share the optimizer's state out.
  let isSharded: Bool
  var leases = LeaseTable(term: .milliseconds(GroupWorld.term))
  var shell: GroupShell?
  /// Whether there is no coordinator.
  var isDown = false
  /// Replicas of each group, by session and epoch.
  var sizes: [[Int]: Int] = [:]
  /// Groups between whose replicas something swallows what they send.
  var swallowed: Set<[Int]> = []
  /// Groups that had not all of the optimizer's state.
  var incomplete: Set<[Int]> = []
  var session = 0
  /// Bits after the newest checkpoint, and its step.
  var checkpoint: (step: UInt64, bits: UInt64) = (0, 1)
  var folders: [String: UInt64] = [:]
  var exported: UInt64?
  /// Steps after which the student was evaluated.
  var evaluated: Set<UInt64> = []
  /// Bits after each step, by step.
  let expected: [UInt64]

  init(seed: UInt64, flaw: GroupFlaw? = nil, tells: Bool = false) {
    self.flaw = flaw
    random = SeededGenerator(seed: seed, path: 2)
    roughness = random.pick([0.005, 0.02, 0.05, 0.1])
    delay = random.pick([5, 50, 600])
    students = (0..<random.within(1...4)).map { _ in Student() }
    let count = students.count
    odd = random.chance(0.2) && count > 1 ? random.within(1...count - 1) : nil
    var sharding = SeededGenerator(seed: seed, path: 3)
    isSharded = sharding.chance(0.3)
    trace = Trace(tells: tells)
    expected = (1...Self.lastStep).reduce(into: [1]) { $0.append(Self.next($0[$0.count - 1], $1)) }
    for index in students.indices { put(.heartbeat(index), in: random.within(0...100)) }
    put(.sweep, in: 250)
    put(.recruit, in: 200)
  }

  /// What a step makes of parameters.
  static func next(_ bits: UInt64, _ step: UInt64) -> UInt64 { Mix.of([bits, step]) }

  mutating func put(_ item: Happening, in time: Int) { agenda.put(item, at: now + time) }
  mutating func way() -> Int { random.within(1...delay) }

  /// Lives until the run is finished: with faults for a while, then without.
  mutating func live(events: Int) throws(Violation) {
    while exported == nil {
      if count > events { isCalm = true }
      guard count < events + 20_000 else {
        let place = shell.map { "\($0.machine.members.count) replicas before \($0.tasks.first ?? .export)" }
        throw Violation(
          rule: "with faults over, the run comes to its end; it stands with \(place ?? "nobody")")
      }
      guard let (time, item) = agenda.next() else { throw Violation(rule: "something is always to come") }
      (now, count) = (max(now, time), count + 1)
      trace.time = now
      if !isCalm, random.chance(roughness) { misfortune() }
      try happen(item)
    }
    guard evaluated == [5, 10, 15, 20] else {
      throw Violation(rule: "evaluations are made; there are \(evaluated.sorted())")
    }
    guard exported == expected[Int(Self.lastStep)] else {
      throw Violation(rule: "what is exported has made every step once")
    }
  }

  private mutating func misfortune() {
    let index = random.below(students.count)
    let student = students[index]
    switch random.below(7) {
    case 0, 1: kill(index)
    case 2:
      guard student.stalledUntil <= now else { return }
      students[index].stalledUntil = now + random.pick([300, 3000, 9000, 40_000])
    case 3:
      guard shell != nil else { return }
      trace.note("coordinator dies", UInt64(session))
      (shell, isDown) = (nil, true)
      leases = LeaseTable(term: .milliseconds(Self.term))
      for index in students.indices { students[index].lease = nil }
      put(.restart, in: random.within(100...3000))
    case 4:
      // A call fails, and nobody knows why.
      guard let call = student.waiting.first else { return }
      put(.answer(call, .failed(.odd("odd"))), in: way())
    case 5:
      guard sizes[student.group] ?? 0 > 1 else { return }
      trace.note("swallowed", UInt64(student.group[1]))
      swallowed.insert(student.group)
    default:
      guard let shell, shell.machine.members.count > 1, !isSharded else { return }
      put(.news(session: session, .shortage(true)), in: 1)
      put(.shortageOver(session: session), in: random.within(50...2000))
    }
  }

  private mutating func happen(_ item: Happening) throws(Violation) {
    switch item {
    case .heartbeat(let index): try beat(index)
    case .sweep:
      put(.sweep, in: 250)
      try end(leases.expire(now: .milliseconds(now)))
    case .arrival(let session, let index, let process, let lease, let token):
      try arrive(session, index, process, lease, token)
    case .news(let session, let event):
      guard session == self.session, shell != nil else { return }
      try tell(event)
    case .call(let call):
      let (before, folders) = (students[call.student], folders)
      take(call)
      let after = students[call.student]
      let hasChanged = after.group != before.group || after.bits != before.bits || folders != self.folders
      if call.session < before.session, hasChanged {
        throw Violation(rule: "whoever has been replaced changes nothing")
      }
    case .answer(let call, let answer): try hear(answer, call)
    case .recruit:
      put(.recruit, in: 200)
      try recruit()
    case .restart: isDown = false
    case .release(let session, let lease, let token): try release(session, lease, token)
    case .startStudent(let index, let process):
      if students[index].process == process { students[index].isUp = true }
    case .death(let index, let process): if students[index].process == process { kill(index) }
    case .shortageOver(let session):
      guard session == self.session, shell != nil else { return }
      try tell(.shortage(false))
    }
  }
}
