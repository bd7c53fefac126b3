/// Selection of the largest elements.
public enum Selection {
  /// Indices of the `count` largest elements, descending; of equal ones the smaller index comes first.
  public static func top(_ count: Int, of x: FloatView) -> [Int] {
    precondition(count >= 0 && count <= x.count, "top \(count) of \(x.count)")
    guard count > 0 else { return [] }
    return x.withSpan { values in
      // A heap whose root is the weakest of those kept.
      var heap: [Int] = []
      heap.reserveCapacity(count)
      func isWeaker(_ a: Int, _ b: Int) -> Bool { values[a] < values[b] || (values[a] == values[b] && a > b) }
      for index in 0..<min(count, values.count) { heap.append(index) }
      for root in stride(from: count / 2 - 1, through: 0, by: -1) { siftDown(&heap, root, isWeaker) }
      var weakest = values[heap[0]]
      for index in count..<values.count where values[index] > weakest {
        heap[0] = index
        siftDown(&heap, 0, isWeaker)
        weakest = values[heap[0]]
      }
      return heap.sorted { isWeaker($1, $0) }
    }
  }

  private static func siftDown(_ heap: inout [Int], _ start: Int, _ isWeaker: (Int, Int) -> Bool) {
    var parent = start
    while 2 * parent + 1 < heap.count {
      var child = 2 * parent + 1
      if child + 1 < heap.count, isWeaker(heap[child + 1], heap[child]) { child += 1 }
      guard isWeaker(heap[child], heap[parent]) else { return }
      heap.swapAt(child, parent)
      parent = child
    }
  }
}
