internal import Foundation
internal import GRPCCore
internal import Logging
internal import Recipes
internal import Sequences
internal import WireBytes
internal import WireFormat

/// Does what the machine of one run asks for, and tells it what happened. Each event is on disk before it counts.
public actor RunDriver: RunWorker {
  /// An event, with what it announces.
  struct Post: Sendable {
    var event: RunEvent
    var result: ItemResult?
    var metrics: MetricsEntry?
  }

  let record: RunRecord
  let dependencies: RunDependencies
  let folder: RunFolder
  private let board: RunBoard
  private let posts: AsyncStream<Post>
  nonisolated let inbox: AsyncStream<Post>.Continuation
  /// Over all sessions of the run.
  nonisolated let collapse = CollapseWatch()
  private var machine: RunMachine?
  private var texts = RunTexts()
  private var metricsFile: MetricsFile?
  private var sessions: [Int: SessionLine] = [:]

  /// Takes a run up; nothing happens before ``run()``.
  public init(record: RunRecord, dependencies: RunDependencies, board: RunBoard) {
    (self.record, self.dependencies, self.board) = (record, dependencies, board)
    folder = RunFolder(path: record.outputDir)
    (posts, inbox) = AsyncStream<Post>.makeStream()
  }

  /// Stops the run.
  public nonisolated func cancel() { inbox.yield(Post(event: .cancel)) }

  /// Works on the run until it has ended, or the caller is cancelled: then it stands as the journal has it.
  public func run() async {
    defer { dependencies.translations.clear(run: record.runID) }
    do {
      let material = try prepare()
      let effects = try await open(material)
      try await work(material, effects)
    } catch is CancellationError {
      return
    } catch {
      await giveUp("\(error)")
    }
  }

  private func prepare() throws -> RunMaterial {
    let recipe = try Recipe(yaml: record.recipeYAML, isKnown: true)
    let material = try dependencies.material(of: recipe, runID: record.runID)
    if material.plan.needs.scores { material.putTranslations(on: dependencies.translations) }
    try folder.prepare(recipe)
    return material
  }

  /// Replays the journal; returns what is to be done first.
  private func open(_ material: RunMaterial) async throws -> [RunEffect] {
    let journal = dependencies.journal
    try await journal.checkUnchanged(record, recipe: material.recipe, dataDigest: material.dataDigest)
    var machine = RunMachine(plan: material.plan)
    for event in try await journal.events(of: record.runID) { _ = machine.step(event) }
    texts = RunTexts(replays: machine.plan.replays, haveLogprobs: machine.plan.keepsLogprobs)
    for result in try await journal.results(of: record.runID) {
      texts.keep(result, samples: machine.plan.samples(of: result.key))
    }
    let rows = try await journal.metrics(of: record.runID).rows.inOrder
    metricsFile = try MetricsFile(file: folder.metrics, entries: rows)
    if material.recipe.objective.pair != nil { collapse.recall(rows) }
    let isStopped = RunStatus(machine, teacherAddress: "").state.hasEnded
    self.machine = machine
    return try await take(Post(event: isStopped ? .resume : .restarted), material)
  }

  private func work(_ material: RunMaterial, _ first: [RunEffect]) async throws {
    let failure: (any Error)? = await withDiscardingTaskGroup { group in
      defer { group.cancelAll() }
      do {
        var effects = first
        var iterator = posts.makeAsyncIterator()
        while true {
          for effect in effects { start(effect, material, in: &group) }
          if effects.last == .end { return nil }
          guard let post = await iterator.next(isolation: #isolation) else { return CancellationError() }
          effects = try await take(post, material)
        }
      } catch {
        return error
      }
    }
    for session in sessions.values { session.end() }
    if let failure { throw failure }
  }

  /// Journals an event and steps the machine.
  private func take(_ post: Post, _ material: RunMaterial) async throws -> [RunEffect] {
    guard let before = machine else { return [] }
    let (after, effects) = RunMachine.step(before, post.event)
    // What changes nothing, such as news of a session that is over, is not worth a line.
    guard after != before || !effects.isEmpty else { return [] }
    let status = RunStatus(after, teacherAddress: teacherAddress(material.recipe))
    // Whoever sees the run finished finds its files whole, also after a power cut; where this process ends in between, they are
    // finished again.
    if after.phase == .finished { try await finishFiles(effects) }
    try await dependencies.journal.append(
      post.event, to: record.runID, status: status, result: post.result, metrics: post.metrics)
    tell(post, of: after)
    if let result = post.result { texts.keep(result, samples: after.plan.samples(of: result.key)) }
    if let metrics = post.metrics { try metricsFile?.append(metrics) }
    machine = after
    board.show(status, of: record.runID)
    return effects
  }

  /// Shows operators what happened.
  private func tell(_ post: Post, of machine: RunMachine) {
    board.note(post.event, post.metrics, of: record.runID)
    RunStory(logger: dependencies.logger, runID: record.runID).tell(post.event, step: machine.trainedSteps)
  }

  /// The teacher that is waited for, or the first.
  private func teacherAddress(_ recipe: Recipe) -> String {
    let facades = recipe.teacherNames.compactMap { dependencies.teacher(named: $0) }
    return (facades.first { $0.waitingReason != nil } ?? facades.first ?? dependencies.facade)?.address ?? ""
  }

  private func finishFiles(_ effects: [RunEffect]) async throws {
    for case .prune(let positions) in effects { prune(positions) }
    if let entries = try? await dependencies.journal.metrics(of: record.runID).rows.inOrder {
      try? metricsFile?.rewrite(entries)
    }
    await dependencies.onFinished(record.outputDir, record.method)
    try folder.finish()
  }

  /// The run cannot go on, and its machine cannot be told: bad data, or a journal that cannot be written.
  private func giveUp(_ message: String) async {
    var status = board.status(of: record.runID) ?? record.status
    (status.state, status.message) = (.failed, message)
    dependencies.logger.error("run failed", metadata: ["run.id": "\(record.runID)", "reason": "\(message)"])
    try? await dependencies.journal.keep(status, of: record.runID)
    board.show(status, of: record.runID)
  }
}

extension RunDriver {
  private func start(_ effect: RunEffect, _ material: RunMaterial, in group: inout DiscardingTaskGroup) {
    switch effect {
    case .describeTeacher: group.addTask { await self.describeTeacher(material) }
    case .generate(let key, session: nil): group.addTask { await self.askTeacher(key, material) }
    case .acquireTrainer(let session, let attempt):
      let line = SessionLine()
      sessions[session] = line
      group.addTask { await self.work(session, attempt: attempt, line: line, material) }
    case .releaseTrainer(let session): sessions.removeValue(forKey: session)?.end()
    case .prune(let positions): prune(positions)
    case .load(let session, _), .generate(_, session: let session?), .train(let session, _), .evaluate(let session, _),
      .save(let session, _), .export(let session):
      sessions[session]?.send(effect)
    case .end: break
    }
  }

  private func prune(_ positions: [Int]) {
    for position in positions { folder.clear(folder.checkpoint(position)) }
  }

  private func describeTeacher(_ material: RunMaterial) async {
    var summaries: [NamedSummary] = []
    for name in material.recipe.teacherNames {
      guard let facade = dependencies.teacher(named: name) else { return }
      do {
        summaries.append(NamedSummary(name: name, model: ModelSummary(try await facade.describe())))
      } catch {
        return report(error, doing: "the teacher at \(facade.address) cannot describe itself")
      }
    }
    if let only = summaries.first, only.name.isEmpty {
      inbox.yield(Post(event: .teacherReady(only.model)))
    } else {
      inbox.yield(Post(event: .teachersReady(summaries)))
    }
  }

  /// Asks each teacher of an item about its prompts, all at once.
  private func askTeacher(_ key: WorkItemKey, _ material: RunMaterial) async {
    let items = material.teacherItems(of: key)
    var completions = [[TokenID]](repeating: [], count: material.plan.samples(of: key).count)
    var origins = [[UInt8]](repeating: [], count: items.count)
    do {
      let answers = try await withThrowingTaskGroup(of: (Int, TeacherAnswer).self) { group in
        for (index, item) in items.enumerated() {
          group.addTask { (index, try await self.answer(item, of: key, material)) }
        }
        var answers: [(Int, TeacherAnswer)] = []
        while let answer = try await group.next() { answers.append(answer) }
        return answers
      }
      for (index, answer) in answers {
        origins[index] = answer.origin
        for (place, ids) in zip(items[index].places, answer.completions) { completions[place] = ids }
      }
    } catch let problem as TeacherProblem {
      return report(problem.reason, doing: "the teacher at \(problem.address) cannot answer")
    } catch {
      return report(error, doing: "the teacher cannot answer")
    }
    // Of one teacher the name is that of its answer alone.
    let name = origins.count == 1 ? String(decoding: origins[0], as: UTF8.self) : ContentName.of(origins)
    let result = ItemResult(key: key, name: name, completions: completions)
    inbox.yield(Post(event: .itemCompleted(key, session: nil), result: result))
  }

  private func answer(
    _ item: TeacherItem, of key: WorkItemKey, _ material: RunMaterial
  ) async throws -> TeacherAnswer {
    guard let facade = dependencies.teacher(named: item.teacher) else {
      throw TeacherProblem(address: "no address", reason: CancellationError())
    }
    do {
      let bytes = try item.request.encoded()
      let completions = try await facade.completions(of: WireBytes(bytes), promptCount: item.samples.count)
      let own = try material.studentTokens(
        of: completions, for: item, isEvaluation: key.stage == .teacherEvaluation)
      let digest = try await facade.describe().modelDigest
      return TeacherAnswer(origin: Array(ContentName.of([Array(digest.utf8), bytes]).utf8), completions: own)
    } catch {
      throw TeacherProblem(address: facade.address, reason: error)
    }
  }

  private func report(_ error: any Error, doing what: String) {
    if error is CancellationError || Task.isCancelled { return }
    let reason = (error as? RPCError).map { $0.message.isEmpty ? "\($0.code)" : $0.message } ?? "\(error)"
    inbox.yield(Post(event: .failed(message: "\(what): \(reason)")))
  }

  /// The batch of a step, from what is written so far.
  func batch(ofStep step: Int, _ material: RunMaterial) -> WireTrainBatch {
    current(material).batch(ofStep: step, texts: texts, metrics: dependencies.textMetrics)
  }

  /// The material with what the run has found out about its plan.
  func current(_ material: RunMaterial) -> RunMaterial {
    var material = material
    if let machine { material.plan = machine.plan }
    return material
  }

  /// The pairs of a reference item, without references.
  func referenceBatch(of key: WorkItemKey, _ material: RunMaterial) -> WireTrainBatch {
    material.referenceBatch(of: key, texts: texts)
  }

  /// The teacher's answers to held-out prompts.
  func teacherEvaluationTexts(_ material: RunMaterial) -> [[TokenID]?] {
    material.evalSamples.indices.map { texts.completion(of: $0, in: .teacherEvaluation) }
  }
}

/// What a teacher answered, in the student's tokens, and what it depends on.
private struct TeacherAnswer: Sendable {
  let origin: [UInt8]
  let completions: [[TokenID]]
}

/// Which teacher failed, and why.
struct TeacherProblem: Error {
  let address: String
  let reason: any Error
}

/// What a session is told, and when it is over.
struct SessionLine: Sendable {
  let effects: AsyncStream<RunEffect>
  let over: AsyncStream<Never>
  private let send: AsyncStream<RunEffect>.Continuation
  private let finish: AsyncStream<Never>.Continuation

  init() {
    (effects, send) = AsyncStream<RunEffect>.makeStream()
    (over, finish) = AsyncStream<Never>.makeStream()
  }

  func send(_ effect: RunEffect) { send.yield(effect) }
  func end() {
    send.finish()
    finish.finish()
  }
}

/// A reply that does not answer what was asked.
enum ReplyError: Error, CustomStringConvertible {
  case missingCompletion(promptIndex: Int)
  case missingPairs(expected: Int, found: Int)
  case missingLogprobs(promptIndex: Int)
  case otherLength(promptIndex: Int, expected: ClosedRange<Int>, found: Int)
  case scoreEndedEarly

  var description: String {
    switch self {
    case .missingCompletion(let index): "the reply has no completion for prompt \(index) of the request"
    case .missingLogprobs(let index):
      "the student gives no log-probs with the completion of prompt \(index), which a policy gradient needs"
    case .missingPairs(let expected, let found): "the student measured \(found) pairs of \(expected)"
    case .otherLength(let index, let expected, let found):
      "the completion of prompt \(index) has \(found) tokens, where \(expected.lowerBound) to \(expected.upperBound) were asked"
    case .scoreEndedEarly: "the student's log-probs ended early"
    }
  }
}

extension [Completion] {
  /// The ids of one completion per prompt, in the prompts' order.
  func inPromptOrder(count: Int) throws(ReplyError) -> [[TokenID]] { try ordered(count: count).map(\.tokenIDs) }

  /// One completion per prompt, in the prompts' order.
  func ordered(count: Int) throws(ReplyError) -> [Completion] {
    var ordered = [Completion?](repeating: nil, count: count)
    for completion in self { ordered[completion.promptIndex] = completion }
    var completions: [Completion] = []
    for (index, completion) in ordered.enumerated() {
      guard let completion else { throw .missingCompletion(promptIndex: index) }
      completions.append(completion)
    }
    return completions
  }
}

extension [MetricsEntry] {
  /// By step; the measurements of a step come before those of the student after it.
  var inOrder: [MetricsEntry] {
    sorted { ($0.step, $0.kind == .step ? 0 : 1) < ($1.step, $1.kind == .step ? 0 : 1) }
  }
}
