package import Optimization
package import Transformer

/// How replicas share out a gradient that they sum: bucket by bucket, in the order in which a backward pass is done with them, each
/// replica a share of each bucket. Sums are element by element, so that no bit depends on it.
package struct GradientShares: Sendable, Hashable {
  /// Together all elements, from the end to the start.
  package let buckets: [Range<Int>]
  /// Number of replicas.
  package let size: Int
  /// Of each bucket, where shares begin, and its end.
  private let cuts: [[Int]]

  /// Shares out so many elements.
  ///
  /// - Parameters:
  ///   - finals: Where what a backward pass is done with begins: one after another, falling. None: one bucket.
  ///   - bounds: Where shares may begin, rising, with the end; nil: anywhere.
  ///   - least: Elements of a bucket at least, but for the last.
  package init(count: Int, finals: [Int] = [], size: Int, bounds: [Int]? = nil, least: Int) {
    // Where shares begin at pieces, there are to be some pieces for each.
    let least = bounds == nil ? least : max(least, size * least / 4)
    var (buckets, end) = ([Range<Int>](), count)
    for start in finals where end - start >= least {
      buckets.append(start..<end)
      end = start
    }
    if end > 0 || buckets.isEmpty { buckets.append(0..<end) }
    (self.buckets, self.size) = (buckets, size)
    cuts = buckets.map { bucket in
      (0...size).map { rank in
        let place = bucket.lowerBound + bucket.count * rank / size
        guard let bounds, rank > 0, rank < size else { return place }
        let next = bounds.firstPlace { $0 > place }
        return max(bucket.lowerBound, next > 0 ? bounds[next - 1] : 0)
      }
    }
  }

  /// Shares of what a student learns, by `optimizer`.
  ///
  /// - Parameters:
  ///   - sharing: Where the optimizer is sharded, shares begin where its pieces do. Without overlap there is one bucket.
  ///   - isAdapted: Whether adapters learn: a backward pass is done with these at its end, so there is one bucket.
  package init(
    _ transformer: Transformer, _ optimizer: AdamW, _ sharing: ReplicaSharing, isAdapted: Bool, size: Int
  ) {
    let isParted = sharing.overlaps && !isAdapted
    self.init(
      count: optimizer.parameterCount, finals: isParted ? transformer.layout.blockStarts.reversed() : [], size: size,
      bounds: sharing.shardsOptimizer ? optimizer.pieceBounds : nil, least: sharing.leastBucket)
  }

  /// The share of a replica in a bucket; it may be empty.
  package func share(_ bucket: Int, of rank: Int) -> Range<Int> { cuts[bucket][rank]..<cuts[bucket][rank + 1] }

  /// All shares of a replica that are not empty, bucket after bucket.
  package func ranges(of rank: Int) -> [Range<Int>] {
    buckets.indices.map { share($0, of: rank) }.filter { !$0.isEmpty }
  }
}

extension [Int] {
  /// The first place whose number, and all after it, satisfy a condition.
  fileprivate func firstPlace(where condition: (Int) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if condition(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
