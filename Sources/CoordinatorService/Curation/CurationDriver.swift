internal import Curation
internal import Foundation
internal import Lion
internal import Recipes
internal import Sequences

/// Carries out a run that collects, judges and keeps the teacher's answers before they are learnt.
actor CurationDriver: LoopDriver {
  static let restarted = CurationEvent.restarted
  /// Requests to the teacher that are under way at a time.
  private static let requests = 16
  /// Answers that are judged at a time.
  private static let judgements = 4

  nonisolated let loop: LoopRun
  nonisolated let inbox = LoopInbox<CurationEvent>()
  var child: RunDriver?
  var metricsFile: MetricsFile?
  private var machine: CurationMachine?
  private var asks = WorkLane<AnswerRequest>(limit: CurationDriver.requests)
  private var judgements = WorkLane<(AnswerRequest, String)>(limit: CurationDriver.judgements)

  init(record: RunRecord, dependencies: RunDependencies, board: RunBoard) {
    loop = LoopRun(record: record, dependencies: dependencies, board: board)
  }

  var isFinished: Bool { machine?.isFinished ?? true }
  var place: String { "while \(machine?.line ?? "")" }

  func begin() async throws -> CurationCrew {
    let material = try await prepare()
    let imitation = try ImitationRun.rehearsal(
      of: material.recipe, runID: loop.record.runID, rows: try material.unanswered, loop.dependencies)
    let judge = try await material.judge(loop.dependencies)
    try await shakeHands(material, imitation: imitation)
    return CurationCrew(material: material, dependencies: loop.dependencies, judge: judge)
  }

  /// Reads the data and replays the journal.
  private func prepare() async throws -> CurationMaterial {
    let recipe = try recipe()
    let material = try CurationMaterial(recipe: recipe, codec: loop.dependencies.codec)
    var machine = CurationMachine(settings: material.settings)
    try await takeUp(recipe, dataDigest: material.dataDigest) { _ = machine.step($0) }
    self.machine = machine
    return material
  }

  /// Compares the models before anything is paid.
  private func shakeHands(_ material: CurationMaterial, imitation: RunMaterial) async throws {
    guard machine?.learntStages == 0 else { return }
    let (method, scores) = (material.recipe.method, material.recipe.critics?.leastFaithfulness != nil)
    for (name, longest) in material.longestPrompts.sorted(by: { $0.key < $1.key }) {
      let teacher = try await describe(try loop.dependencies.teacher(named: name, of: method))
      if scores, teacher.givesTokenLogprobs != true {
        throw HandshakeRefusal.ability(
          method: method, missing: "log-probs of given text", remedy: "leave out critics.least_faithfulness")
      }
      let needs = LoopNeeds(method: method, imitation: imitation, scores: scores, longestToTeacher: longest)
      try await loop.dependencies.shakeHands(needs, teacher: teacher, loop.folder.run)
    }
  }

  func take(_ event: CurationEvent, _ crew: CurationCrew, in group: inout DiscardingTaskGroup) async throws {
    guard let before = machine?.phase else { return }
    switch event {
    case .answered: asks.end()
    case .judged: judgements.end()
    case .restarted, .imitated: break
    }
    let effects = machine?.step(event) ?? []
    guard let machine else { return }
    let metrics = Self.chosen(machine, before).map { MetricsEntry(machine.stages[$0], number: $0) }
    try await keep(event, status(.running, machine.line), metrics)
    start(effects, machine, crew, in: &group)
  }

  /// The stage whose answers an event has completed.
  private static func chosen(_ machine: CurationMachine, _ before: CurationMachine.Phase) -> Int? {
    guard case .collecting(let stage) = before, machine.phase != before else { return nil }
    return stage
  }

  private func start(
    _ effects: [CurationEffect], _ machine: CurationMachine, _ crew: CurationCrew, in group: inout DiscardingTaskGroup
  ) {
    for effect in effects {
      switch effect {
      case .ask(let request): asks.add([request])
      case .judge(let request, let text): judgements.add([(request, text)])
      case .imitate(let stage):
        group.addTask {
          await self.inbox.reporting("imitation") { .event(try await self.imitate(stage, machine, crew)) }
        }
      }
    }
    while let (request, text) = judgements.next() {
      group.addTask { await self.inbox.reporting("the checker") { .event(try await crew.judge(request, text)) } }
    }
    while let request = asks.next() {
      group.addTask {
        await self.inbox.reporting("the teacher at \(crew.address(crew.row(request)))") {
          .event(try await crew.ask(request))
        }
      }
    }
  }

  /// Trains a stage's student in a run of its own.
  private func imitate(_ stage: Int, _ machine: CurationMachine, _ crew: CurationCrew) async throws -> CurationEvent {
    try loop.folder.writeAnswers(machine, crew.material)
    try await imitate(stage, rows: try crew.material.rows(machine, stage: stage, address: crew.address))
    return .imitated(stage: stage)
  }

  func finish(_ crew: CurationCrew) async throws {
    guard let machine else { return }
    try loop.folder.writeAnswers(machine, crew.material)
    if case .finished(.nothingKept) = machine.phase { throw CurationProblem.nothingKept(machine.line) }
    try loop.folder.takeStudent(ofRound: machine.stages.count - 1)
    try await loop.finish(status(.finished, machine.line))
  }

  // MARK: What people see

  func status(_ state: RunStatus.State, _ message: String) -> RunStatus {
    RunStatus(
      state: state, message: message, step: machine?.learntStages ?? 0, maxSteps: machine?.stages.count ?? 1)
  }
}

/// Who answers and who judges.
struct CurationCrew: Sendable {
  let material: CurationMaterial
  let dependencies: RunDependencies
  let judge: any AnswerJudge

  /// The row that an answer is to.
  func row(_ request: AnswerRequest) -> CurationRow { material.stages[request.stage][request.row] }

  /// Where the teacher of a row is.
  func address(_ row: CurationRow) -> String { dependencies.teacher(named: row.teacher)?.address ?? "no address" }

  /// Asks the teacher; the façade waits for one that is away, and pays nothing twice.
  func ask(_ request: AnswerRequest) async throws -> CurationEvent {
    let row = row(request)
    let facade = try dependencies.teacher(named: row.teacher, of: material.recipe.method)
    let answer = try await facade.answer(to: row.promptIDs, material.sampling, seed: material.seed(request))
    return .answered(
      request, text: material.codec.decode(answer.tokenIDs), isTruncated: answer.isTruncated, answer.usage)
  }

  func judge(_ request: AnswerRequest, _ text: String) async throws -> CurationEvent {
    .judged(request, try await judge.judge(text, to: row(request)))
  }
}

extension RunDependencies {
  /// The teacher of a name, empty for the one that recipes need not name; throws where there is none.
  func teacher(named name: String, of method: Method) throws(LoopProblem) -> TeacherFacade {
    guard let facade = teacher(named: name) else { throw .noModel(method: method, role: "teacher") }
    return facade
  }
}
