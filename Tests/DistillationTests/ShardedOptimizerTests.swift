import Distillation
import Kernels
import Optimization
import Sequences
import Testing
import Transformer

/// All that a student has learnt.
private struct Learnt: Equatable, Sendable {
  let step: Int
  let parameters: [Float]
  let firstMoments: [Float]
  let secondMoments: [Float]

  /// Of a replica, whose moments are collected from all.
  init(_ trainer: StudentTrainer, _ group: (any ReplicaGroup)? = nil) throws {
    let optimizer = trainer.optimizer
    (step, parameters) = (optimizer.stepCount, trainer.parameters.view.array)
    guard let group, group.size > 1 else {
      (firstMoments, secondMoments) = (optimizer.firstMoments.view.array, optimizer.secondMoments.view.array)
      return
    }
    let held = try group.gather(optimizer.held.flatMap { [$0.lowerBound, $0.upperBound] }.flatMap(Self.bytes))
      .map { bytes in
        let numbers = stride(from: 0, to: bytes.count, by: 4).map { Self.number(bytes[$0..<$0 + 4]) }
        return stride(from: 0, to: numbers.count, by: 2).map { numbers[$0]..<numbers[$0 + 1] }
      }
    let all = 0..<optimizer.parameterCount
    let plan = try #require(MomentShards(held: held, wanted: held.map { _ in [all] }))
    let moments = try plan.deal(optimizer, group)
    (firstMoments, secondMoments) = (moments.first.view.array, moments.second.view.array)
  }

  private static func bytes(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
  private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reversed().reduce(0) { $0 << 8 | Int($1) } }
}

@Suite("An optimizer that replicas share out")
struct ShardedOptimizerTests {
  /// Blocks of the small student are buckets of their own.
  private static func sharing(_ shards: Bool, _ overlaps: Bool) -> ReplicaSharing {
    var sharing = ReplicaSharing(shardsOptimizer: shards, overlaps: overlaps)
    sharing.leastBucket = 256
    return sharing
  }

  @Test(
    "makes the same steps to the bit, sharded or not, with sums that overlap or not", arguments: precisions, [2, 4, 7])
  func anyNumber(_ precision: ProductPrecision, _ partCount: Int) throws {
    let uneven = try UnevenBatch()
    @Sendable func steps(
      _ sharing: ReplicaSharing, _ group: (any ReplicaGroup)?
    ) throws -> ([StepMeasurements], Learnt, Int) {
      let trainer = try uneven.trainer(precision, isAdaptive: true, partCount: partCount, sharing: sharing)
      if let group { try trainer.shareMoments(group) }
      let measured = try (0..<3).map { _ in
        try trainer.step(uneven.batch(microBatchSize: 2), teacher: uneven.scores, replicas: group)
      }
      return (measured, try Learnt(trainer, group), trainer.optimizer.firstMoments.count)
    }
    let alone = try steps(ReplicaSharing(), nil)
    #expect(alone.0[0].gradientNorm > 0 && alone.1.step == 3)
    for size in [1, 2, 3, 4, 5] {
      for (shards, overlaps) in [(true, true), (true, false), (false, true), (false, false)] {
        let found = try replicas(size) { try steps(Self.sharing(shards, overlaps), $0) }
        for (measured, learnt, _) in found {
          #expect(measured == alone.0)
          #expect(learnt == alone.1)
        }
        let held = found.map(\.2)
        #expect(held.reduce(0, +) == (shards ? 1 : size) * alone.2)
      }
    }
  }

  @Test("sums blocks while others are computed")
  func buckets() throws {
    let uneven = try UnevenBatch()
    let calls = try replicas(2) { group in
      let trainer = try uneven.trainer(.float32, partCount: 2, sharing: Self.sharing(false, true))
      _ = try trainer.step(uneven.batch(microBatchSize: 2), teacher: uneven.scores, replicas: group)
      return group.callCount
    }
    // An exchange and a gather of each block and of the embeddings, and one report.
    #expect(calls == [Int](repeating: 2 * (uneven.transformer.layout.blockStarts.count + 1) + 1, count: 2))
  }

  @Test(
    "a replica that is lost at any point of a step leaves the old parameters or the new ones, and a checkpoint goes on")
  func loss() throws {
    let uneven = try UnevenBatch()
    @Sendable func batch() throws -> TrainingBatch { try uneven.batch(microBatchSize: 2) }
    let alone = try uneven.trainer(.float32, partCount: 4)
    var states = [try Learnt(alone)]
    for _ in 0..<3 {
      _ = try alone.step(batch(), teacher: uneven.scores)
      states.append(try Learnt(alone))
    }
    let after = states
    let sharing = Self.sharing(true, true)
    let calls = try replicas(3) { group in
      let trainer = try uneven.trainer(.float32, partCount: 4, sharing: sharing)
      try trainer.shareMoments(group)
      let begin = group.callCount
      _ = try trainer.step(batch(), teacher: uneven.scores, replicas: group)
      let middle = group.callCount
      _ = try trainer.step(batch(), teacher: uneven.scores, replicas: group)
      return (begin, middle, group.callCount)
    }[0]
    #expect(calls.2 - calls.1 == calls.1 - calls.0)
    var survivals = Set<Int>()
    for call in calls.1 + 1...calls.2 + 1 {
      let survivors = try replicas(3, loss: (rank: 1, call: call)) { group -> (Int, [Float], Bool, Bool) in
        let trainer = try uneven.trainer(.float32, partCount: 4, sharing: sharing)
        try trainer.shareMoments(group)
        _ = try trainer.step(batch(), teacher: uneven.scores, replicas: group)
        let held = trainer.optimizer.held
        var isLost = false
        do {
          _ = try trainer.step(batch(), teacher: uneven.scores, replicas: group)
        } catch DistillationError.replicaLost { isLost = true }
        let step = trainer.optimizer.stepCount
        // Whoever is left makes no step without the others' moments.
        #expect(throws: DistillationError.momentsElsewhere) { _ = try trainer.step(batch(), teacher: uneven.scores) }
        return (step, trainer.parameters.view.array, isLost, trainer.optimizer.held == held)
      }
      for (rank, survivor) in survivors.enumerated() {
        #expect(survivor.1 == after[survivor.0].parameters, "rank \(rank), call \(call)")
        #expect(survivor.2 == (survivor.0 == 1))
        // Moments that are ahead of the parameters are given up.
        #expect(survivor.3 == !(survivor.0 == 1 && call == calls.2), "rank \(rank), call \(call)")
        survivals.insert(survivor.0)
      }
    }
    #expect(survivals == [1, 2])
    // Two that are left load what was saved after the first step.
    let resumed = try replicas(2) { group in
      let saved = after[1]
      let trainer = try uneven.trainer(.float32, partCount: 4, sharing: sharing)
      trainer.parameters.view.copy(from: saved.parameters)
      trainer.optimizer.firstMoments.view.copy(from: saved.firstMoments)
      trainer.optimizer.secondMoments.view.copy(from: saved.secondMoments)
      trainer.optimizer.adopt(stepCount: 1)
      try trainer.shareMoments(group)
      for _ in 0..<2 { _ = try trainer.step(batch(), teacher: uneven.scores, replicas: group) }
      return try Learnt(trainer, group)
    }
    for learnt in resumed { #expect(learnt == after[3]) }
  }

  @Test("all refuse a step that one of them refuses, and go on after it")
  func refusal() throws {
    let uneven = try UnevenBatch()
    let alone = try uneven.trainer(.float32, partCount: 4)
    _ = try alone.step(uneven.batch(microBatchSize: 2), teacher: uneven.scores)
    let expected = try Learnt(alone)
    let found = try replicas(3) { group in
      let trainer = try uneven.trainer(.float32, partCount: 4, sharing: Self.sharing(true, true))
      try trainer.shareMoments(group)
      var scores = uneven.scores
      if group.rank == 2 { scores.fullLogprobs[scores.fullLogprobs.count - 5] = .nan }
      #expect(throws: DistillationError.self) {
        _ = try trainer.step(uneven.batch(microBatchSize: 2), teacher: scores, replicas: group)
      }
      #expect(trainer.optimizer.stepCount == 0)
      _ = try trainer.step(uneven.batch(microBatchSize: 2), teacher: uneven.scores, replicas: group)
      return try Learnt(trainer, group)
    }
    for learnt in found { #expect(learnt == expected) }
  }

  @Test("moments go to whoever wants them, from whoever has them")
  func deal() throws {
    let layout = ParameterLayout([(name: "a", shape: [40])])
    @Sendable func optimizer(_ ranges: [Range<Int>]) throws -> AdamW {
      let made = AdamW(
        layout: layout, options: try AdamWOptions(),
        schedule: try LearningRateSchedule(shape: .constant, peak: 1, maxSteps: 1))
      let count = ranges.reduce(0) { $0 + $1.count }
      let (first, second) = (ParameterBuffer(count: count), ParameterBuffer(count: count))
      for (place, index) in ranges.joined().enumerated() {
        first.view[place] = Float(index)
        second.view[place] = Float(-index)
      }
      made.hold(ranges, firstMoments: first, secondMoments: second)
      return made
    }
    let cases: [(held: [[Range<Int>]], wanted: [[Range<Int>]])] = [
      ([[0..<40], [0..<40]], [[20..<40], [0..<20]]),
      ([[30..<40, 0..<10], [10..<30], []], [[5..<15], [35..<40, 0..<5], [15..<35]]),
      ([[0..<20], [20..<40]], [[0..<40], []]),
      ([[10..<20], [0..<40]], [[5..<25], [25..<40, 0..<5]]),
    ]
    for example in cases {
      let plan = try #require(MomentShards(held: example.held, wanted: example.wanted))
      let found = try replicas(example.held.count) { group in
        let moments = try plan.deal(optimizer(example.held[group.rank]), group)
        return (moments.ranges, moments.first.view.array, moments.second.view.array)
      }
      for (rank, moments) in found.enumerated() {
        #expect(moments.0 == example.wanted[rank])
        #expect(moments.1 == example.wanted[rank].joined().map(Float.init))
        #expect(moments.2 == example.wanted[rank].joined().map { Float(-$0) })
      }
    }
    #expect(MomentShards(held: [[0..<20], [21..<40]], wanted: [[0..<40], []]) == nil)
  }
}
