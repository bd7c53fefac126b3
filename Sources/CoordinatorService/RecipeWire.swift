internal import Recipes
internal import WireFormat

extension WireObjective {
  /// The objective of a recipe.
  init(_ objective: Recipe.Objective) {
    self.init(
      terms: objective.terms.map(WireLossTerm.init),
      reduction: objective.reduction == .sequenceMean ? .sequenceMean : .tokenMean,
      topCount: UInt32(objective.topCount), hiddenState: objective.teacherForm == .hiddenState,
      precision: WirePrecision(objective.teacherPrecision))
  }

  /// One loss, averaged over positions, of what the teacher sends in a run with this objective.
  init(single kind: WireTokenLossKind, teacherAsIn objective: Recipe.Objective) {
    self.init(objective)
    (terms, reduction) = ([WireLossTerm(kind: kind, weight: 1)], .tokenMean)
  }
}

extension WireLossTerm {
  init(_ term: PlannedTerm) {
    let kind: WireTokenLossKind =
      switch term.kind {
      case .crossEntropy: .crossEntropy
      case .forwardKL: .forwardKL
      case .reverseKL: .reverseKL
      case .skewForwardKL: .skewForwardKL
      case .skewReverseKL: .skewReverseKL
      case .generalizedJSD: .generalizedJSD
      }
    let isSkewed = term.kind == .skewForwardKL || term.kind == .skewReverseKL
    self.init(
      kind: kind, alpha: isSkewed ? term.alpha : 0, beta: term.kind == .generalizedJSD ? term.beta : 0,
      weight: term.weight)
  }
}

extension WireOptimizerOptions {
  /// The optimizer of a recipe for a run of so many steps.
  init(_ training: Recipe.Training, maxSteps: Int) {
    self.init(
      learningRate: training.learningRate, weightDecay: training.weightDecay, adamBeta1: training.adamBeta1,
      adamBeta2: training.adamBeta2, adamEpsilon: training.adamEpsilon, maxGradNorm: training.maxGradNorm,
      lrSchedulerType: training.lrSchedulerType, warmupSteps: UInt64(training.warmup(ofSteps: maxSteps)),
      maxSteps: UInt64(maxSteps))
  }
}

extension WireAdapterOptions {
  /// The adapters of a recipe.
  init(_ adapters: Recipe.Adapters) {
    self.init(
      rank: UInt32(adapters.rank), alpha: adapters.alpha, rankStabilized: adapters.usesRankStabilizedScale,
      dropout: adapters.dropout, targetModules: adapters.targetModules)
  }
}

extension WireGenerationWeights {
  init(_ weights: StudentWeights) {
    self =
      switch weights {
      case .float32: .float32
      case .bfloat16: .bfloat16
      case .int8: .int8
      }
  }
}
