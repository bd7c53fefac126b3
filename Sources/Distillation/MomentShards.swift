internal import Kernels
package import Optimization
package import Transformer

/// Who gives whom which moments, so that each replica has those that it wants.
package struct MomentShards: Sendable {
  /// A piece of what some replica wants, and the replica that has it.
  private struct Piece: Sendable {
    let source: Int
    let range: Range<Int>
  }

  /// Of each replica, in the order in which its moments are to stand.
  private let pieces: [[Piece]]
  /// Of each replica, what it has, in the order in which its moments stand.
  private let held: [[Range<Int>]]
  private let wanted: [[Range<Int>]]

  /// Plans who gives what; nil where nobody has something that is wanted.
  ///
  /// - Parameters:
  ///   - held: Of each replica, whose moments it has, of the present step.
  ///   - wanted: Of each replica, whose it is to have.
  package init?(held: [[Range<Int>]], wanted: [[Range<Int>]]) {
    var pieces: [[Piece]] = []
    for (rank, ranges) in wanted.enumerated() {
      var own: [Piece] = []
      for range in ranges {
        var start = range.lowerBound
        while start < range.upperBound {
          // What it has itself does not travel.
          let order = [rank] + held.indices.filter { $0 != rank }
          let found = order.lazy.compactMap { source in
            held[source].first { $0.contains(start) }.map { Piece(source: source, range: start..<$0.upperBound) }
          }.first
          guard let found else { return nil }
          // As far as the source has it, but where a replica earlier in the order does, from there on it gives.
          let end = min(
            found.range.upperBound, range.upperBound, Self.end(of: held[rank], after: start, found.source != rank))
          own.append(Piece(source: found.source, range: start..<end))
          start = end
        }
      }
      pieces.append(own)
    }
    (self.pieces, self.held, self.wanted) = (pieces, held, wanted)
  }

  /// Where what it has itself begins, if others give until then.
  private static func end(of held: [Range<Int>], after start: Int, _ isGiven: Bool) -> Int {
    isGiven ? held.map(\.lowerBound).filter { $0 > start }.min() ?? .max : .max
  }

  /// Whether all have what they want.
  package var isIdle: Bool { held == wanted }

  /// Exchanges moments; all replicas call it.
  ///
  /// - Parameter optimizer: Whose moments are those that this replica was said to have; they stay as they are.
  /// - Returns: What this replica wants, to be held.
  package func deal(
    _ optimizer: AdamW, _ replicas: any ReplicaGroup
  ) throws(DistillationError) -> (ranges: [Range<Int>], first: ParameterBuffer, second: ParameterBuffer) {
    precondition(held[replicas.rank].isEmpty || optimizer.held == held[replicas.rank], "moments of \(optimizer.held)")
    return (
      wanted[replicas.rank], try deal(optimizer.firstMoments.view, replicas),
      try deal(optimizer.secondMoments.view, replicas)
    )
  }

  private func deal(_ own: FloatView, _ replicas: any ReplicaGroup) throws(DistillationError) -> ParameterBuffer {
    let rank = replicas.rank
    let given = pieces.indices.map { other in other == rank ? [] : pieces[other].filter { $0.source == rank } }
    let taken = pieces.indices.map { other in other == rank ? [] : pieces[rank].filter { $0.source == other } }
    func count(_ pieces: [Piece]) -> Int { pieces.reduce(0) { $0 + $1.range.count } }
    let sent = FloatStorage(count: given.reduce(0) { $0 + count($1) }).view
    var place = 0
    for piece in given.joined() {
      sent.window(place, piece.range.count).copyInParallel(from: window(own, of: rank, piece.range))
      place += piece.range.count
    }
    let received = FloatStorage(count: taken.reduce(0) { $0 + count($1) }).view
    try replicas.exchange(sent, counts: given.map(count), into: received, counts: taken.map(count))
    // Where the next piece of each source stands.
    var next = taken.indices.map { source in taken[..<source].reduce(0) { $0 + count($1) } }
    let result = ParameterBuffer(count: count(pieces[rank]))
    place = 0
    for piece in pieces[rank] {
      let room = result.view.window(place, piece.range.count)
      if piece.source == rank {
        room.copyInParallel(from: window(own, of: rank, piece.range))
      } else {
        room.copyInParallel(from: received.window(next[piece.source], piece.range.count))
        next[piece.source] += piece.range.count
      }
      place += piece.range.count
    }
    return result
  }

  /// Where the moments of some parameters stand, all within one range that is held.
  private func window(_ moments: FloatView, of rank: Int, _ range: Range<Int>) -> FloatView {
    var offset = 0
    for found in held[rank] {
      if found.contains(range.lowerBound) {
        return moments.window(offset + range.lowerBound - found.lowerBound, range.count)
      }
      offset += found.count
    }
    preconditionFailure("\(range) is not held by \(rank)")
  }
}
