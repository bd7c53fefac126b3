import Distillation
import Kernels
import Optimization
import Sequences
import Testing
import Transformer

@Suite("Replicas of a student")
struct ReplicaTests {
  @Test("make the same steps to the bit, however many they are", arguments: precisions, [2, 4, 7])
  func anyNumber(_ precision: ProductPrecision, _ partCount: Int) throws {
    let uneven = try UnevenBatch()
    @Sendable func steps(_ group: (any ReplicaGroup)?) throws -> ([StepMeasurements], [Float]) {
      let trainer = try uneven.trainer(precision, isAdaptive: true, partCount: partCount)
      let measured = try (0..<3).map { _ in
        try trainer.step(uneven.batch(microBatchSize: 2), teacher: uneven.scores, replicas: group)
      }
      return (measured, trainer.parameters.view.array)
    }
    let alone = try steps(nil)
    #expect(alone.0[0].gradientNorm > 0)
    for size in [1, 2, 3, 4, 5, 9] {
      for (measured, parameters) in try replicas(size, { try steps($0) }) {
        #expect(measured == alone.0)
        #expect(parameters == alone.1)
      }
    }
  }

  @Test("need of the teacher what it says of their own parts", arguments: [2, 4, 7])
  func ownScores(_ partCount: Int) throws {
    let uneven = try UnevenBatch()
    let ranges = uneven.sequences.scoredPositions.ranges
    @Sendable func step(_ group: (any ReplicaGroup)?) throws -> (StepMeasurements, [Float], Int) {
      let trainer = try uneven.trainer(.float32, isAdaptive: true, partCount: partCount)
      let batch = try uneven.batch(microBatchSize: 2)
      let parts = batch.askedParts(ofAtMost: partCount, trainer.objective)
      #expect(parts.flatMap(\.self) == Array(0..<uneven.sequences.count))
      var (scores, scored) = (uneven.scores, 0..<uneven.sequences.count)
      if let group {
        let own = parts[SummationTree(count: parts.count).shares(of: group.size)[group.rank]]
        scored = (own.first?.lowerBound ?? 0)..<(own.last?.upperBound ?? 0)
        let positions = ranges[scored]
        scores = scores.positions((positions.first?.lowerBound ?? 0)..<(positions.last?.upperBound ?? 0))
      }
      let measured = try trainer.step(batch, teacher: scores, scored: scored, replicas: group)
      return (measured, trainer.parameters.view.array, scores.positionCount)
    }
    let alone = try step(nil)
    for size in [1, 2, 3, 5, 9] {
      let found = try replicas(size) { try step($0) }
      for (measured, parameters, _) in found { #expect(measured == alone.0 && parameters == alone.1) }
      #expect(found.reduce(0) { $0 + $1.2 } == alone.2)
    }
  }

  @Test("ask about a batch at once where losses compare what the teacher says of several sequences")
  func askedAtOnce() throws {
    let golden: GoldenPairs = try DistillationTests.golden("pairs.json")
    let example = golden.cases[0]
    let batch = try golden.batch(example, microBatchSize: 2)
    #expect(try batch.askedParts(ofAtMost: 3, golden.objective(example)).isEmpty)
    let uneven = try UnevenBatch()
    #expect(try uneven.batch(microBatchSize: 2).askedParts(ofAtMost: 1, uneven.trainer(.float32).objective).isEmpty)
  }

  /// Tolerance: the same sums in another order; where a product's rows depend on how many there are, rows that differ in their last bits.
  @Test("make the step of one student, but for the order of sums")
  func samePart() throws {
    let uneven = try UnevenBatch()
    let runs = try [1, 4].map { partCount in
      let trainer = try uneven.trainer(.float32, partCount: partCount)
      return try trainer.step(uneven.batch(microBatchSize: 4), teacher: uneven.scores)
    }
    #expect(abs(runs[0].loss - runs[1].loss) <= 1e-6 * runs[0].loss)
    #expect(abs(runs[0].gradientNorm - runs[1].gradientNorm) <= 1e-5 * runs[0].gradientNorm)
  }

  @Test("keep pairs together")
  func pairs() throws {
    let golden: GoldenPairs = try DistillationTests.golden("pairs.json")
    let example = golden.cases[0]
    @Sendable func steps(_ group: (any ReplicaGroup)?) throws -> ([StepMeasurements], [Float]) {
      let student = try TinyStudent(golden.start)
      let trainer = try student.trainer(golden.objective(example), partCount: 3)
      let teacher = example.reference == .teacher ? golden.scores : PositionScores()
      let measured = try (0..<3).map { _ in
        try trainer.step(golden.batch(example, microBatchSize: 2), teacher: teacher, replicas: group)
      }
      return (measured, student.parameters.view.array)
    }
    let alone = try steps(nil)
    for size in 1...4 {
      for (measured, parameters) in try replicas(size, { try steps($0) }) {
        #expect(measured == alone.0)
        #expect(parameters == alone.1)
      }
    }
  }

  @Test("all refuse a step that one of them refuses, and go on after it")
  func refusal() throws {
    let uneven = try UnevenBatch()
    let failures = try replicas(3) { group in
      let trainer = try uneven.trainer(.float32, partCount: 4)
      var scores = uneven.scores
      // A position of the last part alone.
      if group.rank == 2 { scores.fullLogprobs[scores.fullLogprobs.count - 5] = .nan }
      let before = trainer.parameters.view.array
      var failure: DistillationError?
      do {
        let batch = try uneven.batch(microBatchSize: 2)
        _ = try trainer.step(batch, teacher: scores, replicas: group)
      } catch let error as DistillationError { failure = error }
      #expect(trainer.parameters.view.array == before && trainer.optimizer.stepCount == 0)
      let after = try trainer.step(uneven.batch(microBatchSize: 2), teacher: uneven.scores, replicas: group)
      return (failure, after, trainer.parameters.view.array)
    }
    for rank in 0..<2 {
      guard case .replicaFailed(2, let reason)? = failures[rank].0 else {
        Issue.record("\(String(describing: failures[rank].0))")
        continue
      }
      #expect(reason == failures[2].0.map { "\($0)" })
    }
    let alone = try uneven.trainer(.float32, partCount: 4)
    let step = try alone.step(uneven.batch(microBatchSize: 2), teacher: uneven.scores)
    for failure in failures {
      #expect(failure.1 == step && failure.2 == alone.parameters.view.array)
    }
  }

  @Test("a tree is added in one order whatever its parts' shares are", arguments: 1...17)
  func tree(_ count: Int) {
    let tree = SummationTree(count: count)
    func name(_ node: Range<Int>) -> String {
      guard node.count > 1 else { return "\(node.lowerBound)" }
      let middle = SummationTree.middle(of: node)
      #expect(node.lowerBound < middle && middle < node.upperBound)
      return "(\(name(node.lowerBound..<middle)) \(name(middle..<node.upperBound)))"
    }
    for size in 1...20 {
      let shares = tree.shares(of: size)
      #expect(shares.flatMap(\.self) == Array(0..<count))
      let nodes = shares.flatMap(tree.nodes)
      #expect(nodes.flatMap(\.self) == Array(0..<count))
      var sums = nodes.map(name)
      let place = tree.add(nodes) { sums[$0] = "(\(sums[$0]) \(sums[$1]))" }
      #expect(sums[place] == name(tree.root))
    }
  }

  @Test("segments are sorted into parts of about as many tokens, none of them empty")
  func parts() throws {
    let uneven = try UnevenBatch()
    let total = uneven.sequences.tokenIDs.count
    for count in [1, 2, 3, 4, 8, 30] {
      let segments = GradientSegments(uneven.sequences, parts: count)
      let parts = segments.parts(ofAtMost: count, uneven.sequences)
      #expect(parts.flatMap(\.self) == Array(segments.sequences.indices))
      #expect(parts.count <= count && parts.allSatisfy { !$0.isEmpty })
      let starts = uneven.sequences.sequenceStarts
      for part in parts {
        let rows =
          starts[segments.sequences[part.upperBound - 1].upperBound]
          - starts[segments.sequences[part.lowerBound].lowerBound]
        // A segment is as long as one part and the longest sequence at most.
        #expect(rows <= 2 * (total / count + 512))
      }
    }
  }
}
