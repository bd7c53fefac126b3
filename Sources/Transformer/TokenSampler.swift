package import Kernels
package import Sequences

/// Draws tokens from logits by the rules of ``SamplingOptions``, each with the meaning that transformers gives it.
///
/// The order is transformers': repetition penalty, n-grams, the least number of new tokens; then temperature, top-k, top-p,
/// min-p. Nothing is sorted but the few tokens around a threshold.
package struct TokenSampler: Sendable {
  private let options: SamplingOptions
  private let stops: Set<TokenID>

  /// Makes a sampler.
  ///
  /// - Parameter stops: Ids that end a completion: they are not drawn before `minNewTokens`.
  package init(options: SamplingOptions, stops: Set<TokenID> = []) {
    self.options = options
    self.stops = stops
  }

  /// Draws a token that follows `tokenIDs`, prompt and completion; the generator is left alone at temperature 0.
  ///
  /// - Parameters:
  ///   - logits: `[V]`; penalties overwrite some.
  ///   - weights: Scratch `[V]`.
  package func draw(
    _ logits: FloatView, after tokenIDs: [TokenID] = [], promptLength: Int = 0, weights: FloatView,
    using generator: inout SeededGenerator
  ) -> TokenID {
    penalize(logits, after: tokenIDs, promptLength: promptLength)
    let largest = Elementwise.maximum(logits)
    guard options.samplingTemperature > 0, largest > -.infinity else {
      return TokenID(firstIndex(of: largest, in: logits))
    }
    weigh(logits, largest: largest, into: weights)
    return draw(from: weights, at: generator.nextUnit())
  }

  /// Draws from weights: the token where the running sum passes `unit` of the whole.
  private func draw(from weights: FloatView, at unit: Double) -> TokenID {
    let limit = unit * Elementwise.sum(weights)
    var (sum, first) = (0.0, 0)
    // Whole blocks first, each summed at once.
    while first + Self.blockCount < weights.count {
      let next = sum + Elementwise.sum(weights.window(first, Self.blockCount))
      if next > limit { break }
      (sum, first) = (next, first + Self.blockCount)
    }
    return weights.withSpan { weights in
      var last: Int?
      for index in first..<weights.count where weights[index] > 0 {
        sum += Double(weights[index])
        last = index
        if sum > limit { return TokenID(index) }
      }
      // Sums rounded otherwise than the whole: the last token that has any weight.
      return TokenID(last ?? weights.indices.last { weights[$0] > 0 } ?? 0)
    }
  }

  private static let blockCount = 512

  /// Leaves probabilities up to a factor, 0 where a rule takes a token away, of logits `[V]` whose largest is given.
  package func weigh(_ logits: FloatView, largest: Float, into weights: FloatView) {
    Elementwise.exponential(logits, shift: largest, scale: 1 / options.samplingTemperature, into: weights)
    if options.topK > 0, options.topK < logits.count { keepTopK(logits, weights) }
    if options.topP < 1 { keepTopP(weights) }
    // The largest weight is 1.
    if options.minP > 0 { Selection.zero(weights, below: options.minP) }
  }

  private func firstIndex(of value: Float, in logits: FloatView) -> Int {
    logits.withSpan { logits in logits.indices.first { logits[$0] == value } ?? 0 }
  }

  /// Takes away what is less probable than the k-th; ties with it stay.
  private func keepTopK(_ logits: FloatView, _ weights: FloatView) {
    guard let last = Selection.top(options.topK, of: logits).last else { return }
    Selection.zero(weights, whereKeys: logits, below: logits[last])
  }

  /// Takes away the least probable tokens while their sum is at most 1 − p; the most probable one stays.
  ///
  /// The threshold is found between weights by halving, over vectors, until few weights lie around it.
  private func keepTopP(_ weights: FloatView) {
    let whole = Elementwise.sum(weights)
    let allowance = (1 - Double(options.topP)) * whole
    // What is below `low` goes, what is from `high` on stays. Positive floats are ordered as their bits.
    var (low, high) = (UInt32(1), Float(1).bitPattern + 1)
    var (removed, kept) = (0.0, (sum: 0.0, count: 0))
    var fromLow = Selection.sum(of: weights, atLeast: Float(bitPattern: low))
    while fromLow.count - kept.count > Self.sortedCount, high - low > 1 {
      let middle = low + (high - low) / 2
      let from = Selection.sum(of: weights, atLeast: Float(bitPattern: middle))
      if whole - from.sum <= allowance {
        (low, removed, fromLow) = (middle, whole - from.sum, from)
      } else {
        (high, kept) = (middle, from)
      }
    }
    let (lowWeight, highWeight) = (Float(bitPattern: low), Float(bitPattern: high))
    var candidates: [(weight: Float, index: Int)] = weights.withSpan { weights in
      weights.indices.filter { weights[$0] >= lowWeight && weights[$0] < highWeight }.map { (weights[$0], $0) }
    }
    Selection.zero(weights, below: lowWeight)
    candidates.sort { $0.weight < $1.weight || ($0.weight == $1.weight && $0.index > $1.index) }
    for candidate in kept.count == 0 ? candidates.dropLast() : candidates[...] {
      removed += Double(candidate.weight)
      guard removed <= allowance else { return }
      weights[candidate.index] = 0
    }
  }

  /// Weights around the threshold that are sorted.
  private static let sortedCount = 256
}

extension TokenSampler {
  /// Whether any rule looks at the tokens so far.
  package var readsTokens: Bool {
    options.repetitionPenalty != 1 || options.noRepeatNgramSize > 0 || options.minNewTokens > 0
  }

  /// Applies the rules that look at the tokens so far.
  package func penalize(_ logits: FloatView, after tokenIDs: [TokenID], promptLength: Int) {
    if options.repetitionPenalty != 1 {
      for token in Set(tokenIDs) where Int(token) < logits.count {
        let logit = logits[Int(token)]
        logits[Int(token)] = logit < 0 ? logit * options.repetitionPenalty : logit / options.repetitionPenalty
      }
    }
    if options.noRepeatNgramSize > 0 {
      for token in bannedByNgrams(tokenIDs) where Int(token) < logits.count { logits[Int(token)] = -.infinity }
    }
    if tokenIDs.count - promptLength < options.minNewTokens {
      for token in stops where Int(token) < logits.count { logits[Int(token)] = -.infinity }
    }
  }

  /// Tokens that would complete an n-gram that stands in `tokenIDs` already.
  private func bannedByNgrams(_ tokenIDs: [TokenID]) -> Set<TokenID> {
    let before = options.noRepeatNgramSize - 1
    guard tokenIDs.count > before else { return [] }
    let last = tokenIDs.suffix(before)
    return Set((before..<tokenIDs.count).filter { tokenIDs[$0 - before..<$0] == last }.map { tokenIDs[$0] })
  }
}
