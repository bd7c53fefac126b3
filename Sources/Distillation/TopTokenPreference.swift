internal import CTokenLoss
internal import Foundation
internal import Kernels
internal import Sequences

/// What the teacher says about its own most probable token and the student's.
struct TopTokens {
  /// a: the teacher's most probable token.
  let teacher: Int
  /// `lp_a − lp_b`.
  let margin: Double
  /// Mass of the tokens that the teacher named.
  let keptMass: Double
}

extension RowLossWorkspace {
  /// Reads a position's answer about the most probable tokens of both.
  ///
  /// Where the student's is not among the tokens that the teacher named, the least probable of those bounds it from above.
  func topTokens(
    _ scores: TeacherScores, _ position: Int, _ teacherLogits: FloatView?, target: Int, student: Int
  ) throws(DistillationError) -> TopTokens {
    switch scores.form {
    case .full:
      return try scores.withFullRow(position) { row throws(DistillationError) in answer(row, student) }
    case .hiddenStates:
      guard let teacherLogits else { throw .teacherMissing(.topTokenPreference(beta: 1, crossEntropy: 0)) }
      return answer(teacherLogits, student)
    case .draws: throw .biasedByDraws(.topTokenPreference(beta: 1, crossEntropy: 0))
    case .tokens: throw .teacherMissing(.topTokenPreference(beta: 1, crossEntropy: 0))
    case .top(let kept):
      let range = position * kept..<(position + 1) * kept
      let (ids, logprobs) = (scores.columns.topTokenIDs[range], scores.columns.topLogprobs[range])
      let named =
        ids.firstIndex(of: TokenID(student)).map { logprobs[$0] }
        ?? (student == target ? scores.columns.tokenLogprobs[position] : logprobs.last)
      return TopTokens(
        teacher: Int(scores.topToken(position)), margin: Double(logprobs.first ?? 0) - Double(named ?? 0),
        keptMass: logprobs.reduce(0) { $0 + exp(Double($1)) })
    }
  }

  /// Log-probs and logits are apart by a constant, which a difference has not.
  private func answer(_ row: FloatView, _ student: Int) -> TopTokens {
    let top = unsafe ctl_argmax(vocabSize, row.pointer)
    return TopTokens(teacher: top, margin: Double(row[top]) - Double(row[student]), keptMass: 1)
  }

  /// `L = softplus(−βδ) − λ lq_y`, `δ = (z_a − z_b) − (lp_a − lp_b)`; `g_a = −βσ(−βδ)`, `g_b = −g_a`, and cross-entropy's.
  func preference(
    _ logits: FloatView, _ softmax: RowSoftmax, _ teacher: TopTokens, beta: Double, crossEntropy: Double, target: Int,
    scale: Float
  ) -> RowLoss {
    let (a, b) = (teacher.teacher, softmax.top)
    let delta = Double(logits[a]) - Double(logits[b]) - teacher.margin
    let logprob = Double(logits[target] - softmax.largest) - log(softmax.sum)
    let factor = Float(Double(scale) * crossEntropy / softmax.sum)
    _ = unsafe ctl_scale(vocabSize, exponentials.pointer, factor, logits.pointer)
    logits[target] -= Float(Double(scale) * crossEntropy)
    if a != b {
      let slope = Float(Double(scale) * beta * logistic(-beta * delta))
      logits[a] -= slope
      logits[b] += slope
    }
    return RowLoss(
      value: softplus(-beta * delta) - crossEntropy * logprob, teacherMass: teacher.keptMass, agrees: a == b)
  }
}
