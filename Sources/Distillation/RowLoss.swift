internal import CTokenLoss
internal import Foundation
public import Kernels
public import Sequences

/// What one position gave.
public struct RowLoss: Sendable, Hashable {
  /// The token loss in nats, before any weight.
  public var value: Double
  /// Probability mass of the tokens that the teacher named: 1 with the full vocabulary; 0 without a teacher.
  public var teacherMass: Double
  /// Whether teacher and student prefer the same token; nil without a teacher.
  public var agrees: Bool?
}

/// Computes token losses row by row: its buffers are reused, so one thread owns it.
///
/// Each loss is a function of q = softmax(z); the gradient follows from one rule, `∂L/∂z_j = v_j − q_j Σ v`,
/// `v_j = q_j ∂L/∂q_j`. With top log-probs, S being the teacher's kept tokens and the actual one, everything outside S is one
/// further category of both distributions. Merging categories can only lower a divergence.
public final class RowLossWorkspace {
  /// Form of the losses' loops on this machine: that of the vector loops.
  package static let form: String = unsafe String(cString: ctl_form())

  /// V: ids that take part.
  public let vocabSize: Int
  /// Logits of a row; those past `vocabSize` belong to padding.
  public let rowSize: Int
  let exponentials: FloatView  // [V]
  /// The student's log-probs and probabilities where the teacher gave top log-probs; made with the first of those.
  private lazy var logprobs = FloatStorage(count: vocabSize).view  // [V]
  private lazy var probabilities = FloatStorage(count: vocabSize).view  // [V]
  private var buckets: BucketedRow
  /// z-scores of the student, and log-probs of the teacher's; the student's probabilities. Made with the first that needs them.
  lazy var zScores = FloatStorage(count: vocabSize).view  // [V]
  lazy var teacherZScores = FloatStorage(count: vocabSize).view  // [V]
  lazy var ownProbabilities = FloatStorage(count: vocabSize).view  // [V]

  /// Makes buffers for rows of `rowSize` logits of which the first `vocabSize` take part.
  public init(vocabSize: Int, rowSize: Int) {
    precondition(vocabSize >= 1 && rowSize >= vocabSize, "\(vocabSize) of \(rowSize) logits")
    self.vocabSize = vocabSize
    self.rowSize = rowSize
    exponentials = FloatStorage(count: vocabSize).view
    buckets = BucketedRow(vocabSize: vocabSize)
  }

  /// Returns the loss of one row and overwrites its logits with `scale · ∂loss/∂logits`; padding gets 0.
  ///
  /// Where a logit is NaN or +∞ the value is NaN and the logits stay.
  ///
  /// - Parameters:
  ///   - kind: The token loss.
  ///   - logits: z. Shape: `[rowSize]`.
  ///   - target: The actual token.
  ///   - teacher: The teacher's columns and the position in them; nil for cross-entropy.
  ///   - teacherLogits: The teacher's logits of the position where the columns hold hidden states; they become log-probs.
  ///     Shape: `[V]`.
  ///   - scale: Factor of the gradient.
  ///   - rounded: Takes the gradient instead, and the logits become something that nobody needs. Shape: `[rowSize]`.
  public func replaceLogits(
    _ logits: FloatView, kind: TokenLossKind, target: TokenID, teacher: (scores: TeacherScores, position: Int)?,
    teacherLogits: FloatView? = nil, scale: Float, rounded: BFloat16View? = nil
  ) throws(DistillationError) -> RowLoss {
    precondition(
      logits.count == rowSize && rounded?.count ?? rowSize == rowSize,
      "\(logits.count) logits where a row has \(rowSize)")
    guard Int(target) < vocabSize else {
      throw .tokenIDOutOfRange(position: teacher?.position ?? 0, tokenID: target, vocabSize: vocabSize)
    }
    let softmax = exponentiate(logits)
    guard softmax.sum.isFinite else { return RowLoss(value: .nan, teacherMass: 0) }
    logits.window(vocabSize, rowSize - vocabSize).fill(0)
    if kind == .crossEntropy {
      defer { rounded?.round(logits) }
      return crossEntropy(logits, softmax, target: Int(target), scale: scale)
    }
    guard let (scores, position) = teacher else { throw .teacherMissing(kind) }
    precondition(position < scores.positionCount, "position \(position) of \(scores.positionCount)")
    if case .topTokenPreference(let beta, let crossEntropy) = kind {
      let answer = try topTokens(scores, position, teacherLogits, target: Int(target), student: softmax.top)
      defer { rounded?.round(logits) }
      return preference(
        logits, softmax, answer, beta: beta, crossEntropy: crossEntropy, target: Int(target), scale: scale)
    }
    if case .universalLogit(let factor) = kind {
      let answer = try ranked(scores, position, teacherLogits)
      defer { rounded?.round(logits) }
      return universalLogit(logits, softmax, answer, factor: factor, target: Int(target), scale: scale)
    }
    guard let divergence = Divergence(kind) else { throw .teacherMissing(kind) }
    switch scores.form {
    case .full:
      return try scores.withFullRow(position) { row throws(DistillationError) in
        try full(logits, softmax, divergence, row, position, scale, rounded)
      }
    case .hiddenStates:
      guard let teacherLogits else { throw .teacherMissing(kind) }
      Elementwise.subtract(Softmax.logSumExp(teacherLogits), from: teacherLogits, into: teacherLogits)
      return try full(logits, softmax, divergence, teacherLogits, position, scale, rounded)
    case .draws(let count):
      guard divergence.isForwardKL else { throw .biasedByDraws(kind) }
      let drawn = scores.columns.drawnTokenIDs[position * count..<(position + 1) * count]
      defer { rounded?.round(logits) }
      return draws(logits, softmax, drawn, scale: scale)
    case .tokens: throw .teacherMissing(kind)
    case .top:
      try buckets.gather(scores, position: position, target: target)
      defer { rounded?.round(logits) }
      return try bucketed(logits, divergence, scores, position, scale)
    }
  }

  /// The log-prob of a token, in nats; NaN where a logit is NaN or +∞. The logits stay.
  ///
  /// It is what a cross-entropy is made of, to the bit.
  func logprob(of target: TokenID, logits: FloatView) -> Double {
    let softmax = exponentiate(logits)
    return softmax.sum.isFinite ? logprob(Int(target), logits, softmax) : .nan
  }

  func logprob(_ target: Int, _ logits: FloatView, _ softmax: RowSoftmax) -> Double {
    Double(logits[target] - softmax.largest) - log(softmax.sum)
  }

  /// What makes a softmax of `exp(z − largest)`, which stand in ``exponentials``.
  struct RowSoftmax {
    var sum: Double
    var largest: Float = 0
    /// The most probable token, the first of equals.
    var top: Int
  }

  func exponentiate(_ logits: FloatView) -> RowSoftmax {
    var softmax = RowSoftmax(sum: 0, top: 0)
    softmax.sum = unsafe ctl_exponentials(
      vocabSize, logits.pointer, exponentials.pointer, &softmax.largest, &softmax.top)
    return softmax
  }

  /// `L = −log q_y`, `g_j = q_j − 1[j = y]`.
  private func crossEntropy(_ logits: FloatView, _ softmax: RowSoftmax, target: Int, scale: Float) -> RowLoss {
    let logprob = logprob(target, logits, softmax)
    let probability = Float(Double(exponentials[target]) / softmax.sum)
    _ = unsafe ctl_scale(vocabSize, exponentials.pointer, Float(Double(scale) / softmax.sum), logits.pointer)
    logits[target] = scale * (probability - 1)
    return RowLoss(value: -logprob, teacherMass: 0, agrees: nil)
  }

  /// `L = −Σ lq_d / N` over N draws d, `g_j = q_j − n_j / N`, n_j being how often j was drawn: forward KL's gradient on average,
  /// and its value but for `Σ p lp`.
  private func draws(
    _ logits: FloatView, _ softmax: RowSoftmax, _ drawn: ArraySlice<TokenID>, scale: Float
  ) -> RowLoss {
    let value = drawn.reduce(0.0) { $0 - logprob(Int($1), logits, softmax) } / Double(drawn.count)
    _ = unsafe ctl_scale(vocabSize, exponentials.pointer, Float(Double(scale) / softmax.sum), logits.pointer)
    let share = Double(scale) / Double(drawn.count)
    var rest = drawn[...]
    while let id = rest.first {
      let equal = rest.prefix { $0 == id }.count
      logits[Int(id)] -= Float(share * Double(equal))
      rest = rest.dropFirst(equal)
    }
    return RowLoss(value: value, teacherMass: 0, agrees: nil)
  }

  func full(
    _ logits: FloatView, _ softmax: RowSoftmax, _ divergence: Divergence, _ teacher: FloatView, _ position: Int,
    _ scale: Float, _ rounded: BFloat16View?
  ) throws(DistillationError) -> RowLoss {
    precondition(teacher.count == vocabSize, "\(teacher.count) log-probs of \(vocabSize)")
    let loss = divergence.loss { mass in
      unsafe ctl_head_share(
        vocabSize, vocabSize, teacher.pointer, exponentials.pointer, Float(1 / softmax.sum), mass)
    }
    let result =
      if let rounded {
        unsafe ctl_rounded_logit_divergence(
          loss, vocabSize, teacher.pointer, exponentials.pointer, softmax.sum,
          softmax.largest, scale, logits.pointer, rounded.pointer)
      } else {
        unsafe ctl_logit_divergence(
          loss, vocabSize, teacher.pointer, exponentials.pointer, softmax.sum,
          softmax.largest, scale, logits.pointer)
      }
    let padding = rowSize - vocabSize
    rounded?.window(vocabSize, padding).round(logits.window(vocabSize, padding))
    try Self.checkMass(result.teacher_mass, position)
    return RowLoss(value: result.value, teacherMass: 1, agrees: softmax.top == result.teacher_top)
  }

  private func bucketed(
    _ logits: FloatView, _ divergence: Divergence, _ scores: TeacherScores, _ position: Int,
    _ scale: Float
  ) throws(DistillationError) -> RowLoss {
    _ = unsafe ctl_log_softmax(vocabSize, logits.pointer, logprobs.pointer, probabilities.pointer)
    let studentTop = unsafe ctl_argmax(vocabSize, logprobs.pointer)
    let tail = buckets.takeStudent(logprobs: logprobs, probabilities: probabilities)
    let result = buckets.divergence(divergence, scale: scale)
    try Self.checkMass(result.teacherMass, position)
    // g_j = q_j w_b(j): inside S each token is its own bucket, outside all share one factor.
    let tailFactor = tail > 0 ? Float(Double(buckets.tailGradient) / tail) : 0
    _ = unsafe ctl_scale(vocabSize, probabilities.pointer, tailFactor, logits.pointer)
    for (bucket, id) in buckets.tokenIDs.enumerated() { logits[Int(id)] = buckets.gradients[bucket] }
    return RowLoss(
      value: result.value, teacherMass: buckets.keptMass, agrees: studentTop == Int(scores.topToken(position)))
  }

  /// A teacher's distribution adds up to 1; the wire's float32 and a sum over V leave less than 0.01.
  private static func checkMass(_ mass: Double, _ position: Int) throws(DistillationError) {
    guard mass > 0.99, mass < 1.01 else { throw .teacherNotNormalised(position: position, mass: mass) }
  }
}

extension TeacherScores {
  /// Calls `body` with all log-probs of a position.
  func withFullRow<R>(
    _ position: Int, _ body: (FloatView) throws(DistillationError) -> R
  ) throws(DistillationError) -> R {
    try unsafe columns.fullLogprobs.withUnsafeBufferPointer { all throws(DistillationError) in
      let row = all.extracting(position * vocabSize..<(position + 1) * vocabSize)
      return try unsafe body(FloatView(unsafe: UnsafeMutableBufferPointer(mutating: row)))
    }
  }

  /// The teacher's most probable token, of top log-probs.
  func topToken(_ position: Int) -> TokenID {
    guard case .top(let kept) = form else { return TokenID.max }
    return columns.topTokenIDs[position * kept]
  }
}
