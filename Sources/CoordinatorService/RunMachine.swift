/// Where a run stands, and what each event makes of it: a pure function, without clock, disk or network.
///
/// `step(event)` changes the state and returns what is to be done. Replaying the journal's events through it gives the
/// state back; effects of a replay are dropped, and the event `restarted` asks for what is still to be done.
///
/// A *session* is one trainer's work between being acquired and let go. Events of another session change nothing.
public struct RunMachine: Sendable, Hashable {
  /// Where a run stands.
  public enum Phase: Sendable, Hashable {
    /// Waits for the teacher or a trainer. Becomes running, failed or cancelled.
    case waiting
    /// Works. Becomes waiting, finished, failed or cancelled.
    case running
    /// Done. Final.
    case finished
    /// Stopped by an error, one line. `resume` makes it waiting.
    case failed(String)
    /// Stopped by request. `resume` makes it waiting.
    case cancelled
  }

  /// What the trainer of the session is doing.
  enum Trainer: Hashable {
    /// None was asked for. Becomes wanted.
    case none
    /// One is waited for. Becomes loading.
    case wanted
    /// It loads parameters. Becomes ready.
    case loading
    /// It holds parameters and may be given work.
    case ready
  }

  /// Work of the student that excludes all other work of the student.
  enum Exclusive: Hashable {
    case generating(WorkItemKey)
    case evaluating
    case saving
    case exporting
  }

  /// What the recipe unfolds to.
  public internal(set) var plan: RunPlan
  /// Outstanding steps: the student fetches teacher log-probs of the later ones while it trains the first.
  public static let trainWindow = 3
  /// Outstanding items of the teacher.
  static let teacherWindow = 2
  /// Doubtful failures without a step in between after which the run fails.
  static let doubtLimit = 3

  /// Where the run stands.
  public internal(set) var phase = Phase.waiting
  /// The teachers, once they answered; empty: not yet.
  public internal(set) var teachers: [NamedSummary] = []
  /// The student, once it loaded.
  public internal(set) var student: ModelSummary?
  /// Most steps ever made; a repeated step does not count again.
  public internal(set) var trainedSteps = 0
  /// Position of the newest checkpoint; nil: none yet.
  public internal(set) var checkpoint: Int?
  /// Items whose completions the journal has.
  public internal(set) var completedItems: Set<WorkItemKey> = []

  var session = 0
  var trainer = Trainer.none
  /// Steps that the session's student has made.
  var position = 0
  /// Last step sent in the session.
  var sent = 0
  var exclusive: Exclusive?
  var askedTeacher = false
  var shookHands = false
  /// The teachers' digests at the run's start, by name.
  var teacherDigests: [String: String] = [:]
  var teacherItemsInFlight: Set<WorkItemKey> = []
  var evaluatedPositions: Set<Int> = []
  /// Where the share of the student's text stands; nil: nothing was measured, or it does not follow measurements.
  var adaptation: Adaptation?
  var savedPositions: Set<Int> = []
  /// The checkpoint that the session's student was loaded from: it may still read files there.
  var loadedFrom: Int?
  var attempts = 0
  var doubts = 0
  var lastTrouble: String?

  let teacherItemCount: Int
  let evaluationItemCount: Int
  /// The teacher's item that holds each sample; −1 where it is not needed.
  let teacherItemOfSample: [Int]
  /// Round and number of its items, once known.
  var studentItems: (round: Int, count: Int) { roundItems.map { ($0[0], $0[1]) } ?? (-1, 0) }
  private var roundItems: [Int]?

  /// Starts a run; nothing is done before the first event, `restarted`.
  public init(plan: RunPlan) {
    self.plan = plan
    let samples = plan.samples(of: .teacher)
    var items = [Int](repeating: -1, count: plan.sampleCount)
    for (place, sample) in samples.enumerated() { items[sample] = place / plan.itemSize }
    teacherItemOfSample = items
    teacherItemCount = (samples.count + plan.itemSize - 1) / plan.itemSize
    evaluationItemCount = plan.teacherWritesEvaluation ? plan.itemCount(of: .teacherEvaluation) : 0
  }

  /// The pure form: a state and an event give a state and effects.
  public static func step(_ state: RunMachine, _ event: RunEvent) -> (RunMachine, [RunEffect]) {
    var next = state
    let effects = next.step(event)
    return (next, effects)
  }

  /// Takes an event.
  public mutating func step(_ event: RunEvent) -> [RunEffect] {
    switch phase {
    case .finished: return []
    case .failed, .cancelled: return stepStopped(event)
    case .waiting, .running: return stepActive(event)
    }
  }

  private mutating func stepStopped(_ event: RunEvent) -> [RunEffect] {
    // What the teacher was asked before the run stopped may still be recorded; it changes what is left, nothing else.
    if case .itemCompleted(let key, nil) = event, !key.isStudents { completedItems.insert(key) }
    guard event == .resume else { return [] }
    phase = .waiting
    (attempts, doubts, lastTrouble) = (0, 0, nil)
    forgetWork()
    return pruneAgain() + advance()
  }

  private mutating func stepActive(_ event: RunEvent) -> [RunEffect] {
    switch event {
    case .restarted:
      forgetWork()
      return pruneAgain() + advance()
    case .resume: return []
    case .cancel: return end(.cancelled)
    case .failed(let message): return end(.failed(message))
    case .teacherReady(let summary): return teachersReady([NamedSummary(name: "", model: summary)])
    case .teachersReady(let summaries): return teachersReady(summaries)
    case .itemCompleted(let key, nil):
      guard !key.isStudents else { return [] }
      completedItems.insert(key)
      teacherItemsInFlight.remove(key)
      return advance()
    case .trainerRegistered(let session): return inSession(session) { $0.registered() }
    case .trainerLost(let session):
      return inSession(session) { $0.restartSession(trouble: "the student's lease ended") }
    case .loaded(let session, let position, let student):
      return inSession(session) { $0.loaded(position, student) }
    case .itemCompleted(let key, let session?): return inSession(session) { $0.completed(key) }
    case .stepCompleted(let session, let step): return inSession(session) { $0.stepped(step) }
    case .evaluated(let session, let position, let loss): return inSession(session) { $0.evaluated(position, loss) }
    case .saved(let session, let position): return inSession(session) { $0.saved(position) }
    case .exported(let session): return inSession(session) { $0.exported() }
    case .checkpointDamaged(let session, let position, let message):
      return inSession(session) { $0.checkpointDamaged(position, message) }
    case .studentFailed(let session, let failure): return inSession(session) { $0.studentFailed(failure) }
    }
  }

  private mutating func inSession(_ session: Int, _ body: (inout RunMachine) -> [RunEffect]) -> [RunEffect] {
    guard session == self.session, trainer != .none else { return [] }
    return body(&self)
  }

  mutating func rememberItems(ofRound round: Int) -> Int {
    if let roundItems, roundItems[0] == round { return roundItems[1] }
    let count = plan.itemCount(of: .student(round: round))
    roundItems = [round, count]
    return count
  }

  /// Nobody works on the run: what was asked for is asked for again.
  private mutating func forgetWork() {
    (trainer, exclusive, askedTeacher, shookHands) = (.none, nil, false, false)
    teachers = []
    teacherItemsInFlight = []
    session += 1
  }
}
