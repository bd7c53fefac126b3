/// What one optimizer step, or one evaluation, measured.
public struct StepMeasurements: Sendable, Hashable {
  /// `Σ weight · term`, with the weighted loss of pairs, before the update.
  public var loss: Double
  /// Each term before its weight; 0 for a term without sequences. Shape: `[terms]`.
  public var termLosses: [Double]
  /// Factor of each term at this step. Shape: `[terms]`.
  public var termWeights: [Double]
  /// Mean α of each term's sequences whose skew is adaptive; 0 where there is none. Shape: `[terms]`.
  public var termAlphas: [Double]
  /// Mean gap of the same sequences. Shape: `[terms]`.
  public var termGaps: [Double]
  /// Mean loss of the pairs that count, before its weight; 0 where the objective has none.
  public var pairLoss: Double
  /// The pairs in their order; empty where the objective has none.
  public var pairs: [PairMeasurement]
  /// Mean loss of the pairs that the teacher orders, before its weight; 0 where the objective ranks nothing.
  public var rankingLoss: Double
  /// Share of these pairs that the student orders alike; 0 where there are none.
  public var rankingAgreement: Double
  /// Mean squared error of the projected hidden states, before its weight; 0 where the objective has none.
  public var hiddenLoss: Double
  /// Norm of the gradient before clipping; 0 for an evaluation.
  public var gradientNorm: Double
  /// Learning rate of the step; 0 for an evaluation.
  public var learningRate: Double
  /// Positions that counted in the loss.
  public var tokenCount: Int
  /// All positions that were computed, prompts included.
  public var positionCount: Int
  /// Mean probability mass of the teacher's kept tokens over the positions that it scored: 1 with the full vocabulary.
  public var teacherMass: Double
  /// Share of the positions scored by the teacher where it and the student prefer the same token.
  public var topAgreement: Double
  /// Of the module that learnt beside the student; nil: there was none.
  public var module: ModuleMeasurements?
}

/// What one optimizer step, or one evaluation, measured of a module that learns beside the student.
public struct ModuleMeasurements: Sendable, Hashable {
  /// Its loss before the update.
  public var loss: Double
  /// Norm of its gradient before clipping; 0 for an evaluation.
  public var gradientNorm: Double
  /// Learning rate of the step; 0 for an evaluation.
  public var learningRate: Double

  init(_ measurements: StepMeasurements) {
    (loss, gradientNorm) = (measurements.loss, measurements.gradientNorm)
    learningRate = measurements.learningRate
  }
}

/// Sums over the positions of a step, in their order.
struct LossSums: Sendable, Codable {
  /// Each term's share, already divided as the reduction asks. Shape: `[terms]`.
  var terms: [Double]
  /// In the order of the batch.
  var pairs: [PairMeasurement] = []
  /// In the order of the batch.
  var skews: [SkewMeasurement] = []
  /// In the order of the batch.
  var rankings: [RankingValue] = []
  /// Squared errors of hidden states, divided as the reduction asks.
  var hidden = 0.0
  var teacherMass = 0.0
  var scoredCount = 0
  var agreements = 0

  init(termCount: Int) { terms = [Double](repeating: 0, count: termCount) }

  /// Appends what was found of the sequences that follow.
  static func += (sums: inout LossSums, next: LossSums) {
    for term in sums.terms.indices { sums.terms[term] += next.terms[term] }
    sums.pairs += next.pairs
    sums.skews += next.skews
    sums.rankings += next.rankings
    sums.hidden += next.hidden
    sums.teacherMass += next.teacherMass
    sums.scoredCount += next.scoredCount
    sums.agreements += next.agreements
  }

  mutating func add(_ row: RowLoss, term: Int, coefficient: Double) {
    terms[term] += coefficient * row.value
    guard let agrees = row.agrees else { return }
    teacherMass += row.teacherMass
    scoredCount += 1
    agreements += agrees ? 1 : 0
  }

  /// Mean of some number of each term's sequences whose skew is adaptive.
  func skewMeans(_ number: (SkewMeasurement) -> Double) -> [Double] {
    terms.indices.map { term in
      let numbers = skews.lazy.filter { $0.term == term }.map(number)
      return numbers.reduce(0, +) / Double(max(numbers.count, 1))
    }
  }
}
