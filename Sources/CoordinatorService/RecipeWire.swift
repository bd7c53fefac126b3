internal import Recipes
internal import WireFormat

extension WireObjective {
  /// The objective of a recipe.
  ///
  /// - Parameters:
  ///   - firstSteps: Steps before an adaptive skew adapts.
  ///   - drawSeed: Fixes what the teacher draws.
  init(_ objective: Recipe.Objective, firstSteps: Int = 0, drawSeed: UInt64 = 0) {
    self.init(
      terms: objective.terms.map { WireLossTerm($0, firstSteps: firstSteps) }
        + (objective.corpus.map { [WireLossTerm($0, isBesidePairs: objective.pair != nil)] } ?? []),
      reduction: objective.reduction == .sequenceMean ? .sequenceMean : .tokenMean,
      topCount: objective.pair == nil ? UInt32(objective.topCount) : 0,
      hiddenState: objective.teacherForm == .hiddenState && objective.pair == nil,
      precision: WirePrecision(objective.teacherPrecision), pair: objective.pair.map(WirePairLoss.init),
      policy: objective.terms.lazy.compactMap(\.policy).first.map(WirePolicyGradient.init),
      drawCount: UInt32(objective.drawCount), drawSeed: drawSeed,
      hiddenWeight: objective.hiddenWeight, ranking: objective.ranking.map(WireRankingLoss.init))
  }

  /// One loss, averaged over positions, of what the teacher sends in a run with this objective.
  init(single kind: WireTokenLossKind, teacherAsIn objective: Recipe.Objective) {
    self.init(objective)
    (topCount, hiddenState) = (UInt32(objective.topCount), objective.teacherForm == .hiddenState)
    (pair, policy, ranking, drawCount, drawSeed, hiddenWeight) = (nil, nil, nil, 0, 0, 0)
    (terms, reduction) = ([WireLossTerm(kind: kind, weight: 1)], .tokenMean)
  }
}

extension WireLossTerm {
  init(_ term: PlannedTerm, firstSteps: Int) {
    let kind: WireTokenLossKind =
      switch term.kind {
      case .crossEntropy: .crossEntropy
      case .forwardKL: .forwardKL
      case .reverseKL: .reverseKL
      case .skewForwardKL: .skewForwardKL
      case .skewReverseKL: .skewReverseKL
      case .skewReverseKLFull: .skewReverseKLFull
      case .totalVariation: .totalVariation
      case .generalizedJSD: .generalizedJSD
      case .topTokenPreference: .topTokenPreference
      case .adaptiveKL: .adaptiveKL
      case .alphaBeta: .alphaBeta
      case .policyGradient: .policyGradient
      case .universalLogit: .universalLogit
      }
    let hasAlpha =
      term.kind.isSkewed || [.topTokenPreference, .adaptiveKL, .alphaBeta, .universalLogit].contains(term.kind)
    let hasBeta = [.generalizedJSD, .topTokenPreference, .alphaBeta].contains(term.kind)
    self.init(
      kind: kind, alpha: hasAlpha ? term.alpha : 0, beta: hasBeta ? term.beta : 0, weight: term.weight,
      finalWeight: term.finalWeight ?? 0, rampShare: term.finalWeight == nil ? 0 : 0.5,
      leastAlpha: term.isAdaptive ? min(0.01, term.alpha) : 0, firstSteps: term.isAdaptive ? UInt64(firstSteps) : 0,
      standardizeLogits: term.standardizesLogits, crossEntropyWeight: term.crossEntropyWeight)
  }
}

extension WireLossTerm {
  /// The term of a corpus.
  init(_ corpus: CorpusObjective, isBesidePairs: Bool) {
    self.init(corpus.term, firstSteps: 0)
    besidePairs = isBesidePairs
  }
}

extension WirePolicyGradient {
  init(_ policy: PolicyTerm) {
    self.init(
      discount: policy.discount, futureOnly: policy.isFutureOnly, lengthNormalized: policy.isLengthNormalized,
      clip: policy.clip, rewardLimit: policy.rewardLimit, reverseKL: policy.reverseKL,
      teacherShare: policy.teacherShare)
  }
}

extension WirePairLoss {
  init(_ pair: PairObjective) {
    let form: WirePairLossForm =
      switch pair.form {
      case .logistic: .logistic
      case .squared: .squared
      case .hinge: .hinge
      }
    let reference: WirePairReference =
      switch pair.reference {
      case .none: .none
      case .teacher: .teacher
      case .student: .given
      }
    self.init(
      form: form, reference: reference, lengthNormalized: pair.isLengthNormalized, beta: pair.beta, gamma: pair.gamma,
      margin: pair.margin, labelSmoothing: pair.labelSmoothing, weight: 1)
  }
}

extension WireRankingLoss {
  /// The ranking of the second term's sequences.
  init(_ ranking: RankingObjective) {
    self.init(
      term: 1, groupSize: UInt32(ranking.subsetCount), weight: ranking.weight, leastSpread: ranking.leastSpread)
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

extension WireOnlineModule {
  /// The module of a recipe, and what it minimises: `CE + β D`, which is D of weight β and 1 / β of the cross-entropy beside it.
  init(_ module: Recipe.OnlineModule, beside objective: Recipe.Objective) {
    let kind: WireTokenLossKind = objective.terms.first?.kind == .reverseKL ? .reverseKL : .forwardKL
    let term =
      module.beta > 0
      ? WireLossTerm(kind: kind, weight: module.beta, crossEntropyWeight: 1 / module.beta)
      : WireLossTerm(kind: .crossEntropy, weight: 1)
    self.init(
      path: RunFolder.named(module.teacher), adapters: WireAdapterOptions(module.adapters),
      objective: WireObjective(
        terms: [term], reduction: objective.reduction == .sequenceMean ? .sequenceMean : .tokenMean),
      learningRate: module.learningRate)
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
