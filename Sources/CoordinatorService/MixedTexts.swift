package import Sequences

/// Texts that student and teacher write together: whoever's turn it is draws the next token, so that each token comes from
/// `α p + (1 − α) q`. A draw from a mixture is a coin first, and all coins of a text are known before its first token.
///
/// Calls are few: the student goes on alone up to a text's next token of the teacher, and the teacher draws one token of each text that
/// waits for it.
package struct MixedTexts: Sendable {
  /// What one writer is asked about one text: to go on from `prompt` by at most `limit` tokens.
  package struct Piece: Sendable, Hashable {
    /// The text's place.
    package let place: Int
    /// Prompt and what is written so far.
    package let prompt: [TokenID]
    /// Seed of what is to be drawn.
    package let seed: UInt64
    /// Most tokens.
    package let limit: Int
  }

  /// Who draws a token.
  package enum Writer: Sendable, Hashable { case student, teacher }

  private struct Text: Sendable {
    let prompt: [TokenID]
    let coins: TeacherCoins
    let limit: Int
    var written: [TokenID] = []
    var isEnded = false
    /// The first place from the text's end on that is the teacher's; the limit where none is.
    var nextTeachers: Int

    init(_ prompt: [TokenID], _ coins: TeacherCoins, limit: Int) {
      (self.prompt, self.coins, self.limit) = (prompt, coins, limit)
      (isEnded, nextTeachers) = (limit == 0, coins.first(in: 0..<limit) ?? limit)
    }

    var writer: Writer { nextTeachers == written.count ? .teacher : .student }
  }

  private var texts: [Text]

  /// Begins texts, all empty.
  ///
  /// - Parameters:
  ///   - prompts: What they follow.
  ///   - coins: Of each text, in the prompts' order.
  ///   - limits: Most tokens of each.
  package init(prompts: [[TokenID]], coins: [TeacherCoins], limits: [Int]) {
    texts = prompts.indices.map { Text(prompts[$0], coins[$0], limit: limits[$0]) }
  }

  /// What is written.
  package var completions: [[TokenID]] { texts.map(\.written) }

  /// What a writer can go on with, in the order of the texts; both have nothing where all texts have ended.
  package func pieces(of writer: Writer) -> [Piece] {
    texts.indices.filter { !texts[$0].isEnded && texts[$0].writer == writer }.map { place in
      let (text, position) = (texts[place], texts[place].written.count)
      return Piece(
        place: place, prompt: text.prompt + text.written, seed: text.coins.drawSeed(at: position),
        limit: writer == .teacher ? 1 : text.nextTeachers - position)
    }
  }

  /// Takes what a writer made of its pieces: one completion for each, in their order.
  ///
  /// - Throws: ``ReplyError/otherLength(promptIndex:expected:found:)`` where a completion is longer than was asked, or empty: a text that
  ///   does not go on would be asked for forever.
  mutating func take(_ completions: [Completion], for pieces: [Piece]) throws(ReplyError) {
    for (piece, completion) in zip(pieces, completions) {
      let count = completion.tokenIDs.count
      guard (1...piece.limit).contains(count) else {
        throw .otherLength(promptIndex: completion.promptIndex, expected: 1...piece.limit, found: count)
      }
      var text = texts[piece.place]
      text.written += completion.tokenIDs
      // One that is cut before its limit fills the writer's context.
      text.isEnded = completion.finishReason == .stop || count < piece.limit || text.written.count == text.limit
      text.nextTeachers = text.coins.first(in: text.written.count..<text.limit) ?? text.limit
      texts[piece.place] = text
    }
  }
}

/// Which tokens of one text are the teacher's, and with which seeds tokens are drawn: a function of the run's seed, the round, the sample
/// and a token's place.
package struct TeacherCoins: Sendable, Hashable {
  /// α.
  let share: Double
  let seed: UInt64
  let round: Int
  let sample: Int

  /// Whether a token is the teacher's.
  package func isTeachers(_ position: Int) -> Bool {
    var generator = generator(position)
    return generator.nextUnit() < share
  }

  /// The first of some places that is the teacher's.
  func first(in positions: Range<Int>) -> Int? { positions.first(where: isTeachers) }

  /// Seed of what is drawn from a place on. The coin is the generator's first number.
  func drawSeed(at position: Int) -> UInt64 {
    var generator = generator(position)
    _ = generator.next()
    return generator.next()
  }

  private func generator(_ position: Int) -> SeededGenerator {
    SeededGenerator(
      seed: seed, path: SeedStream.teacherMix.rawValue, UInt64(round), UInt64(sample), UInt64(position))
  }
}

extension RunPlan {
  /// The coins of a sample's text in a round.
  package func coins(of sample: Int, round: Int) -> TeacherCoins {
    TeacherCoins(share: teacherMix, seed: seed, round: round, sample: sample)
  }

  /// Share of a step's tokens that the teacher drew.
  ///
  /// - Parameter lengths: Of the completions of the step's samples.
  func teacherTokenShare(ofStep step: Int, lengths: [Int]) -> Double {
    let (round, samples) = (round(at: step - 1), samples(ofStep: step))
    // Behind the samples stand rows of a corpus.
    let lengths = lengths.prefix(samples.count)
    let counts = zip(samples, lengths).map { sample, length in
      (0..<length).count(where: coins(of: sample, round: round).isTeachers)
    }
    return Double(counts.reduce(0, +)) / Double(max(lengths.reduce(0, +), 1))
  }
}
