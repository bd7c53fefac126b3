internal import Foundation
internal import Kernels
internal import Sequences

/// What decides the draws at each position of a batch: the seed and the tokens before the position.
struct TokenDraws: Sendable {
  /// Of each position. Shape: `[R]`.
  private let prefixes: [UInt64]
  private let seed: UInt64
  private let count: Int

  /// Nil where nothing is to be drawn.
  init?(_ batch: SequenceBatch, _ options: ScoreOptions) {
    guard options.drawCount > 0 else { return nil }
    (seed, count) = (options.drawSeed, options.drawCount)
    prefixes = batch.sequences.flatMap { sequence in
      var hashes: [UInt64] = []
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325
      for (index, token) in sequence.tokenIDs.enumerated() {
        if index >= sequence.promptLength { hashes.append(hash) }
        hash = SeededGenerator(seed: hash, path: UInt64(token)).state
      }
      return hashes
    }
  }

  /// Draws from a position's distribution by its logits `[V]`; returns ids in ascending order.
  func draw(_ position: Int, _ logits: FloatView, logSumExp: Double) -> [TokenID] {
    var generator = SeededGenerator(seed: seed, path: prefixes[position])
    let marks = (0..<count).map { _ in generator.nextUnit() }.sorted()
    var ids: [TokenID] = []
    ids.reserveCapacity(count)
    var (sum, last) = (0.0, 0)
    for token in 0..<logits.count where ids.count < count {
      let probability = exp(Double(logits[token]) - logSumExp)
      guard probability > 0 else { continue }
      (sum, last) = (sum + probability, token)
      while ids.count < count, marks[ids.count] < sum { ids.append(TokenID(token)) }
    }
    // The sum may end a few roundings before 1.
    while ids.count < count { ids.append(TokenID(last)) }
    return ids
  }
}
