public import Kernels
public import Optimization
public import Sequences
internal import Synchronization
public import Transformer

/// How a trainer's passes are computed.
public struct TrainingArithmetic: Sendable, Hashable {
  /// Of the large products.
  public let precision: ProductPrecision
  /// Whether a backward pass computes again what a block made of its input: less memory, more time, the same bits.
  public let recomputesActivations: Bool
  /// Into how many parts a batch is cut at most, whose gradients are summed apart and added in the order of a tree: so many
  /// replicas can share a step without changing a bit of it. At least 1.
  public let partCount: Int

  /// Makes a choice; unset, that which needs no special processor and is fastest.
  public init(precision: ProductPrecision = .float32, recomputesActivations: Bool = false, partCount: Int = 1) {
    self.precision = precision
    self.recomputesActivations = recomputesActivations
    self.partCount = partCount
  }
}

/// How replicas share a step. No bit depends on it.
public struct ReplicaSharing: Sendable, Hashable {
  /// Whether each replica holds the optimizer's state of its share of the parameters alone, updates these, and gives them to the others.
  public var shardsOptimizer: Bool
  /// Whether what is final of a gradient is summed while the rest is computed.
  public var overlaps: Bool
  /// Elements that are summed at once at least, but for the last: 4 MB.
  package var leastBucket = 1 << 20

  /// Makes a choice; unset, each replica updates all parameters.
  public init(shardsOptimizer: Bool = false, overlaps: Bool = true) {
    (self.shardsOptimizer, self.overlaps) = (shardsOptimizer, overlaps)
  }
}

/// Teaches a student: one call is one optimizer step.
///
/// The batch is cut into segments of neighbouring sequences, whose gradients are added up in order; a pass computes as many as
/// fit its micro-batch. So neither the size of micro-batches nor the number of threads changes a bit. Logits exist for 2²⁴
/// elements at a time, whatever the batch.
///
/// With ``TrainingArithmetic/partCount`` above 1, replicas may share a step: each computes some parts of the batch, and all make the same
/// update. Weights are the same to the bit for any number of replicas up to it, one among them.
public final class StudentTrainer: @unchecked Sendable {
  // SAFETY: all that changes is used under `lock` alone; parameters are read elsewhere only between steps.

  /// The student's arithmetic.
  public let transformer: Transformer
  /// The student's parameters, updated in place. Nobody else may read them during a step.
  public let parameters: ParameterBuffer
  /// Number of ids that may occur; further rows of the head are padding.
  public let vocabSize: Int
  /// The optimizer with its state.
  public let optimizer: AdamW
  /// What is minimised.
  public let objective: Objective
  /// What adaptive skews remember of the first steps.
  public let skewGaps: SkewGaps
  /// The projector of hidden states, where the objective compares them.
  public let projection: ProjectorTraining
  let gradients: ParameterBuffer
  /// Whether all gradients are 0: after an update, but not where a step failed.
  var gradientsAreClear = true
  let partCount: Int
  let pool: GradientPool
  let sumBuffers = SumBuffers()
  let sharing: ReplicaSharing
  private let dropoutSeed: UInt64
  private let workspace: LossWorkspace
  private let lock = Mutex(())
  private lazy var headView = makeOutputHead()

  /// Makes a trainer of a student.
  ///
  /// Adapted parameters (``ParameterBuffer/adapted(by:)``) stay as they are, and their adapters learn: the optimizer is one of the
  /// adapters' layout.
  /// - Parameters:
  ///   - arithmetic: How passes are computed; bfloat16 needs a processor and a library that have it.
  ///   - sharing: How replicas share a step.
  ///   - dropoutSeed: Of the run: with the step, it says what adapters leave out.
  ///   - skewGaps: What adaptive skews remember; it goes on here.
  ///   - projection: The projector of hidden states; it goes on here.
  /// - Throws: ``DistillationError/parameterOutOfRange(name:value:range:)`` for a vocabulary larger than the head,
  ///   ``DistillationError/optimizerMismatch(expected:found:)``, ``DistillationError/partsBesideHiddenStates``.
  public init(
    transformer: Transformer, parameters: ParameterBuffer, vocabSize: Int, optimizer: AdamW, objective: Objective,
    arithmetic: TrainingArithmetic = TrainingArithmetic(), sharing: ReplicaSharing = ReplicaSharing(),
    dropoutSeed: UInt64 = 0, skewGaps: SkewGaps = SkewGaps(), projection: ProjectorTraining = ProjectorTraining()
  ) throws(DistillationError) {
    let head = transformer.configuration.vocabSize
    guard vocabSize >= 1, vocabSize <= head else {
      throw .parameterOutOfRange(
        name: "vocab_size", value: Double(vocabSize), range: "1...\(head), the rows of the head")
    }
    guard parameters.count == transformer.layout.count else {
      throw .optimizerMismatch(expected: transformer.layout.count, found: parameters.count)
    }
    guard optimizer.parameterCount == parameters.learning.count else {
      throw .optimizerMismatch(expected: parameters.learning.count, found: optimizer.parameterCount)
    }
    guard arithmetic.partCount >= 1 else {
      throw .parameterOutOfRange(name: "parts of a batch", value: Double(arithmetic.partCount), range: "[1, ∞)")
    }
    guard arithmetic.partCount == 1 || objective.hiddenWeight == 0 else { throw .partsBesideHiddenStates }
    self.transformer = transformer
    self.parameters = parameters
    self.vocabSize = vocabSize
    self.optimizer = optimizer
    self.objective = objective
    self.dropoutSeed = dropoutSeed
    self.sharing = sharing
    self.skewGaps = skewGaps
    self.projection = projection
    partCount = arithmetic.partCount
    pool = GradientPool {
      parameters.adapters.map { .gradients(of: $0.layout, count: parameters.count) }
        ?? ParameterBuffer(count: parameters.count)
    }
    gradients = pool.take()
    workspace = LossWorkspace(transformer, vocabSize: vocabSize, arithmetic: arithmetic)
    if arithmetic.precision == .bfloat16 { parameters.updateRounded() }
  }

  /// Learns from one batch, or only measures its loss.
  ///
  /// - Parameters:
  ///   - batch: The sequences.
  ///   - teacher: The teacher's log-probs, or hidden states, of ``TrainingBatch/teacherSequences(_:)``, all positions in order.
  ///   - head: The teacher's output head, where it sent hidden states.
  ///   - scored: Sequences that the teacher's columns tell of, those of this replica's parts among them; nil: all.
  ///   - evaluate: Leaves the parameters as they are.
  ///   - replicas: Who else makes this step, with the same arguments and the same parameters; an evaluation is nobody else's.
  /// - Throws: Then the parameters and the optimizer are as before.
  public func step(
    _ batch: TrainingBatch, teacher: PositionScores = PositionScores(), head: OutputHead? = nil,
    scored: Range<Int>? = nil, evaluate: Bool = false, replicas: (any ReplicaGroup)? = nil
  ) throws(DistillationError) -> StepMeasurements {
    try lock.withLock { _ throws(DistillationError) -> StepMeasurements in
      // One replica exchanges nothing.
      let others = evaluate || replicas?.size == 1 ? nil : replicas
      return try lockedStep(batch, teacher: teacher, head: head, scored: scored, evaluate: evaluate, others)
    }
  }

  private func lockedStep(
    _ batch: TrainingBatch, teacher: PositionScores, head: OutputHead?, scored: Range<Int>?, evaluate: Bool,
    _ replicas: (any ReplicaGroup)?
  ) throws(DistillationError) -> StepMeasurements {
    if !evaluate { try checkMoments(replicas) }
    let found = try measure(
      batch, teacher: teacher, head: head, scored: scored, evaluate: evaluate, replicas: replicas)
    if let replicas, sharing.shardsOptimizer { return try learn(found, replicas) }
    return evaluate ? found.measurements : try learn(found, norm: gradientNorm())
  }

  /// What a batch says. Its gradients are there, and nothing has learnt from them.
  struct Found {
    /// Without the norm of the gradients and the learning rate.
    var measurements: StepMeasurements
    fileprivate let skews: [SkewMeasurement]
  }

  /// Runs all passes of a batch; needs ``alone(_:)``, as do the others that are not public.
  func measure(
    _ batch: TrainingBatch, teacher: PositionScores, head: OutputHead?, scored: Range<Int>? = nil, evaluate: Bool,
    replicas: (any ReplicaGroup)? = nil
  ) throws(DistillationError) -> Found {
    try check(batch.sequences)
    let plan = try LossPlan(batch, objective, scored: scored)
    let pairs = try objective.pair.map { pair throws(DistillationError) in
      try PairPlan(batch, pair, terms: objective.terms, teacher: teacher)
    }
    let steps = optimizer.stepCount
    let weights = objective.terms.map { $0.weight(afterSteps: steps, of: optimizer.schedule.maxSteps) }
    let policy =
      plan.policyPositionCount == 0 && batch.behaviorLogprobs.isEmpty
      ? nil : try PolicyPlan(batch, plan, objective, teacher: teacher)
    let ranking = try objective.ranking.map { ranking throws(DistillationError) in
      try RankingPlan(batch, ranking, plan, teacher: teacher)
    }
    let known = try plan.teacherScores(teacher, vocabSize: vocabSize, objective, head: head)
    let pass = TrainingPass(
      transformer: transformer, parameters: parameters, objective: objective, plan: plan,
      pairs: pairs, ranking: ranking,
      skews: try SkewPlan(batch, objective, plan, skewGaps, afterSteps: steps, teacher: teacher),
      weights: weights, policy: policy,
      teacher: known,
      gradients: evaluate ? nil : gradients, dropoutSeed: evaluate ? nil : stepDropoutSeed, workspace: workspace,
      hidden: try hiddenLoss(plan, teacher))
    let sums = try run(pass, batch, replicas)
    let pairLoss = sums.pairs.reduce(0) { $0 + $1.weight * $1.loss } / Double(pairs?.divisor ?? 1)
    let rankingLoss = sums.rankings.reduce(0) { $0 + $1.sum } / Double(ranking?.divisor ?? 1)
    let beside =
      (objective.pair?.weight ?? 0) * pairLoss + (objective.ranking?.weight ?? 0) * rankingLoss
      + objective.hiddenWeight * sums.hidden
    let measurements = StepMeasurements(
      loss: zip(weights, sums.terms).reduce(beside) { $0 + $1.0 * $1.1 },
      termLosses: sums.terms, termWeights: weights, termAlphas: sums.skewMeans(\.alpha),
      termGaps: sums.skewMeans(\.gap), pairLoss: pairLoss, pairs: sums.pairs, rankingLoss: rankingLoss,
      rankingAgreement: Double(sums.rankings.reduce(0) { $0 + $1.agreementCount }) / Double(ranking?.divisor ?? 1),
      hiddenLoss: sums.hidden, gradientNorm: 0, learningRate: 0,
      tokenCount: plan.tokenCount,
      positionCount: batch.sequences.tokenIDs.count,
      teacherMass: sums.teacherMass / Double(max(sums.scoredCount, 1)),
      topAgreement: Double(sums.agreements) / Double(max(sums.scoredCount, 1)))
    return Found(measurements: measurements, skews: sums.skews)
  }

  /// Updates the parameters by the gradients of what was measured last.
  ///
  /// - Parameter norm: ``gradientNorm()``.
  func learn(_ found: Found, norm: Double) throws(DistillationError) -> StepMeasurements {
    finish(found, norm: norm, learningRate: try update(norm: norm))
  }

  /// Remembers what was measured of a step that was made.
  func finish(_ found: Found, norm: Double, learningRate: Double) -> StepMeasurements {
    var measurements = found.measurements
    (measurements.gradientNorm, measurements.learningRate) = (norm, learningRate)
    for skew in found.skews where skew.isFirst { skewGaps.add(skew) }
    return measurements
  }

  /// The loss of hidden states of a batch; nil where there is none.
  private func hiddenLoss(_ plan: LossPlan, _ teacher: PositionScores) throws(DistillationError) -> HiddenStateLoss? {
    guard objective.hiddenWeight > 0 else { return nil }
    let inputWidth = transformer.configuration.embeddingWidth
    guard plan.teacherPositionCount > 0 else {
      // Its moments decay all the same.
      return try projection.projector.map { projector throws(DistillationError) in
        try projection.loss(from: inputWidth, to: projector.outputWidth, student: optimizer)
      }
    }
    let (count, found) = (plan.teacherPositionCount, teacher.hiddenStates.count)
    guard found > 0, found.isMultiple(of: count) else {
      let width = projection.projector?.outputWidth ?? 1
      throw .hiddenStatesMissing(expected: count * width, found: found)
    }
    return try projection.loss(from: inputWidth, to: found / count, student: optimizer)
  }

  /// Of the step to come; nil where no adapter leaves anything out.
  private var stepDropoutSeed: UInt64? {
    guard let adapters = parameters.adapters, adapters.layout.options.dropout > 0 else { return nil }
    return SeededGenerator(seed: dropoutSeed, path: UInt64(optimizer.stepCount)).state
  }

  /// Throws where a sequence does not fit the model.
  private func check(_ sequences: SequenceBatch) throws(DistillationError) {
    let context = transformer.configuration.contextLength
    for (index, length) in sequences.sequenceLengths.enumerated() where length > context {
      throw .sequenceTooLong(sequence: index, length: length, contextLength: context)
    }
    for (position, id) in sequences.tokenIDs.enumerated() where Int(id) >= vocabSize {
      throw .tokenIDOutOfRange(position: position, tokenID: id, vocabSize: vocabSize)
    }
  }

  /// The norm of all gradients that are clipped together.
  ///
  /// - Throws: ``DistillationError/gradientNotFinite(norm:)``; nothing has changed.
  func gradientNorm() throws(DistillationError) -> Double {
    var norm = optimizer.norm(gradients.learning)
    if let projected = projection.gradients, let other = projection.optimizer {
      let beside = other.norm(projected)
      norm = (norm * norm + beside * beside).squareRoot()
    }
    guard norm.isFinite else { throw .gradientNotFinite(norm: norm) }
    return norm
  }

  /// Returns the learning rate of the step.
  private func update(norm: Double) throws(DistillationError) -> Double {
    do {
      let update = try optimizer.step(
        parameters.learning, gradients: gradients.learning, clearsGradients: true, norm: norm)
      try projection.step(norm: norm)
      gradientsAreClear = true
      return update.learningRate
    } catch .gradientNotFinite(let norm) {
      throw .gradientNotFinite(norm: norm)
    } catch {
      throw .gradientNotFinite(norm: .nan)
    }
  }

  /// Makes gradients 0 that a failed step left, and expects others to come.
  func clear(_ gradients: ParameterBuffer) {
    if !gradientsAreClear {
      gradients.learning.view.fillInParallel(0)
      projection.gradients?.view.fill(0)
    }
    gradientsAreClear = false
  }
}

extension StudentTrainer {
  /// Keeps everybody else from the trainer.
  func alone<Result: Sendable>(
    _ body: () throws(DistillationError) -> Result
  ) throws(DistillationError) -> Result {
    try lock.withLock { _ throws(DistillationError) -> Result in try body() }
  }

  /// Hidden states that predict the completions of some sequences, by the present parameters and with all that adapters read.
  ///
  /// - Parameter microBatchSize: Sequences per pass, as of ``TrainingBatch/microBatchSize``.
  func hiddenStates(of batch: SequenceBatch, microBatchSize: Int) throws(DistillationError) -> PositionScores {
    try check(batch)
    let (tape, width) = (workspace.tape, transformer.configuration.embeddingWidth)
    var scores = PositionScores()
    tape.dropout = nil
    for segments in GradientSegments(batch).passes(ofAtMost: microBatchSize) {
      guard let read = PassSequences(segments, of: batch) else { continue }
      let rows = read.sequences.scoredPositions.predictingRows
      guard !rows.isEmpty else { continue }
      transformer.forward(read.sequences, parameters: parameters, tape: tape, rowGroups: read.rowGroups)
      for row in rows { scores.hiddenStates += tape.hidden.window(row * width, width).array }
      scores.positionCount += rows.count
    }
    return scores
  }

  /// The output head as it is now.
  var outputHead: OutputHead { headIsView ? headView : makeOutputHead() }

  /// Whether what was made of the head stays true: adapters leave it as it is, and products in float32 read the parameters themselves.
  private var headIsView: Bool { parameters.adapters != nil || workspace.tape.precision == .float32 }

  fileprivate func makeOutputHead() -> OutputHead {
    OutputHead(
      digest: "", weights: transformer.outputHead(parameters, vocabSize: vocabSize), vocabSize: vocabSize,
      width: transformer.configuration.embeddingWidth, logitSoftCap: transformer.configuration.block.logitSoftCap)
  }
}
