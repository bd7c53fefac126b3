internal import CTokenLoss
public import Kernels
public import Sequences

/// What a term adds to the divergence of a position: z-scores in place of logits, and cross-entropy beside it.
///
/// - SeeAlso: <https://arxiv.org/abs/2403.01643> for z-scores of logits; LLAVADI, <https://arxiv.org/abs/2407.19409>, for both.
extension RowLossWorkspace {
  /// `L = D(p, q) + λ (−log q_y)`: D of the term's kind, of the softmax of z-scores where the term asks for them; the
  /// cross-entropy is of the logits as they are. Otherwise as ``replaceLogits(_:kind:target:teacher:teacherLogits:scale:rounded:)``.
  public func replaceLogits(
    _ logits: FloatView, term: LossTerm, target: TokenID, teacher: (scores: TeacherScores, position: Int)?,
    teacherLogits: FloatView? = nil, scale: Float, rounded: BFloat16View? = nil
  ) throws(DistillationError) -> RowLoss {
    guard !term.isPlain else {
      return try replaceLogits(
        logits, kind: term.kind, target: target, teacher: teacher, teacherLogits: teacherLogits, scale: scale,
        rounded: rounded)
    }
    guard Int(target) < vocabSize else {
      throw .tokenIDOutOfRange(position: teacher?.position ?? 0, tokenID: target, vocabSize: vocabSize)
    }
    var crossEntropy = 0.0
    if term.crossEntropyWeight > 0 {
      let softmax = exponentiate(logits)
      guard softmax.sum.isFinite else { return RowLoss(value: .nan, teacherMass: 0) }
      crossEntropy = -logprob(Int(target), logits, softmax)
      _ = unsafe ctl_scale(vocabSize, exponentials.pointer, Float(1 / softmax.sum), ownProbabilities.pointer)
    }
    var row =
      term.standardizesLogits
      ? try standardized(logits, kind: term.kind, teacher: teacher, teacherLogits: teacherLogits, scale: scale)
      : try replaceLogits(
        logits, kind: term.kind, target: target, teacher: teacher, teacherLogits: teacherLogits, scale: scale)
    if term.crossEntropyWeight > 0 {
      // ∂(−log q_y)/∂z_j = q_j − 1[j = y]
      let factor = scale * Float(term.crossEntropyWeight)
      Elementwise.scale(ownProbabilities, by: factor)
      ownProbabilities[Int(target)] -= factor
      Elementwise.add(ownProbabilities, to: logits.window(0, vocabSize))
      row.value += term.crossEntropyWeight * crossEntropy
    }
    rounded?.round(logits)
    return row
  }

  /// The divergence of softmax(y_t) and softmax(y_s), `y = (z − mean z) / (sd z + 1e-7)` of each model over the vocabulary.
  ///
  /// Log-probs are logits but for a constant, which a mean takes away. Equal logits have no z-scores: their gradient is 0.
  private func standardized(
    _ logits: FloatView, kind: TokenLossKind, teacher: (scores: TeacherScores, position: Int)?,
    teacherLogits: FloatView?, scale: Float
  ) throws(DistillationError) -> RowLoss {
    guard let divergence = Divergence(kind), let (scores, position) = teacher, vocabSize > 1 else {
      throw .teacherMissing(kind)
    }
    switch scores.form {
    case .full:
      try scores.withFullRow(position) { row throws(DistillationError) in try standardize(teacher: row, position) }
    case .hiddenStates:
      guard let teacherLogits else { throw .teacherMissing(kind) }
      try standardize(teacher: teacherLogits, position)
    case .top, .draws, .tokens: throw .teacherMissing(kind)
    }
    let row = logits.window(0, vocabSize)
    let deviation = unsafe ctl_standardize(vocabSize, row.pointer, row.pointer)
    guard deviation.isFinite else { return RowLoss(value: .nan, teacherMass: 0) }
    zScores.copy(from: row)
    logits.window(vocabSize, rowSize - vocabSize).fill(0)
    let softmax = exponentiate(row)
    let result = try full(logits, softmax, divergence, teacherZScores, position, scale, nil)
    unsafe ctl_standardize_backward(vocabSize, zScores.pointer, deviation, row.pointer)
    return result
  }

  /// Leaves the log-probs of a teacher's z-scores.
  private func standardize(teacher row: FloatView, _ position: Int) throws(DistillationError) {
    precondition(row.count == vocabSize, "\(row.count) log-probs of \(vocabSize)")
    let scores = teacherZScores
    guard unsafe ctl_standardize(vocabSize, row.pointer, scores.pointer).isFinite else {
      throw .teacherNotStandardizable(position: position)
    }
    Elementwise.subtract(Softmax.logSumExp(scores), from: scores, into: scores)
  }
}
