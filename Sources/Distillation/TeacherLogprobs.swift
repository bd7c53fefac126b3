internal import Sequences

/// The teacher's log-probs of the actual tokens, as losses of whole sequences read them.
extension PositionScores {
  /// Throws unless there is one for each position.
  func expectTokenLogprobs(count: Int) throws(DistillationError) {
    guard tokenLogprobs.count == count else {
      throw .countMismatch(
        column: "the teacher's log-probs of the actual tokens", expected: count, found: tokenLogprobs.count)
    }
  }

  /// The log-prob of a sequence, `Σ_t log p(y_t)` over its positions.
  func logprob(of positions: Range<Int>) throws(DistillationError) -> Double {
    var sum = 0.0
    for position in positions {
      let logprob = tokenLogprobs[position]
      guard logprob.isFinite else { throw .teacherLogprobNotFinite(position: position) }
      sum += Double(logprob)
    }
    return sum
  }
}
