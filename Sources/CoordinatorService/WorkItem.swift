internal import Crypto
internal import Foundation
internal import Recipes
internal import Sequences

/// Which prompts a model is to complete, as part of which stage.
public struct WorkItemKey: Sendable, Hashable, Codable {
  /// A stage of generation.
  public enum Stage: Sendable, Hashable, Codable {
    /// The teacher answers the training prompts, once.
    case teacher
    /// The teacher answers the held-out prompts.
    case teacherEvaluation
    /// The student answers the prompts of a round.
    case student(round: Int)
    /// The student's log-probs of a round's pairs before it learns from them.
    case reference(round: Int)
  }

  /// The stage.
  public var stage: Stage
  /// Index among the stage's items.
  public var index: Int

  /// Names an item.
  public init(stage: Stage, index: Int) { (self.stage, self.index) = (stage, index) }

  /// True where the student does the work.
  var isStudents: Bool {
    switch stage {
    case .student, .reference: true
    case .teacher, .teacherEvaluation: false
    }
  }
}

extension RunPlan {
  /// Samples whose prompts a stage completes, in the order in which training first needs them.
  public func samples(of stage: WorkItemKey.Stage) -> [Int] {
    orders.samples(.stage(stage)) { unfolded(stage) }
  }

  private func unfolded(_ stage: WorkItemKey.Stage) -> [Int] {
    switch stage {
    case .teacherEvaluation: return Array(0..<evalCount)
    case .teacher: return teacherWrites ? teacherSamples : []
    case .student(let round):
      return !studentWrites ? [] : mixture == nil ? unfolded(round: round) : mixedSamples(ofRound: round)
    case .reference(let round): return keepsReference ? unfolded(round: round) : []
    }
  }

  /// The samples that are trained on the teacher's text at some time; where the share of the student's follows what is measured, all.
  private var teacherSamples: [Int] {
    guard mixture != nil, !replays else { return Array(order(ofEpoch: 0).prefix(maxSteps * batchSize)) }
    return firstUses(in: 1...maxSteps, of: .teacher)
  }

  /// The samples of a round, in the order of their first use.
  private func unfolded(round: Int) -> [Int] {
    var seen: Set<Int> = []
    var epoch = -1
    var order: [Int] = []
    var samples: [Int] = []
    for position in start(ofRound: round)..<start(ofRound: round + 1) where seen.count < sampleCount {
      if position / stepsPerEpoch != epoch {
        epoch = position / stepsPerEpoch
        order = self.order(ofEpoch: epoch)
      }
      let first = position % stepsPerEpoch * batchSize
      for sample in order[first..<min(first + batchSize, sampleCount)] where seen.insert(sample).inserted {
        samples.append(sample)
      }
    }
    return samples
  }

  /// Number of work items of a stage.
  public func itemCount(of stage: WorkItemKey.Stage) -> Int {
    (samples(of: stage).count + itemSize - 1) / itemSize
  }

  /// Samples of an item: a fixed batch, so that its reply is the same bytes on a repeat.
  public func samples(of key: WorkItemKey) -> [Int] {
    Array(samples(of: key.stage).dropFirst(key.index * itemSize).prefix(itemSize))
  }

  /// The seed with which a sample's completion is drawn in a stage.
  public func seed(of sample: Int, in stage: WorkItemKey.Stage) -> UInt64 {
    let (stream, round): (SeedStream, Int) =
      switch stage {
      case .teacher: (.teacherText, 0)
      case .teacherEvaluation: (.teacherEvaluation, 0)
      case .student(let round), .reference(let round): (.studentText, round)
      }
    var generator = SeededGenerator(seed: seed, path: stream.rawValue, UInt64(round), UInt64(sample))
    return generator.next()
  }
}

/// SHA-256 of what a piece of work depends on: the name under which it is repeated, cached and resumed.
enum ContentName {
  /// Lower-case hex digest of the parts, each preceded by its length.
  static func of(_ parts: [[UInt8]]) -> String {
    var hash = SHA256()
    for part in parts {
      withUnsafeBytes(of: UInt64(part.count).littleEndian) { hash.update(bufferPointer: $0) }
      hash.update(data: part)
    }
    return hash.finalize().map { String(format: "%02x", $0) }.joined()
  }
}
