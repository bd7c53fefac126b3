internal import Foundation
internal import Sequences

/// A teacher's distribution over a student's tokens.
struct TranslatedRow {
  /// Probabilities of tokens.
  var masses: [TokenID: Double]
  /// That of all others together.
  var tail: Double

  /// The least that is left to the tail, so that no token is impossible.
  private static let leastTail = 1e-9

  /// Writes the K most probable tokens. Where fewer are known, others share evenly in the tail.
  func append(to scores: inout PositionScores, actual: TokenID, topCount: Int, vocabSize: Int) {
    var all = masses.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { (id: $0.key, mass: $0.value) }
    var tail = tail + all.dropFirst(topCount).reduce(0) { $0 + $1.mass }
    all = Array(all.prefix(topCount))
    tail = max(tail, Self.leastTail)
    let share = tail / Double(max(vocabSize - all.count, 1))
    let known = Set(all.map(\.id))
    scores.tokenLogprobs = [Float(log(max(masses[actual] ?? share, Self.leastTail / Double(vocabSize))))]
    let others = (0..<TokenID(vocabSize)).lazy.filter { !known.contains($0) }.prefix(topCount - all.count)
    for id in others {
      all.append((id, share))
      tail -= share
    }
    all.sort { ($1.mass, $0.id) < ($0.mass, $1.id) }
    scores.topTokenIDs = all.map(\.id)
    scores.topLogprobs = all.map { Float(log($0.mass)) }
    scores.tailLogprobs = [Float(log(max(tail, Self.leastTail / Double(vocabSize))))]
  }
}
