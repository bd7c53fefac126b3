import CKernels

/// Selection of the largest elements, without sorting the others.
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
      var index = next(in: x, from: count, above: values[heap[0]])
      while index < values.count {
        heap[0] = index
        siftDown(&heap, 0, isWeaker)
        index = next(in: x, from: index + 1, above: values[heap[0]])
      }
      return heap.sorted { isWeaker($1, $0) }
    }
  }

  /// Index of the first element over a threshold at or after `start`; the count where there is none.
  private static func next(in x: FloatView, from start: Int, above threshold: Float) -> Int {
    guard start < x.count else { return x.count }
    return Int(unsafe retort_next_above(x.pointer, Int64(start), Int64(x.count), threshold))
  }

  /// Sum, in double, and number of the elements that are at least `threshold`.
  public static func sum(of x: FloatView, atLeast threshold: Float) -> (sum: Double, count: Int) {
    var count: Int64 = 0
    let sum = unsafe retort_sum_from(x.pointer, Int64(x.count), threshold, &count)
    return (sum, Int(count))
  }

  /// Sets elements below a threshold to zero.
  public static func zero(_ x: FloatView, below threshold: Float) {
    unsafe retort_zero_below(x.pointer, Int64(x.count), threshold)
  }

  /// Sets to zero the elements whose key is below a threshold.
  public static func zero(_ x: FloatView, whereKeys keys: FloatView, below threshold: Float) {
    precondition(keys.count == x.count, "\(keys.count) keys of \(x.count)")
    unsafe retort_zero_where_below(x.pointer, keys.pointer, Int64(x.count), threshold)
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
