internal import Sequences

/// Two models that learn from the same batch and from each other: a student, and the module of a teacher (OKD).
///
/// With q the student and p_φ the module's model, each as it is before the step and without what adapters leave out in training,
/// the student learns by its objective with p_φ as the teacher, the module by its own with q as the teacher; no gradient goes through
/// a teacher. What travels between them are hidden states, `[R, D]`: log-probs are made of these a chunk at a time, so that memory does not
/// grow with positions times vocabulary.
///
/// - SeeAlso: <https://arxiv.org/abs/2409.12512>, whose losses this is a reconstruction of: `docs/methods/okd.md`.
public final class MutualTrainer: Sendable {
  /// The student.
  public let student: StudentTrainer
  /// The module.
  public let module: StudentTrainer

  /// Puts the two together. Nobody else may train either of them meanwhile.
  ///
  /// - Throws: ``DistillationError/notMutual(_:)``, ``DistillationError/moduleVocabulary(module:student:)``.
  public init(student: StudentTrainer, module: StudentTrainer) throws(DistillationError) {
    for objective in [student.objective, module.objective] where !objective.isMutual { throw .notMutual(objective) }
    guard student.objective.terms.count == module.objective.terms.count else { throw .notMutual(module.objective) }
    guard student.vocabSize == module.vocabSize else {
      throw .moduleVocabulary(module: module.vocabSize, student: student.vocabSize)
    }
    (self.student, self.module) = (student, module)
  }

  /// Both learn from one batch, or their losses are measured.
  ///
  /// - Parameter evaluate: Leaves the parameters as they are.
  /// - Returns: The student's measurements, with the module's beside them.
  /// - Throws: Then the parameters and the optimizers of both are as before.
  public func step(_ batch: TrainingBatch, evaluate: Bool = false) throws(DistillationError) -> StepMeasurements {
    // Always in this order.
    try student.alone { () throws(DistillationError) -> StepMeasurements in
      try module.alone { () throws(DistillationError) -> StepMeasurements in
        try stepAlone(batch, evaluate: evaluate)
      }
    }
  }

  private func stepAlone(_ batch: TrainingBatch, evaluate: Bool) throws(DistillationError) -> StepMeasurements {
    let taught = try states(of: module, for: student.objective, batch)
    let told = try states(of: student, for: module.objective, batch)
    let learnt = try student.measure(batch, teacher: taught, head: module.outputHead, evaluate: evaluate)
    let adapted = try module.measure(batch, teacher: told, head: student.outputHead, evaluate: evaluate)
    var measurements = learnt.measurements
    if evaluate {
      measurements.module = ModuleMeasurements(adapted.measurements)
      return measurements
    }
    // Neither changes before both are known to be finite.
    let norms = (student: try student.gradientNorm(), module: try module.gradientNorm())
    measurements = try student.learn(learnt, norm: norms.student)
    measurements.module = ModuleMeasurements(try module.learn(adapted, norm: norms.module))
    return measurements
  }

  /// What one model says to another, of the sequences for which this one asks.
  private func states(
    of teacher: StudentTrainer, for objective: Objective, _ batch: TrainingBatch
  ) throws(DistillationError) -> PositionScores {
    let sequences = try batch.teacherSequences(objective)
    guard sequences.count > 0 else { return PositionScores() }
    return try teacher.hiddenStates(of: sequences, microBatchSize: batch.microBatchSize)
  }
}

extension Objective {
  /// Whether all that it asks of a teacher are the log-probs of the whole vocabulary.
  fileprivate var isMutual: Bool {
    pair == nil && ranking == nil && topCount == 0 && drawCount == 0 && hiddenWeight == 0 && !isAdaptive
      && terms.allSatisfy { $0.kind == .crossEntropy || Divergence($0.kind) != nil }
  }
}
