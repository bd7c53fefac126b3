import Foundation
import Kernels
import Sequences

extension PositionScores {
  /// Adds what the logits `[V]` of one position say. Overwrites the logits.
  mutating func appendRow(
    _ logits: FloatView, target: TokenID, position: Int, options: ScoreOptions, draws: TokenDraws?
  ) {
    let logSumExp = Softmax.logSumExp(logits)
    if options.tokenLogprobs { tokenLogprobs.append(Float(Double(logits[Int(target)]) - logSumExp)) }
    if options.entropy { entropies.append(Float(Softmax.entropy(logits, logSumExp: logSumExp))) }
    for index in 0..<options.gatherCount {
      let token = options.gatherTokenIDs[position * options.gatherCount + index]
      gatheredLogprobs.append(Float(Double(logits[Int(token)]) - logSumExp))
    }
    if let draws { drawnTokenIDs += draws.draw(position, logits, logSumExp: logSumExp) }
    if options.fullLogprobs { appendFull(logits, logSumExp) }
    if options.topCount > 0 { appendTop(logits, logSumExp, count: options.topCount) }
  }

  private mutating func appendFull(_ logits: FloatView, _ logSumExp: Double) {
    let first = fullLogprobs.count
    fullLogprobs += repeatElement(0, count: logits.count)
    unsafe fullLogprobs.withUnsafeMutableBufferPointer { all in
      let row = unsafe UnsafeMutableBufferPointer(rebasing: all[first...])
      Elementwise.subtract(logSumExp, from: logits, into: unsafe FloatView(unsafe: row))
    }
  }

  /// The tail is summed from what is left, so that a tiny one keeps its digits.
  private mutating func appendTop(_ logits: FloatView, _ logSumExp: Double, count: Int) {
    for token in Selection.top(count, of: logits) {
      topTokenIDs.append(TokenID(token))
      topLogprobs.append(Float(Double(logits[token]) - logSumExp))
      logits[token] = -.infinity
    }
    tailLogprobs.append(Float(Softmax.logSumExp(logits) - logSumExp))
  }
}
