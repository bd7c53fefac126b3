import CoordinatorService
import Recipes
import Testing

@Suite("Run machine")
struct RunMachineTests {
  /// A machine at work, and what it asked for last.
  private func machine(_ events: [RunEvent], _ overrides: [String] = []) throws -> (RunMachine, [RunEffect]) {
    var machine = RunMachine(plan: try makePlan(overrides))
    var effects: [RunEffect] = []
    for event in [.restarted] + events { effects = machine.step(event) }
    return (machine, effects)
  }

  private let ready: [RunEvent] = [
    .teacherReady(summary), .trainerRegistered(session: 1), .loaded(session: 1, position: 0, student: summary),
  ]

  @Test("begins by asking for the teacher and for a student")
  func begin() throws {
    let (machine, effects) = try machine([])
    #expect(effects == [.describeTeacher, .acquireTrainer(session: 1, attempt: 0)])
    #expect(machine.phase == .waiting)
    #expect(machine.statusLine(teacherAddress: "host:1") == "waiting for the teacher at host:1 and a student")
  }

  @Test("nothing is written or trained before teacher and student shook hands")
  func handshakeFirst() throws {
    #expect(try machine([.teacherReady(summary)]).1.isEmpty)
    let (_, effects) = try machine(ready)
    #expect(effects.contains(.generate(WorkItemKey(stage: .teacherEvaluation, index: 0), session: nil)))
    var other = summary
    other.vocabSize = 7
    let (refused, end) = try machine([
      .teacherReady(other), .trainerRegistered(session: 1), .loaded(session: 1, position: 0, student: summary),
    ])
    guard case .failed(let line) = refused.phase else { return #expect(Bool(false), "\(refused.phase)") }
    #expect(line.contains("vocabulary has 7 tokens"))
    #expect(end == [.releaseTrainer(session: 1), .end])
  }

  @Test("keeps three steps under way, and none across an evaluation")
  func window() throws {
    let overrides = ["method=sft", "evaluation.metrics=perplexity", "evaluation.eval_steps=4"]
    let start: [RunEvent] = [.trainerRegistered(session: 1), .loaded(session: 1, position: 0, student: summary)]
    #expect(try machine(start, overrides).1 == [.evaluate(session: 1, position: 0)])
    let evaluated = start + [.evaluated(session: 1, position: 0)]
    #expect(try machine(evaluated, overrides).1 == (1...3).map { .train(session: 1, step: $0) })
    let one = evaluated + [.stepCompleted(session: 1, step: 1)]
    #expect(try machine(one, overrides).1 == [.train(session: 1, step: 4)])
    let two = one + [.stepCompleted(session: 1, step: 2)]
    #expect(try machine(two, overrides).1.isEmpty)
  }

  @Test(
    "events of another session, of another step, or out of place change nothing",
    arguments: [
      .stepCompleted(session: 0, step: 1), .stepCompleted(session: 1, step: 2), .saved(session: 1, position: 0),
      .evaluated(session: 1, position: 3), .loaded(session: 1, position: 0, student: summary), .exported(session: 1),
      .trainerRegistered(session: 1), .trainerLost(session: 0), .studentFailed(session: 7, .permanent(message: "x")),
      .itemCompleted(WorkItemKey(stage: .student(round: 0), index: 0), session: 1),
      .itemCompleted(WorkItemKey(stage: .student(round: 0), index: 0), session: nil), .resume, .teacherReady(summary),
    ] as [RunEvent])
  func outOfPlace(event: RunEvent) throws {
    let (before, _) = try machine(ready)
    let (after, effects) = RunMachine.step(before, event)
    #expect(after == before)
    #expect(effects.isEmpty)
  }

  @Test("a lost student is replaced, and training goes on from the newest checkpoint")
  func lost() throws {
    let overrides = ["method=sft", "evaluation.metrics=[]"]
    let events: [RunEvent] =
      [.trainerRegistered(session: 1), .loaded(session: 1, position: 0, student: summary)]
      + (1...4).map { .stepCompleted(session: 1, step: $0) } + [.saved(session: 1, position: 4)]
      + [.stepCompleted(session: 1, step: 5)]
    let (machine, effects) = try machine(events + [.trainerLost(session: 1)], overrides)
    #expect(effects == [.releaseTrainer(session: 1), .acquireTrainer(session: 2, attempt: 1)])
    #expect(machine.phase == .waiting)
    var next = machine
    #expect(next.step(.trainerRegistered(session: 2)) == [.load(session: 2, checkpoint: 4)])
    let resumed = next.step(.loaded(session: 2, position: 4, student: summary))
    #expect(resumed == (5...7).map { .train(session: 2, step: $0) })
    #expect(next.trainedSteps == 5)
  }

  @Test("a doubtful failure ends the run when it comes a third time without a step in between")
  func doubt() throws {
    var (machine, _) = try machine([], ["method=sft", "evaluation.metrics=[]"])
    for session in 1...3 {
      _ = machine.step(.trainerRegistered(session: session))
      _ = machine.step(.studentFailed(session: session, .doubtful(message: "the loss is NaN")))
    }
    #expect(machine.phase == .failed("the loss is NaN"))
  }

  @Test("a student that keeps going away is waited for")
  func transient() throws {
    var (machine, _) = try machine([], ["method=sft"])
    for session in 1...50 {
      _ = machine.step(.trainerRegistered(session: session))
      _ = machine.step(.studentFailed(session: session, .transient(message: "gone")))
    }
    #expect(machine.phase == .waiting)
    #expect(machine.statusLine(teacherAddress: "").hasSuffix("a student (gone)"))
  }

  @Test(
    "a checkpoint that fails again and again is no progress, though its steps are made anew each time",
    arguments: [
      (.transient(message: "gone"), [1, 2, 3, 4], nil), (.doubtful(message: "no"), [1, 2], "no"),
      (.permanent(message: "full"), [], "full"),
    ] as [(Failure, [Int], String?)])
  func noProgress(failure: Failure, attempts: [Int], end: String?) throws {
    var (machine, _) = try machine([], ["method=sft", "evaluation.metrics=[]"])
    var seen: [Int] = []
    for session in 1...4 {
      _ = machine.step(.trainerRegistered(session: session))
      _ = machine.step(.loaded(session: session, position: 0, student: summary))
      for step in 1...4 { _ = machine.step(.stepCompleted(session: session, step: step)) }
      for effect in machine.step(.studentFailed(session: session, failure)) {
        if case .acquireTrainer(_, let attempt) = effect { seen.append(attempt) }
      }
    }
    #expect(seen == attempts)
    #expect(machine.phase == end.map { .failed($0) } ?? .waiting)
    #expect(machine.trainedSteps == 4)
  }

  @Test(
    "a step beyond all others, and a checkpoint, are progress: the next failure counts as the first",
    arguments: [
      [.stepCompleted(session: 3, step: 1), .stepCompleted(session: 3, step: 2)], [.saved(session: 3, position: 1)],
    ]
      as [[RunEvent]])
  func progress(events: [RunEvent]) throws {
    let save = events.count == 1
    var (machine, _) = try machine(
      [], ["method=sft", "evaluation.metrics=[]", "training.save_steps=\(save ? 1 : 4)"])
    for session in 1...2 {
      _ = machine.step(.trainerRegistered(session: session))
      _ = machine.step(.loaded(session: session, position: 0, student: summary))
      _ = machine.step(.stepCompleted(session: session, step: 1))
      _ = machine.step(.studentFailed(session: session, .transient(message: "gone")))
    }
    _ = machine.step(.trainerRegistered(session: 3))
    _ = machine.step(.loaded(session: 3, position: 0, student: summary))
    if save { _ = machine.step(.stepCompleted(session: 3, step: 1)) }
    for event in events { _ = machine.step(event) }
    let effects = machine.step(.trainerLost(session: 3))
    #expect(effects == [.releaseTrainer(session: 3), .acquireTrainer(session: 4, attempt: 1)])
  }

  @Test("a cancelled or failed run goes on when it is resumed", arguments: [RunEvent.cancel, .failed(message: "no")])
  func resume(event: RunEvent) throws {
    var (machine, effects) = try machine(ready + [event])
    #expect(effects == [.releaseTrainer(session: 1), .end])
    #expect(machine.step(.stepCompleted(session: 1, step: 1)).isEmpty)
    effects = machine.step(.resume)
    #expect(effects.count == 2 && effects[0] == .describeTeacher)
    #expect(machine.phase == .waiting)
  }

  @Test("a run that stopped takes news of the teacher's work, and of no student's")
  func stoppedItems() throws {
    var (machine, _) = try machine(ready + [.cancel])
    let (before, mine) = (machine, WorkItemKey(stage: .teacher, index: 0))
    let student = WorkItemKey(stage: .student(round: 0), index: 0)
    for session in [nil, 1, 2] { #expect(machine.step(.itemCompleted(student, session: session)).isEmpty) }
    #expect(machine == before)
    #expect(machine.step(.itemCompleted(mine, session: nil)).isEmpty && machine.completedItems == [mine])
  }

  /// A run with checkpoints 4 and 8, and one step more.
  private func saved(_ limit: Int) throws -> RunMachine {
    let steps = (1...8).flatMap { step -> [RunEvent] in
      let made = RunEvent.stepCompleted(session: 1, step: step)
      return step % 4 == 0 ? [made, .saved(session: 1, position: step)] : [made]
    }
    let start: [RunEvent] = [.trainerRegistered(session: 1), .loaded(session: 1, position: 0, student: summary)]
    return try machine(
      start + steps, ["method=sft", "evaluation.metrics=[]", "training.save_total_limit=\(limit)"]
    ).0
  }

  @Test("a damaged checkpoint counts no more: training goes on from the one before, at last from the start")
  func damaged() throws {
    var machine = try saved(2)
    var session = 2
    for (position, next) in [(8, 4), (4, nil)] as [(Int, Int?)] {
      _ = machine.step(.trainerLost(session: session - 1))
      #expect(machine.step(.trainerRegistered(session: session)) == [.load(session: session, checkpoint: position)])
      let effects = machine.step(.checkpointDamaged(session: session, position: position, message: "a bit flipped"))
      #expect(effects.first == .releaseTrainer(session: session) && machine.checkpoint == next)
      let line = machine.statusLine(teacherAddress: "")
      #expect(
        line.contains("a bit flipped") && line.contains(next.map { "the checkpoint of step \($0)" } ?? "the start"))
      session += 2
      _ = machine.step(.trainerRegistered(session: session - 1))
      #expect(machine.step(.checkpointDamaged(session: session - 1, position: position, message: "")).isEmpty)
    }
    #expect(machine.step(.loaded(session: session - 1, position: 0, student: summary)).count == 3)
    for step in 1...4 { _ = machine.step(.stepCompleted(session: session - 1, step: step)) }
    #expect(machine.step(.saved(session: session - 1, position: 4)).count == 3 && machine.checkpoint == 4)
  }

  @Test("checkpoints whose deletion a crash may have prevented are deleted again when the run is taken up")
  func pruneAgain() throws {
    var machine = try saved(1)
    #expect(machine.step(.restarted).first == .prune(positions: [4]))
    _ = machine.step(.cancel)
    #expect(machine.step(.resume).first == .prune(positions: [4]))
    var both = try saved(2)
    #expect(both.step(.restarted).first == .acquireTrainer(session: 2, attempt: 0))
  }

  @Test("another teacher than at the start is refused")
  func teacherChanged() throws {
    var (machine, _) = try machine(ready + [.restarted])
    var other = summary
    other.modelDigest = "another"
    _ = machine.step(.teacherReady(other))
    guard case .failed(let line) = machine.phase else { return #expect(Bool(false), "\(machine.phase)") }
    #expect(line.contains("another model"))
  }
}
