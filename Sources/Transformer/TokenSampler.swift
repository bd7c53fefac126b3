package import Kernels
package import Sequences

/// Draws tokens from logits: temperature, then top-k, then top-p, with the meaning that transformers gives them.
package struct TokenSampler {
  private let options: SamplingOptions
  /// Probabilities up to a factor; 0 where a filter took the token away. Shape: `[V]`.
  package let weights: FloatStorage

  /// Makes a sampler over a vocabulary.
  package init(options: SamplingOptions, vocabSize: Int) {
    self.options = options
    weights = FloatStorage(count: vocabSize)
  }

  /// Draws a token from logits `[V]`; the generator is left alone at temperature 0.
  package func draw(_ logits: FloatView, using generator: inout SeededGenerator) -> TokenID {
    let largest = Elementwise.maximum(logits)
    guard options.samplingTemperature > 0 else { return TokenID(firstIndex(of: largest, in: logits)) }
    weigh(logits, largest: largest)
    let limit = generator.nextUnit() * Elementwise.sum(weights.view)
    return weights.view.withSpan { weights in
      var (sum, last) = (0.0, 0)
      for index in 0..<weights.count where weights[index] > 0 {
        sum += Double(weights[index])
        last = index
        if sum > limit { break }
      }
      return TokenID(last)
    }
  }

  /// Leaves ``weights`` of logits `[V]` whose largest is given.
  package func weigh(_ logits: FloatView, largest: Float) {
    Elementwise.exponential(logits, shift: largest, scale: 1 / options.samplingTemperature, into: weights.view)
    if options.topK > 0, options.topK < logits.count { keepTopK(logits) }
    if options.topP < 1 { keepTopP() }
  }

  private func firstIndex(of value: Float, in logits: FloatView) -> Int {
    logits.withSpan { logits in logits.indices.first { logits[$0] == value } ?? 0 }
  }

  /// Takes away what is less probable than the k-th; ties with it stay.
  private func keepTopK(_ logits: FloatView) {
    guard let last = Selection.top(options.topK, of: logits).last else { return }
    let threshold = logits[last]
    for index in 0..<logits.count where logits[index] < threshold { weights.view[index] = 0 }
  }

  /// Takes away the least probable tokens while their sum is at most 1 − p; the most probable one stays.
  private func keepTopP() {
    let view = weights.view
    let allowance = (1 - Double(options.topP)) * Elementwise.sum(view)
    // Tokens so small that all of them together stay within the allowance need no sorting.
    let small = Float(allowance / Double(view.count)).nextDown
    var removed = 0.0
    var candidates: [(weight: Float, index: Int)] = []
    view.withMutableSpan { weights in
      for index in 0..<weights.count where weights[index] > 0 {
        if weights[index] <= small {
          removed += Double(weights[index])
          weights[index] = 0
        } else {
          candidates.append((weights[index], index))
        }
      }
    }
    candidates.sort { $0.weight < $1.weight || ($0.weight == $1.weight && $0.index > $1.index) }
    for candidate in candidates.dropLast() {
      removed += Double(candidate.weight)
      guard removed <= allowance else { return }
      view[candidate.index] = 0
    }
  }
}
