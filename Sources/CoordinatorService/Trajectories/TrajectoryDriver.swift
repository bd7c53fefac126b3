internal import Curation
internal import Foundation
internal import GRPCCore
internal import Lion
internal import Logging
internal import Recipes

/// Carries out a run whose student attempts, whose teacher edits, and tells its machine what happened. Each event is on disk before
/// it counts.
///
/// An imitation is a run of its own, `RUN/round-K`.
actor TrajectoryDriver: RunWorker {
  /// Requests to the teacher that are under way at a time.
  private static let requests = 16
  /// Answers that are verified at a time.
  private static let verdicts = 4

  private enum Post: Sendable {
    case event(TrajectoryEvent)
    /// Unpaid work is done, whose events were posted before.
    case unpaid
    case failed(String)
    case cancel
  }

  private let record: RunRecord
  private let dependencies: RunDependencies
  private let board: RunBoard
  private let people: LoopStatus
  private let folder: LoopFolder
  private let posts: AsyncStream<Post>
  private nonisolated let inbox: AsyncStream<Post>.Continuation
  private var machine: TrajectoryMachine?
  private var waiting = (
    edits: ArraySlice<(TrajectoryQuestion, String)>(), verdicts: ArraySlice<(TrajectoryQuestion, String)>()
  )
  private var underWay = (edits: 0, verdicts: 0)
  private var child: RunDriver?
  private var metricsFile: MetricsFile?

  init(record: RunRecord, dependencies: RunDependencies, board: RunBoard) {
    (self.record, self.dependencies, self.board) = (record, dependencies, board)
    people = LoopStatus(record: record, dependencies: dependencies, board: board)
    folder = LoopFolder(run: RunFolder(path: record.outputDir))
    (posts, inbox) = AsyncStream<Post>.makeStream()
  }

  nonisolated func cancel() { inbox.yield(.cancel) }

  func run() async {
    do {
      let material = try await prepare()
      let verifier = try await material.data.judge(dependencies)
      try await shakeHands(material.recipe)
      try await work(TrajectoryCrew(material: material, dependencies: dependencies, verifier: verifier))
    } catch is CancellationError {
      return
    } catch {
      await people.stop(status(.failed, "\((error as? RPCError)?.message ?? "\(error)")"))
    }
  }

  /// Reads the data and replays the journal.
  private func prepare() async throws -> TrajectoryMaterial {
    let recipe = try Recipe(yaml: record.recipeYAML, isKnown: true)
    let material = try TrajectoryMaterial(recipe: recipe, codec: dependencies.codec)
    guard dependencies.facade != nil else { throw LoopProblem.noModel(method: recipe.method, role: "teacher") }
    try folder.run.prepare(recipe)
    let journal = dependencies.journal
    guard try await journal.keepDataDigest(material.dataDigest, of: record.runID) == material.dataDigest else {
      throw RecipeError.conflict("the data changed since the run began; bring it back, or start a new run")
    }
    var machine = TrajectoryMachine(settings: material.settings)
    for event in try await journal.events(of: record.runID, as: TrajectoryEvent.self) { _ = machine.step(event) }
    metricsFile = try MetricsFile(
      file: folder.run.metrics, entries: try await journal.metrics(of: record.runID).rows.inOrder)
    self.machine = machine
    return material
  }

  /// Compares the models before anything is paid.
  private func shakeHands(_ recipe: Recipe) async throws {
    guard machine?.learntIterations == 0, let facade = dependencies.facade else { return }
    people.show(status(.waiting, "waiting for the teacher at \(facade.address)"))
    let teacher = ModelSummary(try await facade.describe())
    people.show(status(.waiting, "waiting for a student"))
    // What the imitations will ask on their way.
    let measuresKL = recipe.evalData != nil && recipe.evaluation.metrics.contains("kl")
    let needs = TeacherNeeds(generate: true, topCount: measuresKL ? recipe.objective.topCount : nil)
    try await dependencies.shakeHands(recipe, needs, teacher: teacher, folder.run)
  }

  private func work(_ crew: TrajectoryCrew) async throws {
    let failure: (any Error)? = await withDiscardingTaskGroup { group in
      defer { group.cancelAll() }
      do {
        try await take(.restarted, crew, in: &group)
        var iterator = posts.makeAsyncIterator()
        while let machine, !machine.isFinished {
          guard let post = await iterator.next(isolation: #isolation) else { return CancellationError() }
          switch post {
          case .event(let event): try await take(event, crew, in: &group)
          case .unpaid: break
          case .failed(let message): throw LoopFailure(description: message)
          case .cancel:
            child?.cancel()
            await people.stop(status(.cancelled, "cancelled while \(machine.line); it can be resumed"))
            return nil
          }
        }
        try await finish(crew.material)
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  /// Journals an event, steps the machine, and starts what it asks for.
  private func take(_ event: TrajectoryEvent, _ crew: TrajectoryCrew, in group: inout DiscardingTaskGroup) async throws
  {
    guard let before = machine?.phase else { return }
    switch event {
    case .edited: underWay.edits -= 1
    case .verified: underWay.verdicts -= 1
    case .restarted, .attempted, .imitated: break
    }
    let effects = machine?.step(event) ?? []
    guard let machine else { return }
    let status = status(.running, machine.line)
    let metrics = Self.chosen(machine, before).map { MetricsEntry(machine.iterations[$0], number: $0) }
    if event != .restarted {
      try await dependencies.journal.append(anyEvent: event, to: record.runID, status: status, metrics: metrics)
    }
    if let metrics { try metricsFile?.append(metrics) }
    people.show(status)
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
      case .verify(let question, let answer): waiting.verdicts.append((question, answer))
      case .edit(let question, let answer): waiting.edits.append((question, answer))
      case .attempt(let iteration, let round, let rows):
        let attempts = rows.map { TrajectoryAttempt(iteration: iteration, round: round, row: $0) }
        group.addTask {
          await self.reporting("the student of iteration \(iteration + 1)") {
            try await self.attempt(attempts, crew)
            return .unpaid
          }
        }
      case .imitate(let iteration):
        group.addTask {
          await self.reporting("imitation") { .event(try await self.imitate(iteration, machine, crew.material)) }
        }
      }
    }
    while underWay.verdicts < Self.verdicts, let (question, answer) = waiting.verdicts.popFirst() {
      underWay.verdicts += 1
      group.addTask { await self.reporting("the checker") { .event(try await crew.verify(question, answer)) } }
    }
    while underWay.edits < Self.requests, let (question, answer) = waiting.edits.popFirst() {
      underWay.edits += 1
      group.addTask {
        await self.reporting("the teacher at \(crew.teacherAddress)") { .event(try await crew.edit(question, answer)) }
      }
    }
  }

  /// Waits for the trainer for as long as it takes: what it has written before is not asked again.
  private func attempt(_ attempts: [TrajectoryAttempt], _ crew: TrajectoryCrew) async throws {
    guard let iteration = attempts.first?.iteration else { return }
    let student =
      iteration == 0
      ? crew.material.recipe.student.tokenizerFolder : RunFolder(path: folder.round(iteration - 1)).student
    var failures = 0
    while true {
      do {
        let rest = attempts.filter { machine?.iterations[iteration][$0] == nil }
        try await crew.attempt(rest, by: student) { [inbox] in inbox.yield(.event($0)) }
        return
      } catch let error as RPCError where error.code == .unavailable {
        failures += 1
        try await dependencies.pauses.pause(afterFailures: failures)
      }
    }
  }

  /// Trains an iteration's student in a run of its own.
  private func imitate(
    _ iteration: Int, _ machine: TrajectoryMachine, _ material: TrajectoryMaterial
  ) async throws -> TrajectoryEvent {
    try folder.writeTrajectories(machine, material)
    let rows = try material.lessons(machine.iterations[iteration])
    try await ImitationRun(parent: record, round: iteration, folder: folder)
      .work(rows: rows, dependencies, board) { child = $0 }
    return .imitated(iteration: iteration)
  }

  private func finish(_ material: TrajectoryMaterial) async throws {
    guard let machine else { return }
    try folder.writeTrajectories(machine, material)
    guard machine.learntIterations > 0 else { throw TrajectoryProblem.nothingImproved(machine.line) }
    try folder.takeStudent(ofRound: machine.learntIterations - 1)
    try await people.finish(status(.finished, machine.line))
  }

  // MARK: What people see

  private func status(_ state: RunStatus.State, _ message: String) -> RunStatus {
    RunStatus(
      state: state, message: message, step: machine?.learntIterations ?? 0, maxSteps: machine?.settings.iterations ?? 1)
  }

  /// Posts what a body gives, or why it failed.
  private nonisolated func reporting(_ who: String, _ body: () async throws -> Post) async {
    do {
      inbox.yield(try await body())
    } catch {
      if let line = LoopStatus.failure(who, error) { inbox.yield(.failed(line)) }
    }
  }
}
