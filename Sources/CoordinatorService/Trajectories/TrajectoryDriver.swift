internal import Curation
internal import Foundation
internal import Lion
internal import Recipes

/// Carries out a run whose student attempts and whose teacher edits.
actor TrajectoryDriver: LoopDriver {
  static let restarted = TrajectoryEvent.restarted
  /// Requests to the teacher that are under way at a time.
  private static let requests = 16
  /// Answers that are verified at a time.
  private static let verdicts = 4

  nonisolated let loop: LoopRun
  nonisolated let inbox = LoopInbox<TrajectoryEvent>()
  var child: RunDriver?
  var metricsFile: MetricsFile?
  private var machine: TrajectoryMachine?
  private var edits = WorkLane<(TrajectoryQuestion, String)>(limit: TrajectoryDriver.requests)
  private var verdicts = WorkLane<(TrajectoryQuestion, String)>(limit: TrajectoryDriver.verdicts)

  init(record: RunRecord, dependencies: RunDependencies, board: RunBoard) {
    loop = LoopRun(record: record, dependencies: dependencies, board: board)
  }

  var isFinished: Bool { machine?.isFinished ?? true }
  var place: String { "while \(machine?.line ?? "")" }

  func begin() async throws -> TrajectoryCrew {
    let material = try await prepare()
    let imitation = try ImitationRun.rehearsal(
      of: material.recipe, runID: loop.record.runID, rows: try material.data.unanswered, loop.dependencies)
    let verifier = try await material.data.judge(loop.dependencies)
    try await shakeHands(material, imitation: imitation)
    return TrajectoryCrew(material: material, dependencies: loop.dependencies, verifier: verifier)
  }

  /// Reads the data and replays the journal.
  private func prepare() async throws -> TrajectoryMaterial {
    let recipe = try recipe()
    let material = try TrajectoryMaterial(recipe: recipe, codec: loop.dependencies.codec)
    var machine = TrajectoryMachine(settings: material.settings)
    try await takeUp(recipe, dataDigest: material.dataDigest) { _ = machine.step($0) }
    self.machine = machine
    return material
  }

  /// Compares the models before anything is paid.
  private func shakeHands(_ material: TrajectoryMaterial, imitation: RunMaterial) async throws {
    guard machine?.learntIterations == 0, let facade = loop.dependencies.facade else { return }
    let teacher = try await describe(facade)
    let needs = LoopNeeds(
      method: .tripost, imitation: imitation, longestToTeacher: try material.longestEditorPrompt,
      longestToStudent: material.rows.map(\.promptIDs.count).max() ?? 0)
    try await loop.dependencies.shakeHands(needs, teacher: teacher, loop.folder.run)
  }

  func take(_ event: TrajectoryEvent, _ crew: TrajectoryCrew, in group: inout DiscardingTaskGroup) async throws {
    guard let before = machine?.phase else { return }
    switch event {
    case .edited: edits.end()
    case .verified: verdicts.end()
    case .restarted, .attempted, .imitated: break
    }
    let effects = machine?.step(event) ?? []
    guard let machine else { return }
    let metrics = Self.chosen(machine, before).map { MetricsEntry(machine.iterations[$0], number: $0) }
    try await keep(event, status(.running, machine.line), metrics)
    start(effects, machine, crew, in: &group)
  }

  /// The iteration whose attempts an event has completed.
  private static func chosen(_ machine: TrajectoryMachine, _ before: TrajectoryMachine.Phase) -> Int? {
    guard case .writing(let iteration, _) = before else { return nil }
    if case .writing = machine.phase { return nil }
    return iteration
  }

  private func start(
    _ effects: [TrajectoryEffect], _ machine: TrajectoryMachine, _ crew: TrajectoryCrew,
    in group: inout DiscardingTaskGroup
  ) {
    for effect in effects {
      switch effect {
      case .verify(let question, let answer): verdicts.add([(question, answer)])
      case .edit(let question, let answer): edits.add([(question, answer)])
      case .attempt(let iteration, let round, let rows):
        let attempts = rows.map { TrajectoryAttempt(iteration: iteration, round: round, row: $0) }
        group.addTask {
          await self.inbox.reporting("the student of iteration \(iteration + 1)") {
            try await self.attempt(attempts, crew)
            return .done
          }
        }
      case .imitate(let iteration):
        group.addTask {
          await self.inbox.reporting("imitation") { .event(try await self.imitate(iteration, machine, crew.material)) }
        }
      }
    }
    while let (question, answer) = verdicts.next() {
      group.addTask { await self.inbox.reporting("the checker") { .event(try await crew.verify(question, answer)) } }
    }
    while let (question, answer) = edits.next() {
      group.addTask {
        await self.inbox.reporting("the teacher at \(crew.teacherAddress)") {
          .event(try await crew.edit(question, answer))
        }
      }
    }
  }

  /// Waits for the trainer for as long as it takes: what it has written before is not asked again.
  private func attempt(_ attempts: [TrajectoryAttempt], _ crew: TrajectoryCrew) async throws {
    guard let iteration = attempts.first?.iteration else { return }
    let student =
      iteration == 0
      ? crew.material.recipe.student.tokenizerFolder : RunFolder(path: loop.folder.round(iteration - 1)).student
    try await loop.dependencies.pauses.whileUnavailable {
      let rest = attempts.filter { machine?.iterations[iteration][$0] == nil }
      try await crew.attempt(rest, by: student) { [inbox] in inbox.post(.event($0)) }
    }
  }

  /// Trains an iteration's student in a run of its own.
  private func imitate(
    _ iteration: Int, _ machine: TrajectoryMachine, _ material: TrajectoryMaterial
  ) async throws -> TrajectoryEvent {
    try loop.folder.writeTrajectories(machine, material)
    try await imitate(iteration, rows: try material.lessons(machine.iterations[iteration]))
    return .imitated(iteration: iteration)
  }

  func finish(_ crew: TrajectoryCrew) async throws {
    guard let machine else { return }
    try loop.folder.writeTrajectories(machine, crew.material)
    guard machine.learntIterations > 0 else { throw TrajectoryProblem.nothingImproved(machine.line) }
    try loop.folder.takeStudent(ofRound: machine.learntIterations - 1)
    try await loop.finish(status(.finished, machine.line))
  }

  // MARK: What people see

  func status(_ state: RunStatus.State, _ message: String) -> RunStatus {
    RunStatus(
      state: state, message: message, step: machine?.learntIterations ?? 0, maxSteps: machine?.settings.iterations ?? 1)
  }
}
