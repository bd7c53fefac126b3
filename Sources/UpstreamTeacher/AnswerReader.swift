internal import Foundation
internal import Sequences

/// Puts an answer together, from one JSON document or from the pieces of a stream.
struct AnswerReader {
  private var reply = UpstreamReply()
  private var hasEnding = false
  private var hasText = false

  /// Log-probs from here on down mean that nothing is known, as some endpoints write it.
  static let sentinel = -9998.0

  /// Takes a document or a piece.
  ///
  /// - Throws: `AnswerText.Unreadable` where it is none of an answer's.
  mutating func take(_ answer: AnswerText) throws(AnswerText.Unreadable) {
    if let error = answer.error {
      throw AnswerText.Unreadable(reason: "an error within the answer: \(error.message ?? "")")
    }
    if let model = answer.model, !model.isEmpty { reply.model = model }
    if answer.choices == nil, let content = answer.content?.value, let stop = answer.stopType {
      return takeOwn(answer, content, stop)
    }
    guard let choices = answer.choices else { throw AnswerText.Unreadable(reason: "an answer without choices") }
    if let usage = answer.usage { try take(usage) }
    if let fingerprint = answer.systemFingerprint { reply.fingerprint = fingerprint }
    guard choices.count <= 1, choices.allSatisfy({ ($0.index ?? 0) == 0 }) else {
      throw AnswerText.Unreadable(reason: "\(choices.count) choices where one was asked for")
    }
    if let choice = choices.first { try take(choice) }
  }

  /// The answer, once everything has come.
  ///
  /// - Throws: `AnswerText.Unreadable` where the end is missing.
  func finished() throws(AnswerText.Unreadable) -> UpstreamReply {
    guard hasEnding else { throw AnswerText.Unreadable(reason: "an answer without finish_reason") }
    guard !hasText, reply.ending == .stop else { return reply }
    // Paid for like any other, and no text to learn an end from: what is left where hidden reasoning was all.
    var silent = reply
    silent.ending = .other
    return silent
  }

  /// Takes what llama.cpp answers on its own route.
  private mutating func takeOwn(_ answer: AnswerText, _ content: String, _ stop: String) {
    (reply.text, hasText, hasEnding) = (content, true, true)
    reply.ending = ["eos": .stop, "word": .stop, "limit": .length][stop] ?? .other
    reply.tokens = (answer.completionProbabilities ?? []).map(Self.token)
    guard let prompt = answer.tokensEvaluated, prompt >= 0, prompt < 1 << 40 else { return }
    let (cached, new) = (answer.timings?.value?.cacheN ?? 0, answer.tokensPredicted ?? 1)
    reply.usage = UpstreamReply.Usage(
      prompt: prompt, cachedPrompt: min(max(0, cached), prompt), completion: max(0, new))
  }

  private mutating func take(_ usage: AnswerText.Usage) throws(AnswerText.Unreadable) {
    guard let prompt = usage.promptTokens, let completion = usage.completionTokens ?? Optional(0) else { return }
    let cached = usage.promptTokensDetails?.cachedTokens ?? 0
    guard prompt >= 0, completion >= 0, cached >= 0, cached <= prompt, max(prompt, completion) < 1 << 40 else { return }
    reply.usage = UpstreamReply.Usage(prompt: prompt, cachedPrompt: cached, completion: completion)
  }

  private mutating func take(_ choice: AnswerText.Choice) throws(AnswerText.Unreadable) {
    let message = choice.message ?? choice.delta
    if let text = choice.text ?? message?.content {
      reply.text += text
      hasText = true
    }
    if let refusal = message?.refusal, !refusal.isEmpty {
      (reply.ending, hasEnding) = (.filtered, true)
    }
    if let logprobs = choice.logprobs { try take(logprobs) }
    if let entries = choice.promptLogprobs {
      reply.promptTokens = try Self.promptTokens(entries, choice.promptTokenIds)
    }
    guard let reason = choice.finishReason else { return }
    if reply.ending != .filtered { reply.ending = Self.ending(reason) }
    hasEnding = true
  }

  private static func ending(_ reason: String) -> UpstreamReply.Ending {
    switch reason {
    case "stop", "eos", "eos_token", "stop_sequence", "end_turn": .stop
    case "length", "max_tokens": .length
    case "content_filter", "refusal", "safety": .filtered
    default: .other
    }
  }

  private mutating func take(_ logprobs: AnswerText.Logprobs) throws(AnswerText.Unreadable) {
    if let content = logprobs.content {
      reply.tokens += content.map(Self.token)
      return
    }
    guard let tokens = logprobs.tokens else { return }
    let (values, tops) = (logprobs.tokenLogprobs ?? [], logprobs.topLogprobs ?? [])
    guard values.count == tokens.count, tops.isEmpty || tops.count == tokens.count else {
      throw AnswerText.Unreadable(
        reason: "\(tokens.count) tokens, \(values.count) token_logprobs and \(tops.count) top_logprobs")
    }
    for (index, token) in tokens.enumerated() {
      let top = tops.isEmpty ? [:] : tops[index] ?? [:]
      reply.tokens.append(
        UpstreamReply.Token(
          bytes: Self.bytes(token, nil), id: Self.id(token, nil), logprob: values[index].flatMap(Self.known),
          top: top.map {
            UpstreamReply.Candidate(bytes: Self.bytes($0.key, nil), id: Self.id($0.key, nil), logprob: $0.value)
          }.sorted { $0.logprob > $1.logprob }))
    }
  }

  private static func token(_ token: AnswerText.Token) -> UpstreamReply.Token {
    UpstreamReply.Token(
      bytes: bytes(token.token, token.bytes), id: id(token.token, token.id), logprob: known(token.logprob),
      top: (token.topLogprobs ?? []).map {
        UpstreamReply.Candidate(bytes: bytes($0.token, $0.bytes), id: id($0.token, $0.id), logprob: $0.logprob)
      })
  }

  /// vLLM's log-probs of a prompt: for each token a table by id, the actual one among them.
  private static func promptTokens(
    _ entries: [[String: AnswerText.PromptEntry]?], _ ids: [TokenID]?
  ) throws(AnswerText.Unreadable) -> [UpstreamReply.Token] {
    if let ids, ids.count != entries.count {
      throw AnswerText.Unreadable(reason: "\(entries.count) prompt_logprobs for \(ids.count) tokens")
    }
    var tokens: [UpstreamReply.Token] = []
    for (index, entry) in entries.enumerated() {
      var candidates: [UpstreamReply.Candidate] = []
      for (key, value) in entry ?? [:] {
        guard let id = TokenID(key) else {
          throw AnswerText.Unreadable(reason: "prompt_logprobs by something else than ids")
        }
        candidates.append(
          UpstreamReply.Candidate(
            bytes: value.decodedToken.flatMap { bytes($0, nil) }, id: id, logprob: value.logprob))
      }
      candidates.sort { ($0.logprob, $1.id ?? 0) > ($1.logprob, $0.id ?? 0) }
      let own = ids.flatMap { ids in candidates.first { $0.id == ids[index] } }
      tokens.append(
        UpstreamReply.Token(
          bytes: own?.bytes, id: ids?[index], logprob: own.flatMap { known($0.logprob) }, top: candidates))
    }
    return tokens
  }

  /// A log-prob that says something; nil: a sentinel, a positive number or none.
  private static func known(_ logprob: Double) -> Double? {
    logprob.isFinite && logprob > sentinel && logprob <= 1e-3 ? min(logprob, 0) : nil
  }

  /// The bytes of a token; nil where its text has lost some.
  private static func bytes(_ token: String, _ bytes: [UInt8]?) -> [UInt8]? {
    if let bytes { return bytes }
    return token.unicodeScalars.contains("\u{FFFD}") || id(token, nil) != nil ? nil : Array(token.utf8)
  }

  /// The id of a token, told apart or as vLLM's `token_id:123`.
  private static func id(_ token: String, _ id: Int?) -> TokenID? {
    if let id { return TokenID(exactly: id) }
    guard token.hasPrefix("token_id:") else { return nil }
    return TokenID(token.dropFirst("token_id:".count))
  }
}
