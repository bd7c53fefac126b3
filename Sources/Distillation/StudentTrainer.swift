internal import Kernels
public import Optimization
public import Sequences
internal import Synchronization
public import Transformer

/// Teaches a student: one call is one optimizer step.
///
/// Micro-batches run in parallel, each on one thread with gradients of its own, which are added up in the order of their index:
/// the number of threads changes no bit. Logits exist for at most 256 rows per thread at a time.
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
  private let gradients: ParameterBuffer
  private var slots: [MicroBatchSlot] = []
  private let lock = Mutex(())

  /// Makes a trainer of a student.
  ///
  /// - Throws: ``DistillationError/parameterOutOfRange(name:value:range:)`` for a vocabulary larger than the head,
  ///   ``DistillationError/optimizerMismatch(expected:found:)``.
  public init(
    transformer: Transformer, parameters: ParameterBuffer, vocabSize: Int, optimizer: AdamW, objective: Objective
  ) throws(DistillationError) {
    let head = transformer.configuration.vocabSize
    guard vocabSize >= 1, vocabSize <= head else {
      throw .parameterOutOfRange(
        name: "vocab_size", value: Double(vocabSize), range: "1...\(head), the rows of the head")
    }
    for count in [parameters.count, optimizer.firstMoments.count] where count != transformer.layout.count {
      throw .optimizerMismatch(expected: transformer.layout.count, found: count)
    }
    self.transformer = transformer
    self.parameters = parameters
    self.vocabSize = vocabSize
    self.optimizer = optimizer
    self.objective = objective
    gradients = ParameterBuffer(count: transformer.layout.count)
  }

  /// Learns from one batch, or only measures its loss.
  ///
  /// - Parameters:
  ///   - batch: The sequences.
  ///   - teacher: The teacher's log-probs, or hidden states, of ``TrainingBatch/teacherSequences(_:)``, all positions in order.
  ///   - head: The teacher's output head, where it sent hidden states.
  ///   - evaluate: Leaves the parameters as they are.
  /// - Throws: Then the parameters and the optimizer are as before.
  public func step(
    _ batch: TrainingBatch, teacher: PositionScores = PositionScores(), head: OutputHead? = nil, evaluate: Bool = false
  ) throws(DistillationError) -> StepMeasurements {
    try lock.withLock { _ throws(DistillationError) -> StepMeasurements in
      try lockedStep(batch, teacher: teacher, head: head, evaluate: evaluate)
    }
  }

  private func lockedStep(
    _ batch: TrainingBatch, teacher: PositionScores, head: OutputHead?, evaluate: Bool
  ) throws(DistillationError) -> StepMeasurements {
    try check(batch.sequences)
    let plan = try LossPlan(batch, objective)
    let pass = MicroBatchPass(
      transformer: transformer, parameters: parameters, objective: objective, plan: plan,
      teacher: try plan.teacherScores(teacher, vocabSize: vocabSize, objective, head: head), learns: !evaluate)
    let sums = try run(pass, batch)
    let update = evaluate ? (gradientNorm: 0, learningRate: 0) : try update()
    return StepMeasurements(
      loss: zip(objective.terms, sums.terms).reduce(0) { $0 + $1.0.weight * $1.1 }, termLosses: sums.terms,
      gradientNorm: update.gradientNorm, learningRate: update.learningRate, tokenCount: plan.tokenCount,
      positionCount: batch.sequences.tokenIDs.count,
      teacherMass: sums.teacherMass / Double(max(sums.scoredCount, 1)),
      topAgreement: Double(sums.agreements) / Double(max(sums.scoredCount, 1)))
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

  private func update() throws(DistillationError) -> (gradientNorm: Double, learningRate: Double) {
    do {
      return try optimizer.step(parameters, gradients: gradients)
    } catch .gradientNotFinite(let norm) {
      throw .gradientNotFinite(norm: norm)
    } catch {
      throw .gradientNotFinite(norm: .nan)
    }
  }

  /// Runs all micro-batches, as many at once as there are threads, and leaves the sum of their gradients.
  private func run(_ pass: MicroBatchPass, _ batch: TrainingBatch) throws(DistillationError) -> LossSums {
    let ranges = stride(from: 0, to: batch.sequences.count, by: batch.microBatchSize).map {
      $0..<min($0 + batch.microBatchSize, batch.sequences.count)
    }
    let microBatches = ranges.map { batch.sequences.slice($0) }
    while slots.count < min(ComputePool.threadCount, ranges.count) {
      slots.append(MicroBatchSlot(transformer, vocabSize: vocabSize))
    }
    var sums = LossSums(termCount: objective.terms.count)
    if pass.learns { gradients.view.fill(0) }
    for start in stride(from: 0, to: ranges.count, by: max(slots.count, 1)) {
      let wave = start..<min(start + slots.count, ranges.count)
      for result in run(pass, wave.map { (microBatches[$0], ranges[$0]) }) { sums.add(try result.get()) }
      if pass.learns { addGradients(of: wave.count) }
    }
    return sums
  }

  private func run(
    _ pass: MicroBatchPass, _ wave: [(SequenceBatch, Range<Int>)]
  ) -> [Result<LossSums, DistillationError>] {
    let slots = slots
    return ComputePool.map(wave.count) { index in
      Result { () throws(DistillationError) -> LossSums in
        try pass.run(wave[index].0, range: wave[index].1, slot: slots[index])
      }
    }
  }

  /// Adds the gradients of the first slots, slot after slot, in pieces that run in parallel.
  private func addGradients(of count: Int) {
    let (total, parts) = (gradients.view, slots.prefix(count).map(\.gradients.view))
    let piece = 1 << 16
    ComputePool.forEach((total.count + piece - 1) / piece) { index in
      let length = min(piece, total.count - index * piece)
      for part in parts { total.window(index * piece, length).add(part.window(index * piece, length)) }
    }
  }
}

extension FloatView {
  /// Adds another view's elements to these.
  fileprivate func add(_ other: FloatView) {
    let (target, source) = unsafe (pointer, other.pointer)
    for index in 0..<count { unsafe target[index] += source[index] }
  }
}
