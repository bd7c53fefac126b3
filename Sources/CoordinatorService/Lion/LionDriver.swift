internal import Foundation
internal import Lion
internal import Recipes
internal import Sequences

/// Carries out the loop of one Lion run.
actor LionDriver: LoopDriver {
  static let restarted = LionEvent.restarted
  /// Requests to teacher, referee and generator that are under way at a time.
  private static let paidRequests = 16

  nonisolated let loop: LoopRun
  nonisolated let inbox = LoopInbox<LionEvent>()
  var child: RunDriver?
  var metricsFile: MetricsFile?
  private var machine: LionMachine?
  private var paid = WorkLane<LionEffect>(limit: LionDriver.paidRequests)

  init(record: RunRecord, dependencies: RunDependencies, board: RunBoard) {
    loop = LoopRun(record: record, dependencies: dependencies, board: board)
  }

  var isFinished: Bool { machine?.isFinished ?? true }
  var place: String { "in \(machine?.stageLine ?? "")" }

  func begin() async throws -> LionAnswers {
    let material = try await prepare()
    let imitation = try ImitationRun.rehearsal(
      of: material.recipe, runID: loop.record.runID,
      rows: try material.seeds.map { try material.row(instruction: $0, answer: "") }, loop.dependencies)
    try await shakeHands(material, imitation: imitation)
    return LionAnswers(material: material, dependencies: loop.dependencies)
  }

  /// Reads the data and replays the journal.
  private func prepare() async throws -> LionMaterial {
    let recipe = try recipe()
    let material = try LionMaterial(recipe: recipe, codec: loop.dependencies.codec)
    var machine = LionMachine(seeds: material.seeds, settings: material.settings)
    try await takeUp(recipe, dataDigest: material.dataDigest) { _ = machine.step($0) }
    self.machine = machine
    return material
  }

  /// Compares the models before anything is paid.
  private func shakeHands(_ material: LionMaterial, imitation: RunMaterial) async throws {
    guard machine?.imitatedPools.isEmpty == true, let facade = loop.dependencies.facade else { return }
    let teacher = try await describe(facade)
    let longest = try material.longestPrompt
    let needs = LoopNeeds(
      method: .lion, imitation: imitation, longestToTeacher: longest, longestToStudent: longest)
    try await loop.dependencies.shakeHands(needs, teacher: teacher, loop.folder.run)
  }

  func take(_ event: LionEvent, _ answers: LionAnswers, in group: inout DiscardingTaskGroup) async throws {
    guard var machine else { return }
    if event.role != nil { paid.end() }
    let reported = machine.reports.count
    let effects = machine.step(event)
    self.machine = machine
    try await keep(
      event, status(.running, machine.stageLine), machine.reports.dropFirst(reported).first.map { MetricsEntry($0) })
    if machine.isBudgetSpent { paid.clear() }
    paid.add(effects.filter { $0.role != nil })
    startPaid(answers, in: &group)
    startUnpaid(effects, machine, answers, in: &group)
  }

  private func startPaid(_ answers: LionAnswers, in group: inout DiscardingTaskGroup) {
    guard let machine else { return }
    while let effect = paid.next() {
      group.addTask {
        await self.inbox.reporting(answers.name(effect)) { .event(try await answers.carryOut(effect, machine)) }
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
          await self.inbox.reporting("imitation") {
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
      await self.inbox.reporting("the student of round \(round + 1)") {
        try await self.askStudent(round, wanted, machine, answers)
        return .done
      }
    }
  }

  /// Waits for the trainer for as long as it takes: what it has answered before is not asked again.
  private func askStudent(_ round: Int, _ wanted: [Int], _ machine: LionMachine, _ answers: LionAnswers) async throws {
    try await loop.dependencies.pauses.whileUnavailable {
      let rest = wanted.filter { self.machine?.studentAnswer(to: $0) == nil }
      try await answers.askStudent(
        of: RunFolder(path: loop.folder.round(round)).student, round: round,
        rest.map { ($0, machine.instructions[$0].text) }
      ) { [inbox] in inbox.post(.event($0)) }
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
    try await imitate(round, rows: rows)
  }

  func finish(_ answers: LionAnswers) async throws {
    guard let machine else { return }
    try loop.folder.writePool(machine)
    guard !machine.imitatedPools.isEmpty else { throw LionProblem.budgetTooSmall }
    try loop.folder.takeStudent(ofRound: machine.imitatedPools.count - 1)
    try await loop.finish(status(.finished, machine.stageLine))
  }

  // MARK: What people see

  func status(_ state: RunStatus.State, _ message: String) -> RunStatus {
    RunStatus(
      state: state, message: message, step: machine?.imitatedPools.count ?? 0,
      maxSteps: (machine?.settings.rounds ?? 0) + 1)
  }
}
