internal import CTokenLoss
internal import Foundation
internal import Kernels
internal import Sequences

/// Both distributions of one position over S and the tail. S: the teacher's kept tokens and the actual one.
struct BucketedRow {
  /// S, in the teacher's order, the actual token last where it is not among the kept.
  private(set) var tokenIDs: [TokenID] = []
  /// Mass of S in the teacher's distribution.
  private(set) var keptMass = 0.0
  /// `scale · ∂L/∂z` of the tokens of S, and of the tail's bucket. Shape: `[|S| + 1]`.
  private(set) var gradients: [Float] = []
  private var teacher: [Float] = []  // log P_b, [|S| + 1], or [|S|] where S is all V
  private var student: [Float] = []  // log Q_b
  private var studentMass: [Float] = []  // Q_b
  private var isKept: [Bool]  // [V], all false between rows

  init(vocabSize: Int) { isKept = [Bool](repeating: false, count: vocabSize) }

  /// Whether anything lies outside S.
  private var hasTail: Bool { tokenIDs.count < isKept.count }
  /// `scale ·` the tail bucket's gradient, to be shared out by q.
  var tailGradient: Float { hasTail ? gradients[tokenIDs.count] : 0 }

  /// Takes S and the teacher's log-probs of one position.
  mutating func gather(_ scores: TeacherScores, position: Int, target: TokenID) throws(DistillationError) {
    guard case .top(let kept) = scores.form else { return }
    let range = position * kept..<(position + 1) * kept
    tokenIDs = Array(scores.columns.topTokenIDs[range])
    teacher = Array(scores.columns.topLogprobs[range])
    var repeated: TokenID?
    for id in tokenIDs {
      if isKept[Int(id)] { repeated = id }
      isKept[Int(id)] = true
    }
    // log P_tail = log(exp(tail) − p_y) once the actual token leaves the tail.
    var tail = exp(Double(scores.columns.tailLogprobs[position]))
    if !isKept[Int(target)] {
      let actual = scores.columns.tokenLogprobs[position]
      tokenIDs.append(target)
      teacher.append(actual)
      tail = max(tail - exp(Double(actual)), tail * scores.leastTailShare)
    }
    for id in tokenIDs { isKept[Int(id)] = false }
    if let repeated { throw .repeatedTopToken(position: position, tokenID: repeated) }
    keptMass = teacher.reduce(0) { $0 + exp(Double($1)) }
    if hasTail { teacher.append(tail > 0 ? Float(log(tail)) : -1000) }
  }

  /// Takes the student's side; returns Q_tail, summed over the tokens outside S so that a small one keeps its digits.
  /// Both views are overwritten.
  mutating func takeStudent(logprobs: FloatView, probabilities: FloatView) -> Double {
    student = tokenIDs.map { logprobs[Int($0)] }
    studentMass = tokenIDs.map { probabilities[Int($0)] }
    guard hasTail else { return 0 }
    for id in tokenIDs { probabilities[Int(id)] = 0 }
    let tail = unsafe ctl_scale(isKept.count, probabilities.pointer, 0, logprobs.pointer)
    student.append(Float(log(max(tail, 1e-38))))
    studentMass.append(Float(tail))
    return tail
  }

  /// The divergence over the buckets; writes ``gradients``.
  mutating func divergence(_ divergence: Divergence, scale: Float) -> (value: Double, teacherMass: Double) {
    gradients = [Float](repeating: 0, count: teacher.count)
    let (count, kept) = (teacher.count, tokenIDs.count)
    let loss = divergence.loss { mass in unsafe ctl_head_share(count, kept, teacher, studentMass, 1, mass) }
    let result = unsafe gradients.withUnsafeMutableBufferPointer { gradients in
      unsafe ctl_divergence(loss, count, teacher, student, studentMass, scale, gradients.baseAddress)
    }
    return (result.value, result.teacher_mass)
  }
}
