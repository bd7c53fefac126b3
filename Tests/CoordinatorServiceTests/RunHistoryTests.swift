import CoordinatorService
import Recipes
import Sequences
import Testing

/// A world around a machine: a student whose parameters are the history of what they were trained on, a disk for its
/// checkpoints, and a journal. Everything may be lost at any moment but disk and journal.
private struct World {
  let plan: RunPlan
  var machine: RunMachine
  var journal: [RunEvent] = []
  var pending: [RunEffect] = []
  var parameters: [String] = []
  var sessionOfParameters = -1
  var checkpoints: [Int: [String]] = [:]
  var texts: [WorkItemKey: String] = [:]
  var exported: [String]?
  var random: SeededGenerator

  init(plan: RunPlan, seed: UInt64) {
    self.plan = plan
    machine = RunMachine(plan: plan)
    random = SeededGenerator(seed: seed)
    take(.restarted)
  }

  mutating func take(_ event: RunEvent) {
    journal.append(event)
    for effect in machine.step(event) {
      switch effect {
      case .releaseTrainer(let session): pending.removeAll { $0.session == session }
      case .prune(let positions): for position in positions { checkpoints[position] = nil }
      case .end: pending = []
      default: pending.append(effect)
      }
    }
  }

  /// The coordinator dies: the journal is replayed, all that was under way is lost.
  mutating func restartCoordinator() {
    var replayed = RunMachine(plan: plan)
    for event in journal { _ = replayed.step(event) }
    #expect(replayed == machine, "the journal gives the state back")
    pending = []
    take(.restarted)
  }

  mutating func doOne() {
    // Effects of a student happen in order; those of others whenever.
    let place = Int(random.next() % UInt64(pending.count))
    let chosen = pending[place]
    let index = chosen.session == nil ? place : pending.firstIndex { $0.session == chosen.session } ?? place
    perform(pending.remove(at: index))
  }

  private mutating func perform(_ effect: RunEffect) {
    switch effect {
    case .describeTeacher: take(.teacherReady(summary))
    case .acquireTrainer(let session, _): take(.trainerRegistered(session: session))
    case .load(let session, let checkpoint):
      parameters = checkpoint.map { checkpoints[$0] ?? ["lost"] } ?? ["start"]
      sessionOfParameters = session
      take(.loaded(session: session, position: parameters.count - 1, student: summary))
    case .generate(let key, let session):
      // What the student writes depends on its parameters at that moment.
      texts[key] = session == nil ? "teacher" : "student after \(parameters.joined(separator: ","))"
      take(.itemCompleted(key, session: session))
      if random.next() % 8 == 0 { take(.itemCompleted(key, session: session)) }
    case .train(let session, let step):
      #expect(session == sessionOfParameters && parameters.count == step, "steps come in order")
      parameters.append(batch(step))
      take(.stepCompleted(session: session, step: step))
      if random.next() % 8 == 0 { take(.stepCompleted(session: session, step: step)) }
    case .evaluate(let session, let position):
      // Rises, so that a share that follows it rises too.
      take(.evaluated(session: session, position: position, validationLoss: Double(parameters.count)))
    case .save(let session, let position):
      checkpoints[position] = parameters
      take(.saved(session: session, position: position))
    case .export(let session):
      exported = parameters
      take(.exported(session: session))
    case .releaseTrainer, .prune, .end: break
    }
  }

  /// A step's batch as text: its samples, and whose words they are trained on.
  private func batch(_ step: Int) -> String {
    let round = plan.round(at: step - 1)
    if plan.mixture != nil { return mixedBatch(step, round) }
    let items = plan.samples(ofStep: step).map { sample in
      let teachers = (0..<plan.itemCount(of: .teacher)).first {
        plan.samples(of: WorkItemKey(stage: .teacher, index: $0)).contains(sample)
      }
      let students = (0..<plan.itemCount(of: .student(round: round))).first {
        plan.samples(of: WorkItemKey(stage: .student(round: round), index: $0)).contains(sample)
      }
      let teacher = teachers.map { texts[WorkItemKey(stage: .teacher, index: $0)] ?? "missing" } ?? "-"
      let student = students.map { texts[WorkItemKey(stage: .student(round: round), index: $0)] ?? "missing" } ?? "-"
      return "\(sample)(\(teacher))(\(student.count) \(student.suffix(12)))\(reference(of: sample, round))"
    }
    return "[\(items.joined(separator: " "))]"
  }

  /// A step's batch where each sample's text is drawn.
  private func mixedBatch(_ step: Int, _ round: Int) -> String {
    let plan = machine.plan
    let items = plan.samples(ofStep: step).map { sample in
      let source = plan.source(of: sample, inStep: step)
      if source == .data { return "\(sample)(data)" }
      let rounds = plan.replays ? Array((0...round).reversed()) : [round]
      let stages: [WorkItemKey.Stage] =
        source == .teacher ? [.teacher] : rounds.map { WorkItemKey.Stage.student(round: $0) }
      let found: String = stages.lazy.compactMap { text(of: sample, in: $0) }.first ?? "missing"
      return "\(sample)(\(found.count) \(found.suffix(12)))"
    }
    return "[\(items.joined(separator: " "))]"
  }

  private func text(of sample: Int, in stage: WorkItemKey.Stage) -> String? {
    let keys = (0..<machine.plan.itemCount(of: stage)).map { WorkItemKey(stage: stage, index: $0) }
    return keys.first { machine.plan.samples(of: $0).contains(sample) }.flatMap { texts[$0] }
  }

  /// The student that a pair's reference is of: that of the round's start.
  private func reference(of sample: Int, _ round: Int) -> String {
    guard plan.keepsReference else { return "" }
    let key = (0..<plan.itemCount(of: .reference(round: round))).map {
      WorkItemKey(stage: .reference(round: round), index: $0)
    }.first { plan.samples(of: $0).contains(sample) }
    return key.flatMap { texts[$0] }.map { "(\($0.count) \($0.suffix(12)))" } ?? "missing"
  }
}

extension RunEffect {
  fileprivate var session: Int? {
    switch self {
    case .acquireTrainer(let session, _), .releaseTrainer(let session), .load(let session, _),
      .train(let session, _), .evaluate(let session, _), .save(let session, _), .export(let session):
      session
    case .generate(_, let session): session
    case .describeTeacher, .prune, .end: nil
    }
  }
}

@Suite("Run histories")
struct RunHistoryTests {
  private func undisturbed(_ plan: RunPlan) -> [String]? {
    var world = World(plan: plan, seed: 0)
    while !world.pending.isEmpty { world.doOne() }
    #expect(world.machine.phase == .finished)
    return world.exported
  }

  /// Rejection sampling is a run of runs, which has events of its own.
  static let methods = Method.allCases.filter { !$0.collectsAnswers }

  @Test(
    "an undisturbed run trains each sample once an epoch, on the words of the right round", arguments: methods)
  func plain(method: Method) throws {
    let plan = try makePlan(["method=\(method.rawValue)"])
    let trained = try #require(undisturbed(plan))
    #expect(trained.count == plan.maxSteps + 1)
    #expect(!trained.joined().contains("missing"))
    #expect(!trained.joined().contains("lost"))
  }

  @Test("whatever dies whenever, the student ends with the same history", arguments: methods)
  func crashes(method: Method) throws { try crash(makePlan(["method=\(method.rawValue)"])) }

  static let mixtures: [[String]] = [
    ["method=gkd", "objective.seq_kd=true"], ["method=gkd", "objective.lmbda=1"],
    ["method=imitkd", "objective.lmbda=0", "objective.seq_kd=true"],
    [
      "method=distillm", "objective.seq_kd=true", "objective.lmbda=0.3", "generation.rounds=5", "training.max_steps=20",
    ],
  ]

  @Test(
    "so it is where texts are drawn, and where the share of the student's follows measurements", arguments: mixtures)
  func drawn(overrides: [String]) throws { try crash(makePlan(overrides)) }

  private func crash(_ plan: RunPlan) throws {
    let expected = try #require(undisturbed(plan))
    #expect(!expected.joined().contains("missing"))
    for seed in 1...300 as ClosedRange<UInt64> {
      var world = World(plan: plan, seed: seed)
      var events = 0
      while world.machine.phase != .finished, events < 3000 {
        events += 1
        switch world.random.next() % 40 {
        case 0: world.restartCoordinator()
        case 1: world.loseStudent()
        case 2: world.stopAndResume()
        default: if !world.pending.isEmpty { world.doOne() }
        }
      }
      #expect(world.exported == expected, "seed \(seed)")
    }
  }

  @Test("a coordinator that dies after any event goes on to the same student")
  func everyEvent() throws {
    let plan = try makePlan()
    let expected = try #require(undisturbed(plan))
    var deadline = 1
    var died = true
    while died {
      var world = World(plan: plan, seed: 9)
      died = false
      while world.machine.phase != .finished {
        if !died, world.journal.count >= deadline {
          world.restartCoordinator()
          died = true
        }
        world.doOne()
      }
      #expect(world.exported == expected, "died after event \(deadline)")
      deadline += 1
    }
    #expect(deadline > 30)
  }
}

extension World {
  /// The student's process dies: its session's work fails, its parameters are gone.
  mutating func loseStudent() {
    guard let session = pending.compactMap(\.session).first else { return }
    parameters = ["gone"]
    sessionOfParameters = -1
    take(
      random.next() % 2 == 0
        ? .trainerLost(session: session) : .studentFailed(session: session, .transient(message: "gone")))
  }

  mutating func stopAndResume() {
    take(.cancel)
    take(.resume)
  }
}
