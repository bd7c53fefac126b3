internal import Foundation
internal import Sequences
internal import Tokenization

/// Questions of Score: how sequences are put to the endpoint, and what its numbers say about the student's tokens.
///
/// Numbers are passed on only where the endpoint's tokens are the student's, one for one: everything else is refused.
struct ScoreQuestions: Sendable {
  private let model: UpstreamModel
  private let prompts: PromptText
  private let nextTokens: NextTokenQuestions

  init(_ model: UpstreamModel) {
    self.model = model
    prompts = PromptText(tokenizer: model.tokenizer)
    nextTokens = NextTokenQuestions(model.tokenizer)
  }

  /// Checks that all that is asked can be given.
  ///
  /// - Throws: ``UpstreamError/notGiven(what:remedy:)``.
  func check(_ options: ScoreOptions) throws(UpstreamError) {
    let text = "method: seqkd needs only its text"
    guard model.scoresTokens else {
      let why =
        model.profile.scoring == .none
        ? "log-probs of given tokens" : "log-probs of the student's tokens (it has others)"
      throw .notGiven(what: why, remedy: text)
    }
    let most = model.maxTopCount
    let top = most > 0 ? "set objective.teacher_logprobs to top_k and objective.loss_top_k to at most \(most)" : text
    guard options.topCount <= most else {
      throw .notGiven(what: "\(options.topCount) log-probs per position", remedy: top)
    }
    let rest = [
      (options.fullLogprobs, "log-probs of the whole vocabulary"), (options.entropy, "entropies"),
      (options.hiddenState, "hidden states"), (options.gatherCount > 0, "log-probs at named ids"),
      (options.drawCount > 0, "draws from its distribution"),
    ]
    for (isAsked, what) in rest where isAsked { throw .notGiven(what: what, remedy: top) }
  }

  /// The questions about a sequence: one, or one for each position of its completion.
  func questions(_ sequence: TokenSequence, _ options: ScoreOptions) -> [UpstreamRequest] {
    switch model.profile.scoring {
    case .promptLogprobs:
      var request = UpstreamRequest(.tokenIDs(sequence.tokenIDs), maxTokens: 1)
      request.promptLogprobs = max(1, options.topCount)
      return [request]
    case .nextToken: return positions(of: sequence).map { nextTokens.question(sequence, position: $0, options) }
    case .echo, .none:
      var request = UpstreamRequest(.text(prompts.text(of: sequence.tokenIDs)), maxTokens: 1)
      request.echoLogprobs = 1
      return [request]
    }
  }

  /// Scores of a sequence's completion.
  ///
  /// - Parameter replies: To its questions, in their order.
  /// - Throws: ``UpstreamError/unaligned(sequence:reason:)`` where a number cannot be put to a token.
  func scores(
    _ replies: [UpstreamReply], of sequence: TokenSequence, index: Int, _ options: ScoreOptions
  ) throws(UpstreamError) -> PositionScores {
    if case .nextToken = model.profile.scoring { return try nextTokenScores(replies, sequence, index, options) }
    guard let reply = replies.first else { return PositionScores() }
    if case .promptLogprobs = model.profile.scoring { return try tableScores(reply, sequence, index, options) }
    return try echoScores(reply, sequence, index, options)
  }

  /// Positions of a sequence that have a log-prob: those of its completion, but the first of all tokens has none.
  private func positions(of sequence: TokenSequence) -> Range<Int> {
    max(1, sequence.promptLength)..<max(1, sequence.promptLength, sequence.tokenIDs.count)
  }

  private func tableScores(
    _ reply: UpstreamReply, _ sequence: TokenSequence, _ index: Int, _ options: ScoreOptions
  ) throws(UpstreamError) -> PositionScores {
    let ids = sequence.tokenIDs
    guard reply.promptTokens.count == ids.count else {
      throw .unaligned(sequence: index, reason: "\(reply.promptTokens.count) rows of log-probs for \(ids.count) tokens")
    }
    var scores = PositionScores()
    for position in positions(of: sequence) {
      let row = reply.promptTokens[position].top
      guard let own = row.first(where: { $0.id == ids[position] }), Self.isKnown(own.logprob) else {
        throw .unaligned(sequence: index, reason: "no log-prob of token \(position), id \(ids[position])")
      }
      scores.positionCount += 1
      if options.tokenLogprobs { scores.tokenLogprobs.append(Float(min(0, own.logprob))) }
      if options.topCount > 0 { try append(row, index, position, options.topCount, to: &scores) }
    }
    return scores
  }

  private func append(
    _ row: [UpstreamReply.Candidate], _ index: Int, _ position: Int, _ count: Int, to scores: inout PositionScores
  ) throws(UpstreamError) {
    let top = row.compactMap { candidate in candidate.id.map { (id: $0, logprob: min(0, candidate.logprob)) } }
      .sorted { ($0.logprob, $1.id) > ($1.logprob, $0.id) }.prefix(count)
    guard top.count == count, top.allSatisfy({ Self.isKnown($0.logprob) && $0.id < model.tokenizer.vocabSize }) else {
      throw .unaligned(sequence: index, reason: "fewer than \(count) log-probs of our vocabulary at token \(position)")
    }
    let sum = top.reduce(0) { $0 + exp($1.logprob) }
    guard sum < 1.001 else {
      throw .unaligned(sequence: index, reason: "probabilities at token \(position) add up to \(sum)")
    }
    scores.topTokenIDs += top.map(\.id)
    scores.topLogprobs += top.map { Float($0.logprob) }
    scores.tailLogprobs.append(sum < 1 ? Float(log1p(-sum)) : -.infinity)
  }

  private func nextTokenScores(
    _ replies: [UpstreamReply], _ sequence: TokenSequence, _ index: Int, _ options: ScoreOptions
  ) throws(UpstreamError) -> PositionScores {
    var scores = PositionScores()
    for (position, reply) in zip(positions(of: sequence), replies) {
      guard reply.usage?.prompt == position else {
        throw .unaligned(
          sequence: index, reason: "the endpoint counts \(reply.usage?.prompt ?? 0) tokens where \(position) were sent")
      }
      let row = reply.tokens.first
      guard let row, !options.tokenLogprobs || row.id == sequence.tokenIDs[position] && row.logprob != nil else {
        throw .unaligned(
          sequence: index, reason: "no log-prob of token \(position), id \(sequence.tokenIDs[position])")
      }
      scores.positionCount += 1
      if options.tokenLogprobs, let logprob = row.logprob { scores.tokenLogprobs.append(Float(min(0, logprob))) }
      if options.topCount > 0 { try append(row.top, index, position, options.topCount, to: &scores) }
    }
    return scores
  }

  private func echoScores(
    _ reply: UpstreamReply, _ sequence: TokenSequence, _ index: Int, _ options: ScoreOptions
  ) throws(UpstreamError) -> PositionScores {
    let begins = prompts.hasBeginning(sequence.tokenIDs)
    let ids = begins ? sequence.tokenIDs.dropFirst() : sequence.tokenIDs[...]
    guard let pieces = model.tokenizer.pieces(of: ids), let echoed = EchoedPrompt(reply, pieces: pieces, begins: begins)
    else {
      throw .unaligned(sequence: index, reason: "the endpoint cuts the text into other tokens, or begins it otherwise")
    }
    var scores = PositionScores()
    for position in positions(of: sequence) {
      guard let logprob = echoed.logprobs[position - (begins ? 1 : 0)] else {
        throw .unaligned(sequence: index, reason: "no log-prob of token \(position)")
      }
      scores.positionCount += 1
      if options.tokenLogprobs { scores.tokenLogprobs.append(Float(logprob)) }
    }
    return scores
  }

  private static func isKnown(_ logprob: Double) -> Bool {
    logprob.isFinite && logprob > AnswerReader.sentinel && logprob <= 1e-3
  }
}
