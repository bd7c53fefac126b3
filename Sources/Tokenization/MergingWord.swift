/// The tokens of a piece while its pairs are merged.
///
/// Short pieces are merged where they stand, with the rank of each pair beside it; long ones as a linked list of tokens with
/// a heap of the merges that may be next. Both merge the least rank first, and from the left among equal ones.
struct MergingWord {
  /// More tokens than this take a heap.
  static let maximumShort = 32

  /// Merges the last tokens of a list, those from `start` on, until no pair is left that has a merge. Time: `O(n²)`, which is
  /// less than a heap's for as few as ``maximumShort``.
  static func mergeShort(_ ids: inout [UInt32], from start: Int, _ merges: FlatTable<BytePairEncoder.Merge>) {
    var count = ids.count - start
    precondition(count <= maximumShort, "\(count) tokens are over \(maximumShort)")
    guard count > 1 else { return }
    // What the pair at each place becomes.
    var ranks = InlineArray<32, Int32>(repeating: .max)
    var results = InlineArray<32, UInt32>(repeating: 0)
    for place in 0..<count - 1 {
      guard let merge = merges[ids[start + place], ids[start + place + 1]] else { continue }
      (ranks[place], results[place]) = (merge.rank, merge.result)
    }
    while count > 1 {
      var (least, best) = (Int32.max, 0)
      for place in 0..<count - 1 where ranks[place] < least { (least, best) = (ranks[place], place) }
      if least == .max { break }
      ids[start + best] = results[best]
      count -= 1
      for place in best + 1..<max(best + 1, count) {
        ids[start + place] = ids[start + place + 1]
        (ranks[place], results[place]) = (ranks[place + 1], results[place + 1])
      }
      for place in max(0, best - 1)...best where place + 1 < count {
        let merge = merges[ids[start + place], ids[start + place + 1]]
        (ranks[place], results[place]) = (merge?.rank ?? .max, merge?.result ?? 0)
      }
    }
    ids.removeLast(ids.count - start - count)
  }

  private struct Symbol {
    var id: UInt32
    var previous: Int32
    var next: Int32
    var isAlive = true
  }

  private struct Candidate {
    let rank: Int32
    let position: Int32
    let result: UInt32

    /// By rank, then from the left.
    @inline(__always)
    func precedes(_ other: Candidate) -> Bool {
      rank != other.rank ? rank < other.rank : position < other.position
    }
  }

  private var symbols: [Symbol]
  private var heap: [Candidate] = []

  init(_ ids: ArraySlice<UInt32>) {
    let last = Int32(ids.count) - 1
    symbols = ids.enumerated().map { index, id in
      Symbol(id: id, previous: Int32(index) - 1, next: Int32(index) == last ? -1 : Int32(index) + 1)
    }
  }

  /// Appends the tokens that remain.
  func append(to ids: inout [UInt32]) {
    for symbol in symbols where symbol.isAlive { ids.append(symbol.id) }
  }

  /// Merges until no pair is left that has a merge. Time: `O(n log n)`.
  mutating func mergeAll(_ merges: FlatTable<BytePairEncoder.Merge>) {
    guard symbols.count > 1, merges.count > 0 else { return }
    heap.reserveCapacity(symbols.count)
    for position in 0..<symbols.count - 1 { propose(Int32(position), merges) }
    while let candidate = popFirst() {
      let left = symbols[Int(candidate.position)]
      guard left.isAlive, left.next >= 0, merges[left.id, symbols[Int(left.next)].id]?.result == candidate.result
      else { continue }
      join(at: candidate, with: left.next)
      if left.previous >= 0 { propose(left.previous, merges) }
      propose(candidate.position, merges)
    }
  }

  private mutating func join(at candidate: Candidate, with right: Int32) {
    let after = symbols[Int(right)].next
    symbols[Int(candidate.position)].id = candidate.result
    symbols[Int(candidate.position)].next = after
    symbols[Int(right)].isAlive = false
    if after >= 0 { symbols[Int(after)].previous = candidate.position }
  }

  private mutating func propose(_ position: Int32, _ merges: FlatTable<BytePairEncoder.Merge>) {
    let symbol = symbols[Int(position)]
    guard symbol.next >= 0, let merge = merges[symbol.id, symbols[Int(symbol.next)].id] else { return }
    push(Candidate(rank: merge.rank, position: position, result: merge.result))
  }

  private mutating func push(_ candidate: Candidate) {
    heap.append(candidate)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].precedes(heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func popFirst() -> Candidate? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return first }
    heap[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { return first }
      if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
      guard heap[child].precedes(heap[parent]) else { return first }
      heap.swapAt(parent, child)
      parent = child
    }
  }
}
