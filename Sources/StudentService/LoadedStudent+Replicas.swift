internal import Checkpoints
internal import Distillation
internal import Foundation
internal import Kernels
internal import ModelServing
internal import Optimization
internal import Transformer
internal import WireFormat

extension LoadedStudent {
  /// Makes all replicas of a group alike: those that are behind take the state of the one that has made the most steps. Where the optimizer
  /// is sharded, each gets its share of it.
  ///
  /// - Returns: Whether all is there; where some of the optimizer's state is lost, nothing has changed.
  /// - Throws: ``StudentError/otherArithmetic(rank:theirs:ours:)``, `DistillationError.replicaLost`; then half a state is never there.
  func synchronize(_ replicas: GroupReplicas) throws -> Bool {
    guard let optimizer else { throw StudentError.notGiven(field: "optimizer") }
    guard replicas.size > 1 else { return optimizer.holdsAll }
    let own = ReplicaState(
      step: step, digest: describe().modelDigest, arithmetic: "\(Arithmetic.present(arithmetic.precision))",
      gaps: skewGaps.sums.map { TrainerState.GapSum(sum: $0.sum, count: $0.count) }, held: optimizer.held,
      recent: try recent.compactMap(\.self).map { Data(try $0.encoded()) })
    let all = try replicas.gather(Array(JSONEncoder().encode(own))).map {
      try JSONDecoder().decode(ReplicaState.self, from: Data($0))
    }
    for (rank, other) in all.enumerated() where other.arithmetic != own.arithmetic {
      throw StudentError.otherArithmetic(rank: rank, theirs: other.arithmetic, ours: own.arithmetic)
    }
    guard let source = all.indices.max(by: { (all[$0].step, $1) < (all[$1].step, $0) }) else { return true }
    let isBehind = all.map { $0.digest != all[source].digest || $0.step != all[source].step }
    guard sharing.shardsOptimizer else {
      try take(
        [learning.trained.learning, optimizer.firstMoments, optimizer.secondMoments], of: all[source], rank: source,
        isBehind, replicas)
      return true
    }
    let shares = shares(of: replicas.size, optimizer)
    let plan = MomentShards(
      held: all.indices.map { isBehind[$0] ? [] : all[$0].held }, wanted: all.indices.map(shares.ranges))
    guard let plan else { return false }
    let moments = plan.isIdle ? nil : try plan.deal(optimizer, replicas)
    try take([learning.trained.learning], of: all[source], rank: source, isBehind, replicas)
    if let moments {
      optimizer.hold(moments.ranges, firstMoments: moments.first, secondMoments: moments.second)
    }
    return true
  }

  /// How so many replicas share out what learns.
  private func shares(of size: Int, _ optimizer: AdamW) -> GradientShares {
    GradientShares(model.transformer, optimizer, sharing, isAdapted: learning.adapters != nil, size: size)
  }

  /// Gives those that are behind what another one has.
  private func take(
    _ parts: [ParameterBuffer], of state: ReplicaState, rank source: Int, _ isBehind: [Bool],
    _ replicas: GroupReplicas
  ) throws {
    guard isBehind.contains(true), let optimizer else { return }
    // Those that are behind receive apart, so that half a state is never there.
    let copies = try parts.map { part in
      let copy = replicas.rank == source ? part : ParameterBuffer(count: part.count)
      try replicas.broadcast(copy.view, from: source)
      return copy
    }
    guard isBehind[replicas.rank] else { return }
    for (part, copy) in zip(parts, copies) { part.view.copyInParallel(from: copy.view) }
    optimizer.adopt(stepCount: state.step)
    skewGaps.adopt(state.gaps.map { GapSum(sum: $0.sum, count: $0.count) })
    if arithmetic.precision == .bfloat16 { learning.trained.updateRounded() }
    learning.merge()
    model.parametersChanged()
    digest = (optimizer.stepCount, state.digest)
    // Whoever has made a step knows what it measured; the source may be gone before it has told.
    adopt(try state.recent.map { try TrainResponse(decoding: Array($0)) })
  }

  /// The moments of all parameters; nil where another replica gets them.
  func wholeMoments(
    of optimizer: AdamW, _ replicas: GroupReplicas?
  ) throws -> (first: ParameterBuffer, second: ParameterBuffer)? {
    guard let replicas, replicas.size > 1 else {
      guard optimizer.holdsAll else { throw DistillationError.momentsElsewhere }
      return (optimizer.firstMoments, optimizer.secondMoments)
    }
    let shares = shares(of: replicas.size, optimizer)
    let held = (0..<replicas.size).map(shares.ranges)
    let all = 0..<optimizer.parameterCount
    guard optimizer.held == held[replicas.rank],
      let plan = MomentShards(held: held, wanted: held.indices.map { $0 == 0 ? [all] : [] })
    else { throw DistillationError.momentsElsewhere }
    let moments = try plan.deal(optimizer, replicas)
    return replicas.rank == 0 ? (moments.first, moments.second) : nil
  }
}

/// What a replica tells the others when they meet.
private struct ReplicaState: Codable {
  let step: Int
  let digest: String
  let arithmetic: String
  let gaps: [TrainerState.GapSum]
  /// Whose moments it has.
  let held: [Range<Int>]
  /// What its last steps measured, TrainResponses.
  let recent: [Data]
}
