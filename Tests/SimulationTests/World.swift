import CoordinatorService
import Sequences

/// The coordinator's machines with all that is around them, from one seed: journal, folders, students, teacher, people, clock.
///
/// Whatever is in a process goes with it; `runs` is on disks and in people's memories, and stays. Time is in milliseconds.
/// One thing is taken for granted, as a closed connection gives it: a request of a session that is over, and that no student has
/// begun to read, is never read. ``Flaw/lateRequests`` shows what happens otherwise.
struct World {
  /// A crash of the coordinator, still to come.
  enum Crash { case beforeAppend, afterAppend, amidEffects }

  let flaw: Flaw?
  var odds: Odds
  var random: SeededGenerator
  var trace: Trace
  var now = 0
  var agenda = Agenda<Happening>()
  var runs: [RunWorld] = []
  var coordinator: Coordinator? = Coordinator()
  var students: [Student]
  /// Things that happened, but for those that happen by the clock alone.
  var count = 0
  var lastCount = 0
  var isCalm = false
  var armed: Crash?
  var isDiskFull = false
  var teacherBack = 0
  /// Names drivers and calls, once each.
  var names = 0
  /// Bits of the first run's student after each step, where nothing goes wrong.
  var undisturbedBits: [UInt64] = [Lineage(run: 0).bits]

  /// A world with two runs, in which anything may go wrong.
  init(seed: UInt64, flaw: Flaw? = nil, tells: Bool = false) {
    self.flaw = flaw
    random = SeededGenerator(seed: seed, path: 1)
    odds = Odds(&random)
    trace = Trace(tells: tells)
    students = (0..<random.within(1...3)).map { _ in Student() }
    begin((0..<2).map { _ in random.pick(Job.all) })
  }

  /// A world with one run, in which nothing goes wrong.
  init(undisturbed job: Job) {
    (flaw, odds, random, trace) = (nil, .none, SeededGenerator(seed: 0), Trace(tells: false))
    students = [Student()]
    isCalm = true
    begin([job])
  }

  private mutating func begin(_ jobs: [Job]) {
    for index in students.indices { put(.heartbeat(student: index), in: random.within(0...100)) }
    put(.sweep, in: 1000)
    for job in jobs { runs.append(RunWorld(job: job, number: runs.count)) }
    put(.startCoordinator, in: 1)
    coordinator = nil
  }

  /// Lets things go wrong until so many have happened, then none, until all runs are finished.
  mutating func live(events: Int) throws(Violation) {
    // An hour in which nothing happens but by the clock: `finish` says that the runs hang.
    while count < events, now - lastCount < 3_600_000 {
      try happen()
      if runs.allSatisfy(\.isFinished) { try submit(random.pick(Job.all)) }
    }
    calm()
    try finish()
  }

  /// Goes on until all runs are finished; they must be within a bound.
  mutating func finish() throws(Violation) {
    let (end, most) = (now + 3_600_000, count + 5000)
    while !runs.allSatisfy(\.isFinished) {
      guard now < end, count < most else {
        throw Violation(rule: "with faults over, the runs come to their end; they stand: \(runs.map(\.line))")
      }
      try happen()
    }
    for run in runs { trace.note("finished", UInt64(run.number), run.export?.bits ?? 0) }
  }

  private mutating func submit(_ job: Job) throws(Violation) {
    runs.append(RunWorld(job: job, number: runs.count))
    coordinator?.drivers.append(nil)
    try open(runs.count - 1)
  }

  private mutating func calm() {
    (isCalm, odds, armed, isDiskFull, teacherBack) = (true, .none, nil, false, 0)
    for index in students.indices { students[index].stalledUntil = min(students[index].stalledUntil, now) }
  }

  /// The next thing.
  private mutating func happen() throws(Violation) {
    guard let (time, item) = agenda.next() else { throw Violation(rule: "something is always to come") }
    now = max(now, time)
    if !item.isTick {
      (count, lastCount) = (count + 1, now)
      if !isCalm, random.chance(odds.rate) { try misfortune() }
    }
    try happen(item)
    for run in runs { try run.check() }
  }

  private mutating func happen(_ item: Happening) throws(Violation) {
    switch item {
    case .post(let driver, let run, let post):
      guard coordinator?.drivers[run]?.id == driver else { return }
      try take(post, run)
    case .queueUp(let driver, let run, let session):
      guard coordinator?.drivers[run]?.id == driver, coordinator?.drivers[run]?.sessions[session] != nil else { return }
      coordinator?.line.append((run, session))
      try lend()
    case .arrival(let call): arrive(call)
    case .computed(let process, let call): try compute(call, process: process)
    case .answer(let call, let answer): try hear(answer, call)
    case .heartbeat(let index): try beat(index)
    case .sweep: try sweep()
    case .startCoordinator: try start()
    case .startStudent(let index, let process):
      guard students[index].process == process else { return }
      students[index].isUp = true
    case .space: isDiskFull = false
    }
  }

  mutating func put(_ item: Happening, in time: Int) { agenda.put(item, at: now + time) }

  /// How long a message is on its way.
  mutating func way() -> Int { random.within(1...odds.delay) }

  mutating func newName() -> Int {
    names += 1
    return names
  }
}

/// What happened, as one number; and in words, where somebody wants to read.
struct Trace {
  private(set) var hash: UInt64 = 0
  let tells: Bool
  var time = 0

  init(tells: Bool) { self.tells = tells }

  mutating func note(_ what: StaticString, _ numbers: UInt64..., words: @autoclosure () -> String = "") {
    hash = Mix.of([hash, UInt64(what.utf8CodeUnitCount)] + numbers)
    if tells { print("\(time) ms: \(what) \(numbers) \(words())") }
  }
}
