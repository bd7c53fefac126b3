internal import Distillation
internal import Kernels
internal import Optimization
internal import Sequences
internal import Transformer
internal import WireFormat

// Messages of training.proto as the learning layer's values, with its checks and these.

extension Objective {
  init(_ wire: WireObjective) throws {
    let reduction: Reduction
    switch wire.reduction {
    case .tokenMean: reduction = .tokenMean
    case .sequenceMean: reduction = .sequenceMean
    case .unspecified: throw WireFormatError.missing(field: "objective.reduction")
    }
    try self.init(
      terms: wire.terms.map { try LossTerm($0, policy: wire.policy) }, reduction: reduction,
      pair: wire.pair.map { try PairLoss($0) }, ranking: wire.ranking.map { RankingLoss($0) },
      topCount: Int(wire.topCount),
      usesHiddenStates: wire.hiddenState, precision: Precision(wire.precision), drawCount: Int(wire.drawCount),
      drawSeed: wire.drawSeed, hiddenWeight: wire.hiddenWeight)
  }
}

extension LossTerm {
  init(_ wire: WireLossTerm, policy: WirePolicyGradient?) throws {
    let kind: TokenLossKind
    switch wire.kind {
    case .crossEntropy: kind = .crossEntropy
    case .forwardKL: kind = .forwardKL
    case .reverseKL: kind = .reverseKL
    case .skewForwardKL: kind = .skewForwardKL(alpha: wire.alpha)
    case .skewReverseKL: kind = .skewReverseKL(alpha: wire.alpha)
    case .skewReverseKLFull: kind = .skewReverseKLFull(alpha: wire.alpha)
    case .generalizedJSD: kind = .generalizedJSD(beta: wire.beta)
    case .totalVariation: kind = .totalVariation
    case .topTokenPreference: kind = .topTokenPreference(beta: wire.beta, crossEntropy: wire.alpha)
    case .adaptiveKL: kind = .adaptiveKL(headMass: wire.alpha)
    case .alphaBeta: kind = .alphaBeta(alpha: wire.alpha, beta: wire.beta)
    case .policyGradient:
      guard let policy else { throw WireFormatError.missing(field: "objective.policy") }
      kind = .policyGradient(PolicyGradient(policy))
    case .universalLogit: kind = .universalLogit(factor: wire.alpha)
    case .unspecified: throw WireFormatError.missing(field: "objective.terms.kind")
    }
    self.init(
      kind, weight: wire.weight,
      ramp: wire.rampShare == 0 ? nil : WeightRamp(to: wire.finalWeight, over: wire.rampShare),
      adaptiveSkew: wire.leastAlpha == 0
        ? nil : AdaptiveSkew(least: wire.leastAlpha, firstSteps: Int(clamping: wire.firstSteps)),
      standardizesLogits: wire.standardizeLogits, crossEntropyWeight: wire.crossEntropyWeight,
      isBesidePairs: wire.besidePairs)
  }
}

extension PolicyGradient {
  init(_ wire: WirePolicyGradient) {
    self.init(
      discount: wire.discount, isFutureOnly: wire.futureOnly, isLengthNormalized: wire.lengthNormalized,
      clip: wire.clip,
      rewardLimit: wire.rewardLimit, reverseKL: wire.reverseKL, teacherShare: wire.teacherShare)
  }
}

extension PairLoss {
  init(_ wire: WirePairLoss) throws(WireFormatError) {
    let form: Form
    switch wire.form {
    case .logistic:
      form = .logistic(beta: wire.beta, gamma: wire.gamma, labelSmoothing: wire.labelSmoothing)
    case .squared: form = .squared(tau: wire.beta)
    case .hinge: form = .hinge(beta: wire.beta, margin: wire.margin)
    case .unspecified: throw WireFormatError.missing(field: "objective.pair.form")
    }
    let reference: PairReference =
      switch wire.reference {
      case .unspecified, .none: .none
      case .teacher: .teacher
      case .given: .given
      }
    self.init(form, isLengthNormalized: wire.lengthNormalized, reference: reference, weight: wire.weight)
  }
}

extension RankingLoss {
  init(_ wire: WireRankingLoss) {
    self.init(
      term: Int(wire.term), groupSize: Int(wire.groupSize), weight: wire.weight, leastSpread: wire.leastSpread)
  }
}

extension AdamWOptions {
  init(_ wire: WireOptimizerOptions) throws(OptimizationError) {
    try self.init(
      weightDecay: wire.weightDecay, beta1: wire.adamBeta1, beta2: wire.adamBeta2, epsilon: wire.adamEpsilon,
      maxGradientNorm: wire.maxGradNorm)
  }
}

extension LearningRateSchedule {
  init(_ wire: WireOptimizerOptions) throws {
    guard let shape = Shape(rawValue: wire.lrSchedulerType) else {
      throw StudentError.unknownSchedule(name: wire.lrSchedulerType)
    }
    try self.init(
      shape: shape, peak: wire.learningRate, warmupSteps: Int(clamping: wire.warmupSteps),
      maxSteps: Int(clamping: wire.maxSteps))
  }
}

extension TrainingBatch {
  init(_ wire: WireTrainBatch?) throws {
    guard let wire else { throw WireFormatError.missing(field: "batch") }
    try self.init(
      sequences: SequenceBatch(wire.sequences, field: "batch.sequences"), termIndices: wire.termIndices.map(Int.init),
      microBatchSize: Int(wire.microBatchSize),
      pairs: PairColumns(
        referenceChosen: wire.pairReferenceChosen, referenceRejected: wire.pairReferenceRejected,
        margins: wire.pairMargins, weights: wire.pairWeights), behaviorLogprobs: wire.behaviorLogprobs,
      tokenWeights: wire.tokenWeights)
  }
}

extension WireStepMetrics {
  init(_ measurements: StepMeasurements) {
    self.init(
      loss: measurements.loss, termLosses: measurements.termLosses, gradientNorm: measurements.gradientNorm,
      learningRate: measurements.learningRate, tokenCount: UInt64(measurements.tokenCount),
      positionCount: UInt64(measurements.positionCount), teacherMass: measurements.teacherMass,
      topAgreement: measurements.topAgreement,
      pairs: measurements.pairs.isEmpty ? nil : WirePairMetrics(measurements), termWeights: measurements.termWeights,
      termAlphas: measurements.termAlphas, termGaps: measurements.termGaps,
      hiddenLoss: measurements.hiddenLoss, rankingLoss: measurements.rankingLoss,
      rankingAgreement: measurements.rankingAgreement,
      module: measurements.module.map {
        WireModuleMetrics(loss: $0.loss, gradientNorm: $0.gradientNorm, learningRate: $0.learningRate)
      })
  }
}

extension WirePairMetrics {
  init(_ measurements: StepMeasurements) {
    let pairs = measurements.pairs
    self.init(
      loss: measurements.pairLoss, logprobsChosen: pairs.map(\.logprobs.chosen),
      logprobsRejected: pairs.map(\.logprobs.rejected), rewardsChosen: pairs.map(\.chosenReward),
      rewardsRejected: pairs.map(\.rejectedReward), lengthsChosen: pairs.map { UInt32($0.logprobs.chosenLength) },
      lengthsRejected: pairs.map { UInt32($0.logprobs.rejectedLength) })
  }
}

extension ProductPrecision {
  /// - Throws: ``StudentError/noPrecision(name:reason:)`` where this machine has not what it takes.
  init(_ wire: WireProductPrecision) throws(StudentError) {
    self =
      switch wire {
      case .unspecified, .float32: .float32
      case .bfloat16: .bfloat16
      }
    if let failure { throw .noPrecision(name: rawValue, reason: failure) }
  }
}

extension AdapterOptions {
  /// - Throws: `ModelError` where no adapters have these numbers.
  init(_ wire: WireAdapterOptions) throws {
    try self.init(
      rank: Int(wire.rank), alpha: wire.alpha, usesRankStabilizedScale: wire.rankStabilized, dropout: wire.dropout,
      targets: wire.targetModules.isEmpty ? .allLinear : .names(wire.targetModules.sorted()))
  }
}

extension WeightFormat {
  init(_ wire: WireGenerationWeights) {
    self =
      switch wire {
      case .unspecified, .float32: .float32
      case .bfloat16: .bfloat16
      case .int8: .int8
      }
  }
}
