internal import Curation
internal import Foundation
internal import GRPCCore
internal import Lion
internal import Logging
internal import Recipes
internal import Sequences

/// Carries out a run that collects, judges and keeps the teacher's answers before they are learnt, and tells its machine what
/// happened. Each event is on disk before it counts.
///
/// An imitation is a run of its own, `RUN/round-K`.
actor CurationDriver: RunWorker {
  /// Requests to the teacher that are under way at a time.
  private static let requests = 16
  /// Answers that are judged at a time.
  private static let judgements = 4

  private enum Post: Sendable {
    case event(CurationEvent)
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
  private var machine: CurationMachine?
  private var waiting = (asks: ArraySlice<AnswerRequest>(), judgements: ArraySlice<(AnswerRequest, String)>())
  private var underWay = (asks: 0, judgements: 0)
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
      let imitation = try ImitationRun.rehearsal(
        of: material.recipe, runID: record.runID, rows: try material.unanswered, dependencies)
      let judge = try await material.judge(dependencies)
      try await shakeHands(material, imitation: imitation)
      try await work(Crew(material: material, dependencies: dependencies, judge: judge))
    } catch is CancellationError {
      return
    } catch {
      await people.stop(status(.failed, "\((error as? RPCError)?.message ?? "\(error)")"))
    }
  }

  /// Reads the data and replays the journal.
  private func prepare() async throws -> CurationMaterial {
    let recipe = try Recipe(yaml: record.recipeYAML, isKnown: true)
    let material = try CurationMaterial(recipe: recipe, codec: dependencies.codec)
    guard dependencies.facade != nil else { throw LoopProblem.noModel(method: recipe.method, role: "teacher") }
    try folder.run.prepare(recipe)
    let journal = dependencies.journal
    try await journal.checkUnchanged(record, recipe: recipe, dataDigest: material.dataDigest)
    var machine = CurationMachine(settings: material.settings)
    for event in try await journal.events(of: record.runID, as: CurationEvent.self) { _ = machine.step(event) }
    metricsFile = try MetricsFile(
      file: folder.run.metrics, entries: try await journal.metrics(of: record.runID).rows.inOrder)
    self.machine = machine
    return material
  }

  /// Compares the models before anything is paid.
  private func shakeHands(_ material: CurationMaterial, imitation: RunMaterial) async throws {
    guard machine?.learntStages == 0, let facade = dependencies.facade else { return }
    people.show(status(.waiting, "waiting for the teacher at \(facade.address)"))
    let teacher = ModelSummary(try await facade.describe())
    people.show(status(.waiting, "waiting for a student"))
    let scores = material.recipe.critics?.leastFaithfulness != nil
    if scores, teacher.givesTokenLogprobs != true {
      throw HandshakeRefusal.ability(
        method: material.recipe.method, missing: "log-probs of given text",
        remedy: "leave out critics.least_faithfulness")
    }
    let needs = LoopNeeds(
      method: material.recipe.method, imitation: imitation, scores: scores, longestToTeacher: material.longestPrompt)
    try await dependencies.shakeHands(needs, teacher: teacher, folder.run)
  }

  private func work(_ crew: Crew) async throws {
    let failure: (any Error)? = await withDiscardingTaskGroup { group in
      defer { group.cancelAll() }
      do {
        try await take(.restarted, crew, in: &group)
        var iterator = posts.makeAsyncIterator()
        while let machine, !machine.isFinished {
          guard let post = await iterator.next(isolation: #isolation) else { return CancellationError() }
          switch post {
          case .event(let event): try await take(event, crew, in: &group)
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
  private func take(_ event: CurationEvent, _ crew: Crew, in group: inout DiscardingTaskGroup) async throws {
    guard let before = machine?.phase else { return }
    switch event {
    case .answered: underWay.asks -= 1
    case .judged: underWay.judgements -= 1
    case .restarted, .imitated: break
    }
    let effects = machine?.step(event) ?? []
    guard let machine else { return }
    let status = status(.running, machine.line)
    let metrics = Self.chosen(machine, before).map { MetricsEntry(machine.stages[$0], number: $0) }
    if event != .restarted {
      try await dependencies.journal.append(anyEvent: event, to: record.runID, status: status, metrics: metrics)
    }
    if let metrics { try metricsFile?.append(metrics) }
    people.show(status)
    start(effects, machine, crew, in: &group)
  }

  /// The stage whose answers an event has completed.
  private static func chosen(_ machine: CurationMachine, _ before: CurationMachine.Phase) -> Int? {
    guard case .collecting(let stage) = before, machine.phase != before else { return nil }
    return stage
  }

  private func start(
    _ effects: [CurationEffect], _ machine: CurationMachine, _ crew: Crew, in group: inout DiscardingTaskGroup
  ) {
    for effect in effects {
      switch effect {
      case .ask(let request): waiting.asks.append(request)
      case .judge(let request, let text): waiting.judgements.append((request, text))
      case .imitate(let stage):
        group.addTask {
          await self.reporting("imitation") { .event(try await self.imitate(stage, machine, crew)) }
        }
      }
    }
    while underWay.judgements < Self.judgements, let (request, text) = waiting.judgements.popFirst() {
      underWay.judgements += 1
      group.addTask { await self.reporting("the checker") { .event(try await crew.judge(request, text)) } }
    }
    while underWay.asks < Self.requests, let request = waiting.asks.popFirst() {
      underWay.asks += 1
      group.addTask {
        await self.reporting("the teacher at \(crew.teacher(of: request.stage))") {
          .event(try await crew.ask(request))
        }
      }
    }
  }

  /// Trains a stage's student in a run of its own.
  private func imitate(_ stage: Int, _ machine: CurationMachine, _ crew: Crew) async throws -> CurationEvent {
    try folder.writeAnswers(machine, crew.material)
    let rows = try crew.material.rows(machine, stage: stage, teacher: crew.teacher(of: stage))
    try await ImitationRun(parent: record, round: stage, folder: folder)
      .work(rows: rows, dependencies, board) { child = $0 }
    return .imitated(stage: stage)
  }

  private func finish(_ material: CurationMaterial) async throws {
    guard let machine else { return }
    try folder.writeAnswers(machine, material)
    if case .finished(.nothingKept) = machine.phase { throw CurationProblem.nothingKept(machine.line) }
    try folder.takeStudent(ofRound: machine.stages.count - 1)
    try await people.finish(status(.finished, machine.line))
  }

  // MARK: What people see

  private func status(_ state: RunStatus.State, _ message: String) -> RunStatus {
    RunStatus(
      state: state, message: message, step: machine?.learntStages ?? 0, maxSteps: machine?.stages.count ?? 1)
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

/// Who answers and who judges.
private struct Crew: Sendable {
  let material: CurationMaterial
  let dependencies: RunDependencies
  let judge: any AnswerJudge

  /// Where the teacher of a stage is.
  func teacher(of stage: Int) -> String { dependencies.facade?.address ?? "no address" }

  /// Asks the teacher; the façade waits for one that is away, and pays nothing twice.
  func ask(_ request: AnswerRequest) async throws -> CurationEvent {
    guard let facade = dependencies.facade else {
      throw LoopProblem.noModel(method: material.recipe.method, role: "teacher")
    }
    let prompt = material.stages[request.stage][request.row].promptIDs
    let answer = try await facade.answer(to: prompt, material.sampling, seed: material.seed(request))
    return .answered(
      request, text: material.codec.decode(answer.tokenIDs), isTruncated: answer.isTruncated, answer.usage)
  }

  func judge(_ request: AnswerRequest, _ text: String) async throws -> CurationEvent {
    .judged(request, try await judge.judge(text, to: material.stages[request.stage][request.row]))
  }
}
