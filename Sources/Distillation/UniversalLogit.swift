internal import Foundation
internal import Kernels
internal import Sequences

/// A teacher's distribution as its probabilities, descending.
struct RankedTeacher {
  /// K of them, or all.
  let probabilities: [Double]
  /// What is left; nil: they are all.
  let tail: Double?
  /// Its most probable token.
  let top: Int
}

/// Universal logit distillation: the two distributions are compared rank by rank, whatever the ids stand for, so that teacher and
/// student may have different vocabularies.
///
/// - SeeAlso: <https://arxiv.org/abs/2402.12030>.
extension RowLossWorkspace {
  /// `L = −log q_y + λ Σ_r |q_(r) − p_(r)|`, both sorted descending, the shorter filled with zeros;
  /// `g_j = q_j − 1[j = y] + λ q_j (u_j − Σ_k q_k u_k)`, `u_j = sign(q_j − p_(rank of j))`.
  ///
  /// Of top log-probs, the K most probable of both are compared one by one, and what is left of both as one more.
  ///
  /// - Parameters:
  ///   - factor: λ.
  func universalLogit(
    _ logits: FloatView, _ softmax: RowSoftmax, _ ranked: RankedTeacher, factor: Double, target: Int, scale: Float
  ) -> RowLoss {
    let (teacher, tail) = (ranked.probabilities, ranked.tail)
    let probabilities = (0..<vocabSize).map { Double(exponentials[$0]) / softmax.sum }
    let order = order(of: probabilities, tail == nil ? vocabSize : teacher.count)
    var signs = [Double](repeating: 0, count: vocabSize)
    var distance = 0.0
    if let tail {
      let rest = 1 - order.reduce(0) { $0 + probabilities[$1] }
      distance += abs(rest - tail)
      signs = [Double](repeating: Self.sign(rest - tail), count: vocabSize)
    }
    for (rank, id) in order.enumerated() {
      let difference = probabilities[id] - (rank < teacher.count ? teacher[rank] : 0)
      distance += abs(difference)
      signs[id] = Self.sign(difference)
    }
    // The teacher's vocabulary may be the larger one.
    if tail == nil { distance += teacher.dropFirst(order.count).reduce(0, +) }
    let mean = zip(probabilities, signs).reduce(0) { $0 + $1.0 * $1.1 }
    for id in 0..<vocabSize {
      let slope = probabilities[id] * (1 + factor * (signs[id] - mean)) - (id == target ? 1 : 0)
      logits[id] = Float(Double(scale) * slope)
    }
    let crossEntropy = log(softmax.sum) - log(Double(exponentials[target]))
    return RowLoss(
      value: crossEntropy + factor * distance, teacherMass: 1 - (tail ?? 0), agrees: softmax.top == ranked.top)
  }

  /// A position's answer, sorted.
  func ranked(
    _ scores: TeacherScores, _ position: Int, _ teacherLogits: FloatView?
  ) throws(DistillationError) -> RankedTeacher {
    switch scores.form {
    case .tokens, .draws: throw .teacherMissing(.universalLogit(factor: 1))
    case .full: return try scores.withFullRow(position) { row throws(DistillationError) in sorted(row) }
    case .hiddenStates:
      guard let teacherLogits else { throw .teacherMissing(.universalLogit(factor: 1)) }
      return sorted(teacherLogits)
    case .top(let kept):
      let logprobs = scores.columns.topLogprobs[position * kept..<(position + 1) * kept]
      return RankedTeacher(
        probabilities: logprobs.map { exp(Double($0)) }.sorted(by: >),
        tail: exp(Double(scores.columns.tailLogprobs[position])), top: Int(scores.topToken(position)))
    }
  }

  /// Log-probs, or logits, as probabilities.
  private func sorted(_ row: FloatView) -> RankedTeacher {
    let values = (0..<vocabSize).map { Double(row[$0]) }
    let largest = values.max() ?? 0
    let masses = values.map { exp($0 - largest) }
    let sum = masses.reduce(0, +)
    return RankedTeacher(
      probabilities: masses.map { $0 / sum }.sorted(by: >), tail: nil, top: values.firstIndex(of: largest) ?? 0)
  }

  /// The most probable ids, descending; of equals the smaller first.
  private func order(of probabilities: [Double], _ count: Int) -> [Int] {
    Array(
      probabilities.indices.sorted { (probabilities[$0], $1) > (probabilities[$1], $0) }.prefix(count))
  }

  private static func sign(_ value: Double) -> Double { value > 0 ? 1 : value < 0 ? -1 : 0 }
}
