internal import GRPCCore
internal import Sequences
internal import Synchronization
internal import WireBytes
internal import WireFormat

/// Teachers that know other tokens than the students of a run, by the names under which these students ask them.
public final class TranslationShelf: Sendable {
  private let translators: Mutex<[String: TeacherTranslator]> = Mutex([:])

  /// Makes an empty shelf.
  public init() {}

  /// The name under which students of a run ask a teacher that knows other tokens.
  static func name(run: String, teacher: String) -> String { "\(run)/\(teacher)" }

  func put(_ translator: TeacherTranslator, named name: String) { translators.withLock { $0[name] = translator } }

  func translator(named name: String) -> TeacherTranslator? { translators.withLock { $0[name] } }

  /// Takes away what a run put here.
  func clear(run: String) {
    translators.withLock { $0 = $0.filter { !$0.key.hasPrefix(Self.name(run: run, teacher: "")) } }
  }
}

/// Asks a teacher in its own tokens about sequences in the student's, and gives its answer in the student's.
struct TeacherTranslator: Sendable {
  /// The teacher's name at the coordinator; empty: the one.
  let teacher: String
  let translation: TokenTranslation
  /// The teacher's ids of a student's prompt.
  let prompts: [[TokenID]: [TokenID]]

  /// Bytes of a message of the reply, about.
  private static let chunkBytes = 1 << 20

  /// Answers a request of a student.
  ///
  /// - Throws: FAILED_PRECONDITION where what is asked cannot be said in other tokens, or a prompt is not the run's.
  func reply(
    to request: TeacherServiceScoreRequest, from facade: TeacherFacade,
    write: @escaping @Sendable (WireBytes) async throws -> Void
  ) async throws {
    let batch = try SequenceBatch(request.sequences, field: "sequences")
    let options = try ScoreOptions(request.options, positionCount: batch.scoredPositions.count)
    guard options.topCount > 0 || options.tokenLogprobs, !options.fullLogprobs, !options.hiddenState, !options.entropy,
      options.gatherCount == 0
    else {
      throw RPCError(
        code: .failedPrecondition,
        message: "a teacher with another tokenizer gives top log-probs and those of the text: set objective.loss_top_k")
    }
    guard options.topCount < translation.vocabSize else {
      throw RPCError(
        code: .failedPrecondition,
        message: "set objective.loss_top_k below the student's vocabulary, \(translation.vocabSize)")
    }
    let questions = try batch.sequences.map { try Question($0, self) }
    let asked = try await ask(questions, options, facade)
    var scores = PositionScores()
    var first = 0
    for question in questions {
      var view = question.view
      view.scores = asked.positions(first..<first + view.tokenIDs.count)
      first += view.tokenIDs.count
      var own = translation.scores(
        of: question.completion, pieces: question.pieces, teacher: view, topCount: options.topCount)
      if !options.tokenLogprobs { own.tokenLogprobs = [] }
      scores.append(own)
    }
    try await send(scores, options, write)
  }

  /// A student's sequence, and the teacher's of the same text.
  private struct Question {
    let completion: [TokenID]
    let pieces: [[UInt8]]
    let prompt: [TokenID]
    let view: TokenTranslation.TeacherView

    init(_ sequence: TokenSequence, _ translator: TeacherTranslator) throws {
      let ids = Array(sequence.tokenIDs)
      let own = Array(ids.prefix(sequence.promptLength))
      completion = Array(ids.dropFirst(sequence.promptLength))
      guard let prompt = translator.prompts[own] else {
        throw RPCError(code: .failedPrecondition, message: "a prompt is none of the run's: ask about its data alone")
      }
      self.prompt = prompt
      guard let pieces = translator.translation.pieces(of: completion, after: own),
        let view = translator.translation.view(of: completion, pieces: pieces, after: prompt)
      else {
        throw RPCError(
          code: .failedPrecondition,
          message: "a tokenizer changes the text that it joins, so that its tokens have no bytes of their own: "
            + "take a method that needs only the teacher's text, such as seqkd")
      }
      (self.pieces, self.view) = (pieces, view)
    }
  }

  /// The teacher's answer about all sequences in its own tokens.
  private func ask(_ questions: [Question], _ options: ScoreOptions, _ facade: TeacherFacade) async throws
    -> PositionScores
  {
    let vocabSize = Int(try await facade.describe().vocabSize)
    let sequences = SequenceBatch(questions.map { TokenSequence(prompt: $0.prompt, completion: $0.view.tokenIDs) })
    let own = ScoreOptions(tokenLogprobs: true, topCount: options.topCount)
    let request = TeacherServiceScoreRequest(sequences: WireSequenceBatch(sequences), options: WireScoreOptions(own))
    var reply = ScoreReply(
      positionCount: sequences.scoredPositions.count, options: own, vocabSize: vocabSize)
    for message in try await facade.reply(to: WireBytes(try request.encoded()), of: .score) {
      try reply.append(responseBytes: message)
    }
    guard reply.isComplete else { throw RPCError(code: .unavailable, message: "the reply ended early") }
    return reply.scores
  }

  private func send(
    _ scores: PositionScores, _ options: ScoreOptions, _ write: @Sendable (WireBytes) async throws -> Void
  ) async throws {
    let perChunk = max(1, Self.chunkBytes / (8 * (options.topCount + 1)))
    var first = 0
    repeat {
      let end = min(first + perChunk, scores.positionCount)
      let chunk = WireScoreChunk(
        scores.positions(first..<end), firstPosition: first, last: end == scores.positionCount,
        precision: options.precision, vocabSize: translation.vocabSize)
      try await write(WireBytes(try TeacherServiceScoreResponse(chunk: chunk).encoded()))
      first = end
    } while first < scores.positionCount
  }
}
