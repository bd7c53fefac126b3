internal import Kernels
internal import Sequences
internal import Transformer

extension StudentTrainer {
  /// Runs all passes, the other replicas' among them, and leaves the sum of their gradients.
  func run(
    _ pass: TrainingPass, _ batch: TrainingBatch, _ replicas: (any ReplicaGroup)?
  ) throws(DistillationError) -> LossSums {
    let segments = GradientSegments(
      batch.sequences, groups: pass.ranking?.groups ?? pass.pairs?.groups ?? [], parts: partCount)
    let parts = segments.parts(ofAtMost: partCount, batch.sequences)
    let tree = SummationTree(count: max(parts.count, 1))
    let work = PartedWork(pass: pass, batch: batch, segments: segments, parts: parts, pool: pool)
    if let gradients = pass.gradients { clear(gradients) }
    guard let replicas, let gradients = pass.gradients else {
      var (total, sums) = (LossSums(termCount: objective.terms.count), [LossSums]())
      if !parts.isEmpty { try work.sum(tree.root, into: pass.gradients, &sums) }
      for part in sums { total += part }
      return total
    }
    return try run(work, tree, replicas, into: gradients)
  }

  /// Computes this replica's share, and sums with the others, what is final already while the last part is computed.
  private func run(
    _ work: PartedWork, _ tree: SummationTree, _ replicas: any ReplicaGroup, into gradients: ParameterBuffer
  ) throws(DistillationError) -> LossSums {
    let nodes = work.parts.isEmpty ? [] : tree.nodes(within: tree.shares(of: replicas.size)[replicas.rank])
    let buffers = [gradients] + nodes.dropFirst().map { _ in pool.take() }
    defer { for buffer in buffers.dropFirst() { pool.give(buffer) } }
    let summation = ReplicaSummation(
      ReplicaSummation.Plan(
        tree: tree, shares: shares(of: replicas.size), replicas: replicas,
        own: zip(nodes, buffers).map { $1.learning.view }, total: gradients.learning.view,
        isScattered: sharing.shardsOptimizer), sumBuffers)
    var own: [LossSums] = []
    let found = Result { () throws(DistillationError) -> Void in
      for (place, (node, buffer)) in zip(nodes, buffers).enumerated() {
        let isLast = place == nodes.count - 1 && summation.overlaps
        try work.sum(node, into: buffer, &own, final: isLast ? { summation.isFinal(from: $0) } : nil)
      }
    }
    var total = LossSums(termCount: objective.terms.count)
    for part in try summation.finish(found.map { _ in own }, hasParts: !work.parts.isEmpty) { total += part }
    return total
  }

  /// How so many replicas share out what is summed.
  func shares(of size: Int) -> GradientShares {
    GradientShares(transformer, optimizer, sharing, isAdapted: parameters.adapters != nil, size: size)
  }
}

/// The passes of a batch, part by part.
private struct PartedWork {
  let pass: TrainingPass
  let batch: TrainingBatch
  let segments: GradientSegments
  /// Segments of each part.
  let parts: [Range<Int>]
  let pool: GradientPool

  /// Leaves the sum of a node's gradients in a buffer of zeros, and appends what its parts found.
  ///
  /// - Parameter final: Hears from where on the sum is final, before the end; nil: nobody asks.
  func sum(
    _ node: Range<Int>, into gradients: ParameterBuffer?, _ sums: inout [LossSums],
    final: ((_ start: Int) -> Void)? = nil
  ) throws(DistillationError) {
    guard node.count > 1 else { return sums.append(try part(node.lowerBound, into: gradients, final)) }
    let middle = SummationTree.middle(of: node)
    try sum(node.lowerBound..<middle, into: gradients, &sums)
    guard let gradients else { return try sum(middle..<node.upperBound, into: nil, &sums) }
    let right = pool.take()
    defer { pool.give(right) }
    let (total, other) = (gradients.learning.view, right.learning.view)
    // Elements from here on are added.
    var added = total.count
    func add(from start: Int) {
      total.window(start, added - start).addInParallel(other.window(start, added - start))
      added = start
    }
    if let final {
      try sum(middle..<node.upperBound, into: right, &sums) { start in
        add(from: start)
        final(start)
      }
    } else {
      try sum(middle..<node.upperBound, into: right, &sums)
    }
    add(from: 0)
  }

  private func part(
    _ index: Int, into gradients: ParameterBuffer?, _ final: ((_ start: Int) -> Void)?
  ) throws(DistillationError) -> LossSums {
    var pass = pass
    pass.gradients = gradients
    var sums = LossSums(termCount: pass.objective.terms.count)
    pass.workspace.beginStep()
    let starts = pass.transformer.layout.blockStarts
    let passes = segments.passes(ofAtMost: batch.microBatchSize, part: parts[index])
    for (number, segments) in passes.enumerated() {
      let isLast = number == passes.count - 1
      try pass.run(
        segments, of: batch.sequences, addingTo: &sums,
        finished: isLast ? final.map { final in { layer in final(starts[layer]) } } : nil)
    }
    if let gradients { pass.workspace.addEmbeddedGradients(pass.transformer, to: gradients) }
    return sums
  }
}
