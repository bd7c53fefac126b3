internal import Checkpoints
internal import Distillation
internal import Foundation
internal import Kernels
internal import ModelServing
internal import Optimization
internal import Sequences
internal import Tokenization
internal import Transformer
internal import WireFormat

/// The student in memory: its model, its optimizer and what it learns from.
final class LoadedStudent: @unchecked Sendable {
  // SAFETY: parameters, optimizer and trainers change and are read inside pieces of work of one ComputeQueue alone.
  let runID: String
  let teacherAddress: String
  let objective: Objective?
  let model: ServedModel
  let learning: LearningModel
  private let seed: UInt64
  let arithmetic: TrainingArithmetic
  let sharing: ReplicaSharing
  let optimizer: AdamW?
  let skewGaps: SkewGaps
  private let projection: ProjectorTraining
  private let module: LoadedModule?
  private var trainers: [Objective: StudentTrainer] = [:]
  private var mutual: MutualTrainer?
  var digest: (step: Int, hex: String)
  /// What the last steps measured, for who asks again.
  private(set) var recent: [TrainResponse?] = []

  /// Reads what a request names. Blocks.
  ///
  /// - Parameter moduleURL: Place of the model that the request's module is on.
  init(_ request: LoadRequest, from url: URL, module moduleURL: URL?) throws {
    let objective = try request.objective.map { try Objective($0) }
    let precision = try ProductPrecision(request.precision)
    let partCount = max(Int(request.gradientParts), 1)
    arithmetic = TrainingArithmetic(
      precision: precision, recomputesActivations: request.gradientCheckpointing, partCount: partCount)
    let adapters = try request.adapters.map { try AdapterOptions($0) }
    sharing = ReplicaSharing(shardsOptimizer: request.shardOptimizer)
    var checkpoint: Checkpoint?
    if request.resume {
      let found = try Checkpoint.load(url, arithmetic: .present(precision))
      let saved = found.state.partCount ?? 1
      guard saved == partCount else { throw StudentError.otherParts(saved: saved, asked: partCount) }
      (checkpoint, learning, seed) = (found, try LearningModel(found, adapters), found.state.seed)
    } else {
      let folder = try request.initialize ? ModelFolder.architecture(of: url) : .load(url)
      seed = request.seed
      if request.initialize {
        var generator = SeededGenerator(seed: request.seed)
        Transformer(folder.configuration).initialize(folder.parameters, using: &generator)
      }
      learning = try LearningModel(folder, fresh: adapters, seed: request.seed)
    }
    model = try ServedModel(
      learning.spoken, name: url.lastPathComponent, tokenizer: try Tokenizer.ifPresent(in: url),
      generation: GenerationSettings(
        weights: WeightFormat(request.generationWeights), scoringWeights: precision == .bfloat16 ? .bfloat16 : .float32)
    )
    skewGaps = SkewGaps((checkpoint?.state.skewGaps ?? []).map { GapSum(sum: $0.sum, count: $0.count) })
    projection =
      checkpoint?.projector.map {
        ProjectorTraining($0.projector, firstMoments: $0.firstMoments, secondMoments: $0.secondMoments)
      } ?? ProjectorTraining(seed: seed)
    optimizer = try Self.optimizer(request.optimizer, checkpoint, learning.learningLayout)
    module = try Self.module(request, from: moduleURL, seed: seed, checkpoint)
    (runID, teacherAddress, self.objective) = (request.runID, request.teacherAddress, objective)
    digest = (optimizer?.stepCount ?? 0, model.description.modelDigest)
  }

  /// The request's options, else the checkpoint's; the checkpoint's moments, else none.
  private static func optimizer(
    _ options: WireOptimizerOptions?, _ checkpoint: Checkpoint?, _ layout: ParameterLayout
  ) throws -> AdamW? {
    guard let options else { return checkpoint?.optimizer() }
    let (numbers, schedule) = (try AdamWOptions(options), try LearningRateSchedule(options))
    guard let checkpoint else { return AdamW(layout: layout, options: numbers, schedule: schedule) }
    return AdamW(
      layout: layout, options: numbers, schedule: schedule, stepCount: checkpoint.state.optimizerStep,
      firstMoments: checkpoint.firstMoments, secondMoments: checkpoint.secondMoments)
  }

  private static func module(
    _ request: LoadRequest, from url: URL?, seed: UInt64, _ checkpoint: Checkpoint?
  ) throws -> LoadedModule? {
    guard let wire = request.module, let url else { return nil }
    guard let options = request.optimizer else { throw StudentError.notGiven(field: "optimizer") }
    return try LoadedModule(wire, from: url, options, seed: seed, checkpoint)
  }

  /// Optimizer steps that the parameters have behind them.
  var step: Int { optimizer?.stepCount ?? 0 }

  /// The model with the digest of its present parameters.
  func describe() -> WireModelDescription {
    if digest.step != step { digest = (step, learning.spoken.digest()) }
    var description = model.description
    description.modelDigest = digest.hex
    return description
  }

  /// Keeps what the step just made measured.
  func keep(_ metrics: WireStepMetrics) {
    recent = recent.suffix(2) + [TrainResponse(step: UInt64(step), metrics: metrics)]
  }

  /// Takes what another replica knows of the last steps, with its parameters.
  func adopt(_ recent: [TrainResponse]) { self.recent = recent }

  /// The model that the module is on; nil: there is no module.
  var moduleDescription: WireModelDescription? { module?.model.description }

  /// Whether the module answers what an objective asks of a teacher.
  func hasModule(for objective: Objective) -> Bool { module != nil && objective == self.objective }

  /// Makes one step, or one evaluation, after checking its number.
  ///
  /// - Parameter replicas: Who else makes the step; nil: nobody.
  func train(
    _ work: TrainWork, _ teacher: PositionScores, head: OutputHead?, replicas: (any ReplicaGroup)?
  ) throws -> StepMeasurements {
    let expected = work.evaluate ? step : step + 1
    guard work.step == UInt64(expected) else { throw StudentError.wrongStep(given: work.step, expected: expected) }
    defer { if !work.evaluate { model.parametersChanged() } }
    let measurements =
      if let module, hasModule(for: work.objective) {
        try mutualTrainer(module, work.objective).step(work.batch, evaluate: work.evaluate)
      } else {
        try trainer(for: work.objective).step(
          work.batch, teacher: teacher, head: head, scored: work.scored, evaluate: work.evaluate, replicas: replicas)
      }
    if !work.evaluate { learning.merge() }
    return measurements
  }

  private func trainer(for objective: Objective) throws -> StudentTrainer {
    if let trainer = trainers[objective] { return trainer }
    guard let optimizer else { throw StudentError.notGiven(field: "optimizer") }
    // A trainer owns gradients and activations: keep those of the run's objective and of one more.
    if trainers.count > 1 { trainers = trainers.filter { $0.key == self.objective } }
    let trainer = try StudentTrainer(
      transformer: model.transformer, parameters: learning.trained, vocabSize: model.vocabSize, optimizer: optimizer,
      objective: objective, arithmetic: arithmetic, sharing: sharing, dropoutSeed: seed,
      skewGaps: objective == self.objective ? skewGaps : SkewGaps(),
      projection: objective == self.objective ? projection : ProjectorTraining(seed: seed))
    trainers[objective] = trainer
    return trainer
  }

  private func mutualTrainer(_ module: LoadedModule, _ objective: Objective) throws -> MutualTrainer {
    if let mutual { return mutual }
    let made = try MutualTrainer(
      student: trainer(for: objective), module: module.trainer(arithmetic, seed: seed))
    mutual = made
    return made
  }

  private var learnedProjector: LearnedProjector? {
    guard let projector = projection.projector, let optimizer = projection.optimizer else { return nil }
    return LearnedProjector(
      projector, firstMoments: optimizer.firstMoments, secondMoments: optimizer.secondMoments)
  }

  /// Writes a checkpoint into a folder that is named after the step.
  ///
  /// - Parameter replicas: Those that have shares of the optimizer's state: the first writes, the others give theirs. Nil: it is all here.
  func save(to url: URL, version: String, replicas: GroupReplicas?) throws -> SaveResponse {
    guard let optimizer else { throw StudentError.notGiven(field: "optimizer") }
    let name = Checkpoint.name(step: step)
    guard url.lastPathComponent == name else {
      throw StudentError.checkpointName(path: url.path(percentEncoded: false), expected: name)
    }
    let moments = try wholeMoments(of: optimizer, replicas)
    let response = SaveResponse(step: UInt64(step), modelDigest: describe().modelDigest)
    guard let moments else { return response }
    let state = TrainerState(
      optimizerStep: step, seed: seed, optimizer: optimizer.options, schedule: optimizer.schedule,
      arithmetic: .present(arithmetic.precision), version: version,
      skewGaps: skewGaps.sums.isEmpty ? nil : skewGaps.sums.map { TrainerState.GapSum(sum: $0.sum, count: $0.count) },
      partCount: arithmetic.partCount == 1 ? nil : arithmetic.partCount, module: module?.state)
    let checkpoint = Checkpoint(
      model: learning.base, adapters: learning.adapters, projector: learnedProjector, module: module?.learned,
      firstMoments: moments.first, secondMoments: moments.second, state: state)
    try checkpoint.save(in: url.deletingLastPathComponent())
    return response
  }

  /// Writes a model folder in place of one that is there, and the module's adapters where a place for them is given.
  func export(to url: URL, module moduleURL: URL?) throws -> ExportResponse {
    if let moduleURL {
      guard let module else { throw StudentError.notGiven(field: "module") }
      try module.export(to: moduleURL)
    }
    try learning.spoken.write(to: url, replacing: true)
    return ExportResponse(modelDigest: describe().modelDigest)
  }
}

/// One TrainRequest, read and checked.
struct TrainWork: Sendable {
  let step: UInt64
  /// Of the replicas that make the step; empty: the student makes it alone.
  let groupID: String
  let batch: TrainingBatch
  let objective: Objective
  let evaluate: Bool
  /// What to ask of the teachers.
  let questions: TeacherQuestions
  /// The sequences that this asks about where they need a teacher; nil: all.
  let scored: Range<Int>?

  /// - Parameter replicas: Those that make the step, each of which asks about its own parts; nil: this student alone does.
  init(_ request: TrainRequest, student: LoadedStudent, replicas: GroupReplicas?) throws {
    guard let objective = try request.objective.map({ try Objective($0) }) ?? student.objective else {
      throw StudentError.notGiven(field: "objective")
    }
    (step, evaluate, self.objective) = (request.step, request.evaluate, objective)
    groupID = request.groupID
    batch = try TrainingBatch(request.batch)
    try student.model.transformer.check(batch.sequences, vocabSize: student.model.vocabSize)
    guard !student.hasModule(for: objective) else {
      (questions, scored) = (TeacherQuestions(), nil)
      return
    }
    let parts = evaluate ? [] : batch.askedParts(ofAtMost: student.arithmetic.partCount, objective)
    var own = parts[...]
    if let replicas, !parts.isEmpty {
      own = parts[SummationTree(count: parts.count).shares(of: replicas.size)[replicas.rank]]
      let end = own.last?.upperBound ?? 0
      scored = (own.first?.lowerBound ?? end)..<end
    } else {
      scored = nil
    }
    questions =
      own.isEmpty && !parts.isEmpty
      ? TeacherQuestions() : try TeacherQuestions(batch, objective, request.batch, parts: own)
  }
}
