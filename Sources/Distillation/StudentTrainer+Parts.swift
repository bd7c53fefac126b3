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

  /// Computes this replica's share, and sums with the others.
  private func run(
    _ work: PartedWork, _ tree: SummationTree, _ replicas: any ReplicaGroup, into gradients: ParameterBuffer
  ) throws(DistillationError) -> LossSums {
    let nodes = work.parts.isEmpty ? [] : tree.nodes(within: tree.shares(of: replicas.size)[replicas.rank])
    let buffers = [gradients] + nodes.dropFirst().map { _ in pool.take() }
    defer { for buffer in buffers.dropFirst() { pool.give(buffer) } }
    var own: [LossSums] = []
    let found = Result { () throws(DistillationError) -> Void in
      for (node, buffer) in zip(nodes, buffers) { try work.sum(node, into: buffer, &own) }
    }
    var total = LossSums(termCount: objective.terms.count)
    for part in try summation.gather(found.map { _ in own }, replicas) { total += part }
    guard !work.parts.isEmpty else { return total }
    let sums = zip(nodes, buffers).map { $1.learning.view }
    try summation.sum(sums, tree, replicas, into: gradients.learning.view)
    return total
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
  func sum(
    _ node: Range<Int>, into gradients: ParameterBuffer?, _ sums: inout [LossSums]
  ) throws(DistillationError) {
    guard node.count > 1 else { return sums.append(try part(node.lowerBound, into: gradients)) }
    let middle = SummationTree.middle(of: node)
    try sum(node.lowerBound..<middle, into: gradients, &sums)
    guard let gradients else { return try sum(middle..<node.upperBound, into: nil, &sums) }
    let right = pool.take()
    defer { pool.give(right) }
    try sum(middle..<node.upperBound, into: right, &sums)
    gradients.learning.view.addInParallel(right.learning.view)
  }

  private func part(_ index: Int, into gradients: ParameterBuffer?) throws(DistillationError) -> LossSums {
    var pass = pass
    pass.gradients = gradients
    var sums = LossSums(termCount: pass.objective.terms.count)
    pass.workspace.beginStep()
    for segments in segments.passes(ofAtMost: batch.microBatchSize, part: parts[index]) {
      try pass.run(segments, of: batch.sequences, addingTo: &sums)
    }
    if let gradients { pass.workspace.addEmbeddedGradients(pass.transformer, to: gradients) }
    return sums
  }
}
