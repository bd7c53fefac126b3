internal import Kernels

/// Sums what replicas of a student found in their parts of a batch, in the order of a tree over the parts.
///
/// Each replica adds up its own share of the gradients' elements and passes the sums on: as much travels as in any other all-reduce,
/// while the order of additions is that of the parts and not that of the replicas. Buckets that a backward pass is done with are summed
/// on a thread of their own while it goes on.
final class ReplicaSummation: @unchecked Sendable {
  // SAFETY: buckets are summed one after another, on the line's thread until that has ended, then on the trainer's; what is summed is
  // final, and nobody else's from then on.

  /// What is to be summed.
  struct Plan {
    let tree: SummationTree
    let shares: GradientShares
    let replicas: any ReplicaGroup
    /// Sums of ``SummationTree/nodes(within:)`` of this replica's share; they may be overwritten.
    let own: [FloatView]
    /// Gets the sum over all parts: the first of `own`, or where there is none another view.
    let total: FloatView
    /// Whether each replica gets its own shares alone, and numbers without meaning elsewhere.
    let isScattered: Bool
  }

  private let buffers: SumBuffers
  private let plan: Plan
  private let nodes: [[Range<Int>]]
  private let line = WorkLine<DistillationError>()
  /// Buckets whose sum was asked for.
  private var next = 0

  init(_ plan: Plan, _ buffers: SumBuffers) {
    (self.plan, self.buffers) = (plan, buffers)
    nodes = plan.tree.shares(of: plan.replicas.size).map(plan.tree.nodes)
  }

  /// Whether anything can be summed before the end.
  var overlaps: Bool { plan.shares.buckets.count > 1 }

  /// Says that all elements from `start` on are final. The last bucket waits for ``finish(_:hasParts:)`` all the same.
  func isFinal(from start: Int) {
    while next < plan.shares.buckets.count - 1, plan.shares.buckets[next].lowerBound >= start {
      let bucket = next
      line.add { [self] () throws(DistillationError) in try sum(bucket) }
      next += 1
    }
  }

  /// Sums what is left; all is final.
  ///
  /// - Parameters:
  ///   - own: What this replica found; where it failed, the others are told.
  ///   - hasParts: Whether there is anything to be summed.
  /// - Returns: The sums of all parts, in order.
  func finish(
    _ own: Result<[LossSums], DistillationError>, hasParts: Bool
  ) throws(DistillationError) -> [LossSums] {
    guard hasParts else { return try ReplicaReport.gather(own, plan.replicas) }
    isFinal(from: 0)
    try line.finish()
    let sums = try ReplicaReport.gather(own, plan.replicas)
    try sum(plan.shares.buckets.count - 1)
    return sums
  }

  private func sum(_ bucket: Int) throws(DistillationError) {
    let (replicas, tree) = (plan.replicas, plan.tree)
    let shares = (0..<replicas.size).map { plan.shares.share(bucket, of: $0) }
    let share = shares[replicas.rank]
    let all = nodes.flatMap(\.self)
    let room = buffers.received(share.count * all.count)
    try replicas.exchange(
      packed(shares), counts: shares.map { $0.count * plan.own.count }, into: room,
      counts: nodes.map { $0.count * share.count })
    let sums = all.indices.map { room.window($0 * share.count, share.count) }
    let place = tree.add(all) { sums[$0].addInParallel(sums[$1]) }
    guard !plan.isScattered else {
      return plan.total.window(share.lowerBound, share.count).copyInParallel(from: sums[place])
    }
    let whole = plan.shares.buckets[bucket]
    try replicas.gather(
      sums[place], into: plan.total.window(whole.lowerBound, whole.count), counts: shares.map(\.count))
  }

  /// For each replica its share of each sum.
  private func packed(_ shares: [Range<Int>]) -> FloatView {
    let count = shares.reduce(0) { $0 + $1.count }
    if plan.own.count == 1 { return plan.own[0].window(shares[0].lowerBound, count) }
    let sent = buffers.sent(count * plan.own.count)
    var place = 0
    for share in shares {
      for sum in plan.own {
        sent.window(place, share.count).copyInParallel(from: sum.window(share.lowerBound, share.count))
        place += share.count
      }
    }
    return sent
  }
}

/// Room for what replicas send each other, used again from step to step.
final class SumBuffers {
  private var (outgoing, incoming) = (FloatStorage(count: 0), FloatStorage(count: 0))

  func sent(_ count: Int) -> FloatView {
    if outgoing.view.count < count { outgoing = FloatStorage(count: count) }
    return outgoing.view.window(0, count)
  }

  func received(_ count: Int) -> FloatView {
    if incoming.view.count < count { incoming = FloatStorage(count: count) }
    return incoming.view.window(0, count)
  }
}
