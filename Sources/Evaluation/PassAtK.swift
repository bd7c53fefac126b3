/// Returns pass@k: the probability that at least one of k samples is right, from n samples of which c are right.
///
/// `1 − C(n − c, k) / C(n, k)`, the mean over all ways to choose k of the n: unbiased, unlike `1 − (1 − c/n)^k`. Computed as
/// `1 − Π (1 − k / i)` over `i = n − c + 1 … n`.
///
/// - Parameters:
///   - correctCount: c, in `0...sampleCount`.
///   - sampleCount: n.
///   - k: In `1...sampleCount`.
/// - SeeAlso: Eq. 1 of <https://arxiv.org/abs/2107.03374>.
public func passAtK(correctCount: Int, sampleCount: Int, k: Int) -> Double {
  precondition(
    k >= 1 && k <= sampleCount && correctCount >= 0 && correctCount <= sampleCount,
    "pass@\(k) of \(correctCount) right among \(sampleCount)")
  // Fewer wrong ones than k: any choice has a right one.
  guard sampleCount - correctCount >= k else { return 1 }
  var product = 1.0
  for index in sampleCount - correctCount..<sampleCount { product *= 1 - Double(k) / Double(index + 1) }
  return 1 - product
}

/// The numbers k that are told of n samples: the powers of two below n, and n.
public func passCounts(sampleCount: Int) -> [Int] {
  Array(sequence(first: 1) { 2 * $0 }.prefix { $0 < sampleCount }) + [sampleCount]
}
