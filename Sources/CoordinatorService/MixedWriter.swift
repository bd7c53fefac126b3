internal import Recipes
package import Sequences
internal import WireFormat

/// Asks student and teachers in turn until texts have ended.
package struct MixedWriter: Sendable {
  private let student: any StudentConnection
  private let teacher: @Sendable (_ name: String) -> TeacherFacade?
  private let sampling: SamplingOptions

  /// Takes both writers.
  ///
  /// - Parameters:
  ///   - teacher: The teacher of a name.
  ///   - sampling: How both draw.
  package init(
    student: any StudentConnection, sampling: SamplingOptions,
    teacher: @escaping @Sendable (_ name: String) -> TeacherFacade?
  ) {
    (self.student, self.sampling, self.teacher) = (student, sampling, teacher)
  }

  /// Writes texts to their ends: about as many calls as the text with the most tokens of the teacher has of them.
  ///
  /// - Parameter names: Of the teachers of the texts.
  package func write(_ texts: MixedTexts, teachers names: [String]) async throws -> [[TokenID]] {
    var texts = texts
    while true {
      let own = texts.pieces(of: .student)
      if !own.isEmpty {
        let written = try await student.complete(
          own.map(\.prompt), sampling, seeds: own.map(\.seed), limits: own.map(\.limit))
        try texts.take(written, for: own)
      }
      let others = texts.pieces(of: .teacher)
      if own.isEmpty, others.isEmpty { return texts.completions }
      for (name, pieces) in Dictionary(grouping: others, by: { names[$0.place] }).sorted(by: { $0.key < $1.key }) {
        try texts.take(try await draw(pieces, of: name), for: pieces)
      }
    }
  }

  private func draw(_ pieces: [MixedTexts.Piece], of name: String) async throws -> [Completion] {
    guard let facade = teacher(name) else { throw TeacherProblem(address: "no address", reason: CancellationError()) }
    do {
      return try await facade.complete(
        pieces.map(\.prompt), sampling.limited(to: 1), seeds: pieces.map(\.seed)
      ).ordered(count: pieces.count)
    } catch {
      throw TeacherProblem(address: facade.address, reason: error)
    }
  }
}

extension RunMaterial {
  /// Has an item's texts written by student and teacher together; returns them with the student's log-probs of all tokens, as
  /// ``WrittenText`` has them. Who drew a token knows its own log-prob of it alone, so that the student scores the texts afterwards.
  func writeMixed(
    _ key: WorkItemKey, student: any StudentConnection, _ dependencies: RunDependencies
  ) async throws -> [[UInt32]] {
    let chosen = plan.samples(of: key)
    let prompts = chosen.map { samples[$0].prompt }
    let sampling = recipe.generation?.sampling ?? SamplingOptions(maxNewTokens: 1)
    let texts = MixedTexts(
      prompts: prompts, coins: chosen.map { plan.coins(of: $0, round: key.stage.round) },
      limits: prompts.map { min(sampling.maxNewTokens, max(limits.sequence - $0.count, 0)) })
    let writer = MixedWriter(student: student, sampling: sampling) { dependencies.teacher(named: $0) }
    let completions = try await writer.write(texts, teachers: chosen.map { samples[$0].teacher ?? "" })
    let batch = SequenceBatch(zip(prompts, completions).map { TokenSequence(prompt: $0, completion: $1) })
    let logprobs = try await student.score(batch)
    guard logprobs.count == batch.scoredPositions.count else { throw ReplyError.scoreEndedEarly }
    return zip(completions, batch.scoredPositions.ranges).map { completion, range in
      WrittenText.words(of: completion, logprobs: logprobs[range])
    }
  }
}
