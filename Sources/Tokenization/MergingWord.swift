/// A piece while its pairs are merged: a linked list of tokens and a heap of the merges that may be next.
struct MergingWord {
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
    func precedes(_ other: Candidate) -> Bool {
      rank != other.rank ? rank < other.rank : position < other.position
    }
  }

  private var symbols: [Symbol]
  private var heap: [Candidate] = []

  init(_ ids: [UInt32]) {
    let last = Int32(ids.count) - 1
    symbols = ids.enumerated().map { index, id in
      Symbol(id: id, previous: Int32(index) - 1, next: Int32(index) == last ? -1 : Int32(index) + 1)
    }
  }

  /// The tokens that remain.
  var ids: [UInt32] { symbols.filter(\.isAlive).map(\.id) }

  /// Merges until no pair is left that has a merge. Time: `O(n log n)`.
  mutating func mergeAll(_ merges: [UInt64: BytePairEncoder.Merge]) {
    guard symbols.count > 1, !merges.isEmpty else { return }
    heap.reserveCapacity(symbols.count)
    for position in 0..<symbols.count - 1 { propose(Int32(position), merges) }
    while let candidate = popFirst() {
      let left = symbols[Int(candidate.position)]
      guard left.isAlive, left.next >= 0,
        merges[key(left.id, symbols[Int(left.next)].id)]?.result == candidate.result
      else { continue }
      merge(at: candidate, with: left.next)
      if left.previous >= 0 { propose(left.previous, merges) }
      propose(candidate.position, merges)
    }
  }

  private mutating func merge(at candidate: Candidate, with right: Int32) {
    let after = symbols[Int(right)].next
    symbols[Int(candidate.position)].id = candidate.result
    symbols[Int(candidate.position)].next = after
    symbols[Int(right)].isAlive = false
    if after >= 0 { symbols[Int(after)].previous = candidate.position }
  }

  private mutating func propose(_ position: Int32, _ merges: [UInt64: BytePairEncoder.Merge]) {
    let symbol = symbols[Int(position)]
    guard symbol.next >= 0, let merge = merges[key(symbol.id, symbols[Int(symbol.next)].id)] else { return }
    push(Candidate(rank: merge.rank, position: position, result: merge.result))
  }

  private func key(_ left: UInt32, _ right: UInt32) -> UInt64 { UInt64(left) << 32 | UInt64(right) }

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
