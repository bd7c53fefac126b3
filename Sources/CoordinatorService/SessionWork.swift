internal import Foundation
internal import GRPCCore
internal import Logging
internal import Recipes
internal import Sequences
internal import Synchronization
internal import WireFormat

/// What one student does for a run: effects in, events out, one after the other; steps stream.
struct SessionWork: Sendable {
  let driver: RunDriver
  let session: Int
  let grant: TrainerRegistry.Grant
  let material: RunMaterial
  /// An effect that ended a stream of steps and is still to be done.
  private let next = Holder<RunEffect>()
  /// Time that the run stood waiting for the student's text since the last step.
  private let waited = Holder<Duration>()
  /// What of the time in which the run's replicas met was told.
  private let meetings = ToldSum()
  private let traffic: StepTraffic
  /// Share of pairs left out of the steps under way.
  let doubtful = StepNotes()
  /// Share of the student's texts in the steps under way, where texts are drawn.
  private let studentShares = StepNotes()
  /// Share of the teacher's tokens in them, where both draw.
  private let teacherTokenShares = StepNotes()

  init(driver: RunDriver, session: Int, grant: TrainerRegistry.Grant, material: RunMaterial) {
    (self.driver, self.session, self.grant, self.material) = (driver, session, grant, material)
    traffic = StepTraffic(teachers: driver.dependencies.teachers)
  }

  private var dependencies: RunDependencies { driver.dependencies }
  private var recipe: Recipe { material.recipe }

  /// Works until the effects end, the caller is cancelled, or something fails.
  func run(_ effects: AsyncStream<RunEffect>) async {
    do {
      try await withStudent { student in
        while let effect = await pending(effects) { try await perform(effect, student, effects) }
      }
    } catch let damage as DamagedCheckpoint {
      guard !Task.isCancelled else { return }
      dependencies.logger.warning(
        "checkpoint damaged",
        metadata: [
          "run.id": "\(driver.record.runID)", "step": "\(damage.position)", "reason": "\(damage.message)",
        ])
      post(.checkpointDamaged(session: session, position: damage.position, message: damage.message))
    } catch {
      guard !Task.isCancelled else { return }
      let failure =
        (error as? StepFailure)?.failure ?? (error as? ModuleRefusal)?.failure
        ?? (error as? TeacherProblem).map { Failure($0.reason, doing: "the teacher at \($0.address) cannot answer") }
        ?? Failure(error, doing: "the student at \(grant.address)")
      post(.studentFailed(session: session, failure))
    }
  }

  /// The student: one process, or replicas that share its steps.
  private func withStudent(_ body: @escaping @Sendable (any StudentConnection) async throws -> Void) async throws {
    guard recipe.training.replicas > 1 else { return try await dependencies.students.withStudent(grant, body) }
    let surroundings = StudentGroup.Surroundings(
      runID: driver.record.runID, wish: TrainerRegistry.Wish(recipe.training), registry: dependencies.registry,
      connector: dependencies.students, values: dependencies.groupValues, board: dependencies.replicas,
      logger: dependencies.logger,
      clear: { [folder = driver.folder] in folder.clear($0) })
    try await StudentGroup.with(grant, surroundings) { try await body($0) }
  }

  private func pending(_ effects: AsyncStream<RunEffect>) async -> RunEffect? {
    if let effect = next.take() { return effect }
    for await effect in effects { return effect }
    return nil
  }

  private func post(_ event: RunEvent, result: ItemResult? = nil, metrics: MetricsEntry? = nil) {
    driver.inbox.yield(RunDriver.Post(event: event, result: result, metrics: metrics))
  }

  private func perform(
    _ effect: RunEffect, _ student: any StudentConnection, _ effects: AsyncStream<RunEffect>
  ) async throws {
    switch effect {
    case .load(_, let checkpoint): try await load(checkpoint, student)
    case .generate(let key, _):
      if case .reference = key.stage {
        try await measureReference(key, student)
      } else {
        try await generate(key, student)
      }
    case .train(_, let step): try await train(from: step, student, effects)
    case .evaluate(_, let position):
      let texts = await driver.teacherEvaluationTexts(material)
      let evaluation = RunEvaluation(
        material: material, teacherTexts: texts, student: student, metrics: dependencies.textMetrics,
        checker: recipe.evaluation.checker.flatMap { dependencies.checkers[$0] },
        judge: try RunJudge(material, facade: dependencies.referee ?? dependencies.facade))
      let outcome = try await evaluation.outcome(position: position)
      if let answers = outcome.answers {
        try EvaluationSamples(material: material, teacherTexts: texts).write(answers, into: driver.folder)
      }
      if let calibration = outcome.calibration {
        try FolderError.explaining(driver.folder.path) {
          try Data(calibration.csv.utf8).write(to: driver.folder.calibration(position), options: .atomic)
        }
      }
      post(
        .evaluated(session: session, position: position, validationLoss: outcome.validationLoss),
        metrics: MetricsEntry(step: position, kind: .evaluation, row: outcome.row))
    case .save(_, let position):
      let path = driver.folder.checkpoint(position)
      driver.folder.clear(path)
      try await writing { _ = try await student.save(SaveRequest(path: RunFolder.named(path))) }
      post(.saved(session: session, position: position))
    case .export:
      driver.folder.clear(driver.folder.student)
      var request = ExportRequest(path: RunFolder.named(driver.folder.student))
      if recipe.okd != nil {
        driver.folder.clear(driver.folder.module)
        request.modulePath = RunFolder.named(driver.folder.module)
      }
      try await writing { [request] in _ = try await student.export(request) }
      post(.exported(session: session))
    default: break
    }
  }

  /// The student writes into the run's folder; what it lacks then is space.
  private func writing(_ body: () async throws -> Void) async throws {
    do { try await body() } catch let error as RPCError where error.code == .resourceExhausted {
      throw FolderError.full(folder: driver.folder.path)
    }
  }

  private func load(_ checkpoint: Int?, _ student: any StudentConnection) async throws {
    var request = LoadRequest(
      runID: driver.record.runID, seed: recipe.seed,
      teacherAddress: !material.plan.needs.scores ? "" : dependencies.facadeAddress,
      objective: WireObjective(recipe.objective, firstSteps: material.plan.firstSteps, drawSeed: recipe.seed),
      optimizer: WireOptimizerOptions(recipe.training, maxSteps: material.plan.maxSteps),
      precision: recipe.training.precision == .bfloat16 ? .bfloat16 : .float32,
      gradientCheckpointing: recipe.training.gradientCheckpointing,
      adapters: recipe.training.adapters.map(WireAdapterOptions.init),
      generationWeights: WireGenerationWeights(recipe.generation?.studentWeights ?? .float32),
      gradientParts: recipe.training.replicas == 1 ? 0 : UInt32(recipe.training.replicas),
      shardOptimizer: recipe.training.shardsOptimizer)
    if let checkpoint {
      (request.path, request.resume) = (RunFolder.named(driver.folder.checkpoint(checkpoint)), true)
    } else {
      switch recipe.student {
      case .folder(let folder): request.path = RunFolder.named(folder)
      case .architecture: (request.path, request.initialize) = (RunFolder.named(driver.folder.start), true)
      }
    }
    request.module = recipe.okd.map { WireOnlineModule($0, beside: recipe.objective) }
    let response: LoadResponse
    do { response = try await student.load(request) } catch let error as RPCError where error.code == .dataLoss {
      guard let checkpoint else { throw error }
      throw DamagedCheckpoint(position: checkpoint, message: error.message)
    }
    let model = ModelSummary(response.model ?? WireModelDescription())
    if let module = response.module {
      let refusal = Handshake.refusal(
        method: recipe.method, needs: TeacherNeeds(generate: false, topCount: nil),
        longestSequence: material.plan.longestSequence, teacher: ModelSummary(module), student: model)
      if let refusal { throw ModuleRefusal(refusal: refusal) }
    }
    post(.loaded(session: session, position: Int(response.step), student: model))
  }

  private func generate(_ key: WorkItemKey, _ student: any StudentConnection) async throws {
    let begin = dependencies.now()
    let parts = await driver.current(material).request(for: key)
    let request = StudentServiceGenerateRequest(prompts: parts.prompts, sampling: parts.sampling, seeds: parts.seeds)
    let completions =
      material.plan.teacherMix > 0
      ? try await material.writeMixed(key, student: student, dependencies) : try await write(request, student)
    // The student is the one of the round's start: seed, recipe and data say which.
    let origin = Array("\(material.dataDigest) \(key.stage)".utf8)
    let result = ItemResult(
      key: key, name: ContentName.of([origin, try request.encoded()]), completions: completions)
    waited.set((waited.take() ?? .zero) + dependencies.now() - begin)
    post(.itemCompleted(key, session: session), result: result)
  }

  private func write(
    _ request: StudentServiceGenerateRequest, _ student: any StudentConnection
  ) async throws -> [[UInt32]] {
    let written = try await student.generate(request).ordered(count: request.seeds.count)
    return try material.plan.keepsLogprobs ? written.map(WrittenText.words) : written.map(\.tokenIDs)
  }

  /// Measures the pairs of an item with the present student: the reference of all that is learnt from them.
  ///
  /// It is an evaluation of the run's own objective, so that the numbers are those that training starts from: to the bit
  /// where no product's row depends on how many rows there are (`docs/decisions/0010`), else but for rounding.
  private func measureReference(_ key: WorkItemKey, _ student: any StudentConnection) async throws {
    let begin = dependencies.now()
    let batch = await driver.referenceBatch(of: key, material)
    let position = material.plan.start(ofRound: key.stage.round)
    let request = TrainRequest(step: UInt64(position), batch: batch, evaluate: true)
    let found = Holder<WirePairMetrics>()
    try await student.train { send in
      try await send(request)
    } onReply: { response in
      if let pairs = response.metrics?.pairs { found.set(pairs) }
    }
    let words = try PairReferenceLogprobs.words(of: found.take(), count: material.plan.samples(of: key).count)
    let origin = Array("\(material.dataDigest) \(key.stage)".utf8)
    let result = ItemResult(key: key, name: ContentName.of([origin, try request.encoded()]), completions: words)
    waited.set((waited.take() ?? .zero) + dependencies.now() - begin)
    post(.itemCompleted(key, session: session), result: result)
  }

  /// Streams steps until something else is asked for.
  private func train(from first: Int, _ student: any StudentConnection, _ effects: AsyncStream<RunEffect>) async throws
  {
    try await student.train { send in
      try await send(request(step: first))
      for await effect in effects {
        guard case .train(_, let step) = effect else {
          next.set(effect)
          return
        }
        try await send(request(step: step))
      }
    } onReply: { response in
      guard let metrics = response.metrics, metrics.loss.isFinite else {
        throw StepFailure(step: Int(response.step), loss: response.metrics?.loss)
      }
      let step = Int(response.step)
      let logs = step % recipe.training.loggingSteps == 0 || step == material.plan.maxSteps
      let entry = MetricsEntry(step: step, kind: .step, row: row(step, metrics))
      post(.stepCompleted(session: session, step: step), metrics: logs ? entry : nil)
    }
  }

  private func request(step: Int) async -> TrainRequest {
    let batch = await driver.batch(ofStep: step, material)
    if !batch.pairWeights.isEmpty {
      doubtful.keep(Double(batch.pairWeights.count { $0 == 0 }) / Double(batch.pairWeights.count), of: step)
    }
    if recipe.objective.mixture != nil {
      studentShares.keep(await driver.current(material).plan.studentShare(ofStep: step), of: step)
    }
    if material.plan.teacherMix > 0, let sequences = batch.sequences {
      let lengths = zip(sequences.sequenceLengths, sequences.promptLengths).map { Int($0) - Int($1) }
      teacherTokenShares.keep(material.plan.teacherTokenShare(ofStep: step, lengths: lengths), of: step)
    }
    return TrainRequest(step: UInt64(step), batch: batch)
  }

  private func row(_ step: Int, _ metrics: WireStepMetrics) -> String {
    var row = MetricsRowText(step: step)
    row.add("loss", metrics.loss)
    row.add("train/learning_rate", metrics.learningRate)
    row.add("train/grad_norm", metrics.gradientNorm)
    // What is ranked has a term of weight 0.
    let terms = recipe.objective.ranking == nil ? recipe.objective.terms.count : 1
    for (index, value) in metrics.termLosses.enumerated() where index < terms {
      let source = recipe.objective.mixture == nil ? recipe.objective.terms[index].source.rawValue : "mixed"
      row.add("train/loss_on_\(source)_text", value)
    }
    if recipe.objective.corpus != nil, let value = metrics.termLosses.dropFirst(terms).first {
      row.add("train/loss_on_corpus_text", value)
    }
    addSchedules(metrics, to: &row)
    if recipe.objective.ranking != nil {
      row.add("train/ranking_loss", metrics.rankingLoss)
      row.add("train/ranking_agreement", metrics.rankingAgreement)
    }
    if recipe.objective.hiddenWeight > 0 { row.add("train/hidden_loss", metrics.hiddenLoss) }
    if let module = metrics.module {
      row.add("train/module_loss", module.loss)
      row.add("train/module_learning_rate", module.learningRate)
      row.add("train/module_grad_norm", module.gradientNorm)
      row.add("train/top_agreement", metrics.topAgreement)
    }
    if let share = studentShares.take(step) { row.add("train/student_share", share) }
    if let share = teacherTokenShares.take(step) { row.add("train/teacher_token_share", share) }
    row.add("train/epoch", Double(step) / Double(material.plan.stepsPerEpoch))
    row.add("train/round", Double(material.plan.round(at: step - 1) + 1))
    row.add("train/tokens", Double(metrics.tokenCount))
    row.add("train/positions", Double(metrics.positionCount))
    row.add("train/compute_seconds", metrics.computeSeconds)
    row.add("train/tokens_per_second", Double(metrics.positionCount) / max(metrics.computeSeconds, 1e-9))
    if let pairs = metrics.pairs { addPairs(pairs, of: step, to: &row) }
    if recipe.usesTeacherDistributions {
      row.add("train/teacher_mass", metrics.teacherMass)
      row.add("train/top_agreement", metrics.topAgreement)
    }
    if recipe.usesTeacherLogprobs {
      row.add("wire/teacher_bytes", Double(metrics.teacherBytes))
      row.add("wire/bytes_per_token", Double(metrics.teacherBytes) / Double(max(metrics.tokenCount, 1)))
    }
    if recipe.training.replicas > 1 {
      row.add("train/replicas", Double(max(metrics.replicaCount, 1)))
      row.add("train/exchange_seconds", metrics.exchangeSeconds)
      row.add("wire/exchange_bytes", Double(metrics.exchangeBytes))
      row.add("wait/replica", meetings.taken(dependencies.replicas.waitSeconds(of: driver.record.runID)))
    }
    row.add("wait/teacher", metrics.waitTeacherSeconds)
    row.add("wait/student", waited.take().map { $0 / .seconds(1) } ?? 0)
    if let counters = dependencies.teachers.first?.counters {
      row.add("cache/hits", Double(counters.hits))
      row.add("cache/misses", Double(counters.misses))
    }
    traffic.add(metrics.traffic, to: &row)
    return row.json
  }
}

extension SessionWork {
  /// What moves with steps and sequences: weights, skews, gaps.
  private func addSchedules(_ metrics: WireStepMetrics, to row: inout MetricsRowText) {
    for (index, term) in recipe.objective.terms.enumerated() {
      func add(_ name: String, _ values: [Double]) {
        if index < values.count { row.add("train/\(name)_on_\(term.source.rawValue)_text", values[index]) }
      }
      if term.finalWeight != nil { add("weight", metrics.termWeights) }
      guard term.isAdaptive else { continue }
      add("alpha", metrics.termAlphas)
      add("gap", metrics.termGaps)
    }
  }
}

/// A step whose loss is not a number.
private struct StepFailure: Error {
  let step: Int
  let loss: Double?

  var failure: Failure {
    .permanent(
      message:
        "step \(step): the loss is \(loss.map { "\($0)" } ?? "missing"); lower training.learning_rate or check the model"
    )
  }
}

/// A checkpoint that the student finds damaged.
private struct DamagedCheckpoint: Error {
  let position: Int
  let message: String
}

/// A model that a module is on, and that cannot teach the run's student.
private struct ModuleRefusal: Error {
  let refusal: HandshakeRefusal

  var failure: Failure { .permanent(message: "okd.teacher: \(refusal)") }
}

/// What of a growing sum was told already.
private final class ToldSum: Sendable {
  private let told = Mutex(0.0)

  /// What came since the last time.
  func taken(_ sum: Double) -> Double {
    told.withLock { told in
      defer { told = sum }
      return max(0, sum - told)
    }
  }
}

/// A value put down by one task and taken up by another.
private final class Holder<Value: Sendable>: Sendable {
  private let value = Mutex<Value?>(nil)

  func set(_ new: Value) { value.withLock { $0 = new } }
  func take() -> Value? {
    value.withLock { value in
      defer { value = nil }
      return value
    }
  }
}
