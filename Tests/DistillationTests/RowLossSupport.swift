import Distillation
import Foundation
import Kernels
import Sequences

/// Every token loss, with a usual number where one is needed.
let allKinds: [TokenLossKind] = [
  .crossEntropy, .forwardKL, .reverseKL, .skewForwardKL(alpha: 0.1), .skewReverseKL(alpha: 0.1),
  .skewReverseKLFull(alpha: 0.1), .generalizedJSD(beta: 0.1), .generalizedJSD(beta: 0.5), .totalVariation,
  .adaptiveKL(headMass: 0.5), .alphaBeta(alpha: 0.2, beta: 0.7),
]
/// Those that compare two distributions.
let divergences = allKinds.filter(\.needsTeacher)
/// Those that merging categories can only lower.
let fDivergences = divergences.filter {
  switch $0 {
  case .adaptiveKL, .alphaBeta: false
  default: true
  }
}

/// log-softmax in double.
func logSoftmax(_ logits: [Float]) -> [Double] {
  let largest = Double(logits.max() ?? 0)
  let logSum = log(logits.reduce(0) { $0 + exp(Double($1) - largest) }) + largest
  return logits.map { Double($0) - logSum }
}

/// A teacher that gives all log-probs of one position.
func fullScores(teacher logprobs: [Float]) -> PositionScores {
  var scores = PositionScores()
  scores.positionCount = 1
  scores.fullLogprobs = logprobs
  return scores
}

/// A teacher that gives the K most probable tokens of one position, the tail and the actual token.
func topScores(teacher logprobs: [Float], topCount: Int, target: TokenID) -> PositionScores {
  let order = logprobs.indices.sorted { (logprobs[$0], $1) > (logprobs[$1], $0) }
  var scores = PositionScores()
  scores.positionCount = 1
  scores.topTokenIDs = order.prefix(topCount).map { TokenID($0) }
  scores.topLogprobs = order.prefix(topCount).map { logprobs[$0] }
  scores.tailLogprobs = [Float(log(order.dropFirst(topCount).reduce(0) { $0 + exp(Double(logprobs[$1])) }))]
  scores.tokenLogprobs = [logprobs[Int(target)]]
  return scores
}

/// The loss of one row and `scale ·` its gradient, which `rounded` takes where it is given.
func rowLoss(
  _ kind: TokenLossKind, logits: [Float], target: TokenID = 0, teacher: PositionScores?, vocabSize: Int? = nil,
  scale: Float = 1, rounded: BFloat16View? = nil
) throws -> (loss: RowLoss, gradient: [Float]) {
  let size = vocabSize ?? logits.count
  let row = floats(logits)
  let scores = try teacher.flatMap { try TeacherScores($0, vocabSize: size) }
  let workspace = RowLossWorkspace(vocabSize: size, rowSize: logits.count)
  let loss = try workspace.replaceLogits(
    row, kind: kind, target: target, teacher: scores.map { ($0, 0) }, scale: scale, rounded: rounded)
  return (loss, row.array)
}

/// Floats with some values.
func floats(_ values: [Float]) -> FloatView {
  let view = FloatStorage(count: values.count).view
  view.copy(from: values)
  return view
}
