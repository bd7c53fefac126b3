internal import Foundation
internal import GRPCCore
internal import Lion
internal import Logging
internal import Recipes
internal import Sequences

/// Carries out the loop of one Lion run, and tells it what happened. Each event is on disk before it counts.
///
/// An imitation is a run of its own, `RUN/round-K`, with everything that a run has: it is cancelled and resumed with this one.
actor LionDriver: RunWorker {
  /// Requests to teacher, referee and generator that are under way at a time.
  private static let paidRequests = 16

  private enum Post: Sendable {
    case event(LionEvent)
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
  private var machine: LionMachine?
  private var waiting: [LionEffect] = []
  private var paidUnderWay = 0
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
      let answers = LionAnswers(material: material, dependencies: dependencies)
      let imitation = try ImitationRun.rehearsal(
        of: material.recipe, runID: record.runID,
        rows: try material.seeds.map { try material.row(instruction: $0, answer: "") }, dependencies)
      try await shakeHands(material, imitation: imitation)
      try await work(answers)
    } catch is CancellationError {
      return
    } catch {
      await people.stop(status(.failed, "\((error as? RPCError)?.message ?? "\(error)")"))
    }
  }

  /// Reads the data and replays the journal.
  private func prepare() async throws -> LionMaterial {
    let recipe = try Recipe(yaml: record.recipeYAML, isKnown: true)
    let material = try LionMaterial(recipe: recipe, codec: dependencies.codec)
    guard dependencies.facade != nil else { throw LoopProblem.noModel(method: .lion, role: "teacher") }
    try folder.run.prepare(recipe)
    let journal = dependencies.journal
    try await journal.checkUnchanged(record, recipe: recipe, dataDigest: material.dataDigest)
    var machine = LionMachine(seeds: material.seeds, settings: material.settings)
    for event in try await journal.events(of: record.runID, as: LionEvent.self) { _ = machine.step(event) }
    metricsFile = try MetricsFile(
      file: folder.run.metrics, entries: try await journal.metrics(of: record.runID).rows.inOrder)
    self.machine = machine
    return material
  }

  /// Compares the models before anything is paid.
  private func shakeHands(_ material: LionMaterial, imitation: RunMaterial) async throws {
    guard machine?.imitatedPools.isEmpty == true, let facade = dependencies.facade else { return }
    people.show(status(.waiting, "waiting for the teacher at \(facade.address)"))
    let teacher = ModelSummary(try await facade.describe())
    people.show(status(.waiting, "waiting for a student"))
    let longest = try material.longestPrompt
    let needs = LoopNeeds(
      method: .lion, imitation: imitation, longestToTeacher: longest, longestToStudent: longest)
    try await dependencies.shakeHands(needs, teacher: teacher, folder.run)
  }

  private func work(_ answers: LionAnswers) async throws {
    let failure: (any Error)? = await withDiscardingTaskGroup { group in
      defer { group.cancelAll() }
      do {
        try await take(.restarted, answers, in: &group)
        var iterator = posts.makeAsyncIterator()
        while let machine, !machine.isFinished {
          guard let post = await iterator.next(isolation: #isolation) else { return CancellationError() }
          switch post {
          case .event(let event): try await take(event, answers, in: &group)
          case .unpaid: break
          case .failed(let message): throw LoopFailure(description: message)
          case .cancel:
            child?.cancel()
            await people.stop(status(.cancelled, "cancelled in \(machine.stageLine); it can be resumed"))
            return nil
          }
        }
        try await finish()
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  /// Journals an event, steps the machine, and starts what it asks for.
  private func take(_ event: LionEvent, _ answers: LionAnswers, in group: inout DiscardingTaskGroup) async throws {
    guard var machine else { return }
    if event.role != nil { paidUnderWay -= 1 }
    let reported = machine.reports.count
    let effects = machine.step(event)
    self.machine = machine
    let status = status(.running, machine.stageLine)
    let metrics = machine.reports.dropFirst(reported).first.map { MetricsEntry($0) }
    if event != .restarted {
      try await dependencies.journal.append(anyEvent: event, to: record.runID, status: status, metrics: metrics)
    }
    if let metrics { try metricsFile?.append(metrics) }
    people.show(status)
    if machine.isBudgetSpent { waiting.removeAll() }
    waiting += effects.filter { $0.role != nil }
    startPaid(answers, in: &group)
    startUnpaid(effects, machine, answers, in: &group)
  }

  private func startPaid(_ answers: LionAnswers, in group: inout DiscardingTaskGroup) {
    guard let machine else { return }
    while paidUnderWay < Self.paidRequests, !waiting.isEmpty {
      let effect = waiting.removeFirst()
      paidUnderWay += 1
      group.addTask {
        await self.reporting(answers.name(effect)) { .event(try await answers.carryOut(effect, machine)) }
      }
    }
  }

  private func startUnpaid(
    _ effects: [LionEffect], _ machine: LionMachine, _ answers: LionAnswers, in group: inout DiscardingTaskGroup
  ) {
    var asked: [Int] = []
    for effect in effects {
      switch effect {
      case .imitate(let round, let instructions):
        group.addTask {
          await self.reporting("imitation") {
            try await self.imitate(round, instructions, machine, answers)
            return .event(.imitated(round: round))
          }
        }
      case .askStudent(_, let instruction): asked.append(instruction)
      case .askTeacher, .judge, .invent: break
      }
    }
    guard case .discriminating(let round) = machine.stage, !asked.isEmpty else { return }
    let wanted = asked
    group.addTask {
      await self.reporting("the student of round \(round + 1)") {
        try await self.askStudent(round, wanted, machine, answers)
        return .unpaid
      }
    }
  }

  /// Waits for the trainer for as long as it takes: what it has answered before is not asked again.
  private func askStudent(_ round: Int, _ wanted: [Int], _ machine: LionMachine, _ answers: LionAnswers) async throws {
    var failures = 0
    while true {
      let rest = wanted.filter { self.machine?.studentAnswer(to: $0) == nil }
      do {
        try await answers.askStudent(
          of: RunFolder(path: folder.round(round)).student, round: round,
          rest.map { ($0, machine.instructions[$0].text) }
        ) { [inbox] in inbox.yield(.event($0)) }
        return
      } catch let error as RPCError where error.code == .unavailable {
        failures += 1
        try await dependencies.pauses.pause(afterFailures: failures)
      }
    }
  }

  /// Trains a round's student in a run of its own.
  private func imitate(
    _ round: Int, _ instructions: [Int], _ machine: LionMachine, _ answers: LionAnswers
  ) async throws {
    let learnt = instructions.filter { !machine.truncatedAnswers.contains($0) }
    guard !learnt.isEmpty else { throw LionProblem.nothingToLearn(round: round + 1) }
    let rows = try learnt.map {
      try answers.material.row(
        instruction: machine.instructions[$0].text, answer: machine.teacherAnswers[$0] ?? "")
    }
    try await ImitationRun(parent: record, round: round, folder: folder)
      .work(rows: rows, dependencies, board) { child = $0 }
  }

  private func finish() async throws {
    guard let machine else { return }
    try folder.writePool(machine)
    guard !machine.imitatedPools.isEmpty else { throw LionProblem.budgetTooSmall }
    try folder.takeStudent(ofRound: machine.imitatedPools.count - 1)
    try await people.finish(status(.finished, machine.stageLine))
  }

  // MARK: What people see

  private func status(_ state: RunStatus.State, _ message: String) -> RunStatus {
    RunStatus(
      state: state, message: message, step: machine?.imitatedPools.count ?? 0,
      maxSteps: (machine?.settings.rounds ?? 0) + 1)
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
