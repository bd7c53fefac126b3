public import Logging
internal import Sequences
public import Tokenization

/// Finds out what an endpoint gives, with a few calls of one token each. They are in the ledger as all calls are, and are
/// made at every start, since an endpoint may have changed.
public struct EndpointProbe: Sendable {
  private let desk: QuestionDesk
  let tokenizer: Tokenizer
  private let logger: Logger

  /// Texts whose tokens are compared: words, numbers, space, code, other scripts.
  static let texts = [
    "The quick brown fox jumps over the lazy dog.", "12345 + 67 = 12412,\n\tif (x != y) { return 0; }",
    "naïve Größe, 東京 and 🙂 too",
  ]

  /// Asks through a desk that somebody runs.
  public init(desk: QuestionDesk, tokenizer: Tokenizer, logger: Logger) {
    (self.desk, self.tokenizer, self.logger) = (desk, tokenizer, logger)
  }

  /// Finds out.
  ///
  /// - Parameter api: The route to use; nil: chat where it works and the student has a chat template, or where nothing else
  ///   works.
  /// - Throws: ``UpstreamError/notAnEndpoint(url:problem:)`` where no route works, and what calls throw.
  public func run(api: EndpointProfile.API?) async throws -> EndpointProfile {
    var profile = EndpointProfile(api: try await route(api))
    profile.takesSeeds = try await takesSeeds(profile.api)
    try await findLogprobs(&profile)
    if profile.api == .completions || api == nil {
      try await findScoring(&profile)
      if profile.scoring == .none { try await findNextTokens(&profile) }
    }
    logger.notice(
      "endpoint probed",
      metadata: [
        "endpoint.api": "\(profile.api.rawValue)", "endpoint.seeds": "\(profile.takesSeeds)",
        "endpoint.top_logprobs": "\(profile.topLogprobs.map { "\($0)" } ?? "none")",
        "endpoint.scoring": "\(profile.scoring)", "endpoint.shares_vocabulary": "\(profile.sharesVocabulary)",
      ])
    return profile
  }

  // MARK: Routes

  private func route(_ wanted: EndpointProfile.API?) async throws -> EndpointProfile.API {
    let order: [EndpointProfile.API] =
      wanted.map { [$0] } ?? (tokenizer.chatTemplate == nil ? [.completions, .chat] : [.chat, .completions])
    var reasons: [String] = []
    for api in order {
      do {
        _ = try await ask(question(api))
        return api
      } catch UpstreamError.refused(_, let reason) where api == .chat && reason.contains("max_completion_tokens") {
        await desk.speak { $0.saysCompletionTokens = true }
        do {
          _ = try await ask(question(api))
          return api
        } catch UpstreamError.refused(_, let reason) { reasons.append("\(api.rawValue): \(reason)") }
      } catch UpstreamError.refused(_, let reason) { reasons.append("\(api.rawValue): \(reason)") }
    }
    throw UpstreamError.notAnEndpoint(
      url: await desk.address,
      problem: "no route works (\(reasons.joined(separator: "; "))): correct --upstream or --upstream-model")
  }

  private func question(_ api: EndpointProfile.API, _ text: String = "The quick brown fox") -> UpstreamRequest {
    switch api {
    case .chat: UpstreamRequest(.messages([UpstreamRequest.Message(role: "user", content: text)]), maxTokens: 1)
    case .completions: UpstreamRequest(.text(text), maxTokens: 1)
    }
  }

  private func ask(_ request: UpstreamRequest) async throws -> UpstreamReply {
    try await desk.answer(request, isProbe: true)
  }

  /// The answer; nil where the endpoint refuses the question or answers something unusable.
  func attempt(_ request: UpstreamRequest) async throws -> UpstreamReply? {
    do { return try await ask(request) } catch UpstreamError.refused { return nil } catch UpstreamError.unreadable {
      return nil
    }
  }

  // MARK: Abilities

  private func takesSeeds(_ api: EndpointProfile.API) async throws -> Bool {
    var request = question(api)
    (request.temperature, request.seed, request.sendsSeed) = (1, 7, true)
    // A seed is part of a question's name: what was once asked with seeds must not be asked anew since one answer was lost.
    do { _ = try await ask(request) } catch UpstreamError.refused { return false }
    return true
  }

  /// Log-probs of new tokens: how many, and whether the sampling temperature changes them.
  private func findLogprobs(_ profile: inout EndpointProfile) async throws {
    for count in [20, 5, 1] {
      var request = question(profile.api)
      (request.topLogprobs, request.temperature) = (count, 1)
      guard let reply = try await attempt(request) else { continue }
      guard let first = reply.tokens.first, first.logprob != nil else { return }
      let known = first.top.filter { $0.logprob > AnswerReader.sentinel && $0.logprob <= 0 }
      // All alike, as some endpoints send where they know nothing.
      guard Set(known.map(\.logprob)).count == known.count || known.count <= 1 else { return }
      profile.topLogprobs = min(count, known.count)
      request.temperature = 0.5
      let colder = try await attempt(request)?.tokens.first?.top ?? []
      profile.logprobsAreRaw = !known.isEmpty && Self.agree(known, colder)
      return
    }
  }

  static func agree(_ left: [UpstreamReply.Candidate], _ right: [UpstreamReply.Candidate]) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { abs($0.logprob - $1.logprob) < 1e-2 }
  }

  /// Log-probs of given tokens, whether the endpoint's tokens are the student's, and whether the numbers are of the tokens
  /// that they stand beside.
  private func findScoring(_ profile: inout EndpointProfile) async throws {
    var request = question(.completions, Self.texts[0])
    request.promptLogprobs = 1
    if let reply = try await attempt(request), reply.promptTokens.count > 1 {
      for count in [256, 64, 20, 5, 1] {
        request.promptLogprobs = count
        guard let reply = try await attempt(request), let last = reply.promptTokens.last else { continue }
        profile.scoring = .promptLogprobs(most: min(count, last.top.count))
        break
      }
      if profile.scoring != .none, try await greedyTextIsMostProbable({ $0.promptLogprobs = 1 }, \.promptTokens) {
        profile.sharesVocabulary = try await sharesIDs()
      }
      return
    }
    request = question(.completions, Self.texts[0])
    request.echoLogprobs = 1
    guard let reply = try await attempt(request), reply.tokens.count > 2 else { return }
    guard try await greedyTextIsMostProbable({ $0.echoLogprobs = 1 }, \.tokens) else { return }
    profile.scoring = .echo
    profile.sharesVocabulary = try await sharesBoundaries()
  }

  /// Whether the text that the model writes greedily is the most probable one by the log-probs that it gets as a prompt. It
  /// is not where an endpoint puts log-probs beside the token before or after theirs.
  private func greedyTextIsMostProbable(
    _ asksForLogprobs: (inout UpstreamRequest) -> Void, _ rows: (UpstreamReply) -> [UpstreamReply.Token]
  ) async throws -> Bool {
    guard let (start, text) = try await greedyText() else { return false }
    var scoring = question(.completions, start + text)
    asksForLogprobs(&scoring)
    var known = question(.completions, start)
    asksForLogprobs(&known)
    guard let given = try await attempt(known), let scored = try await attempt(scoring) else { return false }
    // The last row of an echo is of a token that was not there; the first new one may have merged with what was.
    let (first, end) = (rows(given).count, rows(scored).count - (scoring.echoLogprobs == nil ? 0 : 1))
    guard first < end else { return false }
    let judged = rows(scored)[first..<end]
    let right = judged.count { row in
      guard let best = row.top.map(\.logprob).max() else { return false }
      let own = row.logprob ?? (row.top.count == 1 ? best : -.infinity)
      return own >= best - 1e-3
    }
    return right * 4 >= judged.count * 3
  }

  /// A beginning after which the model writes some tokens greedily, and these.
  private func greedyText() async throws -> (start: String, text: String)? {
    for start in ["Once upon a time", "The quick brown fox", "1, 2, 3, 4, 5,"] {
      var request = question(.completions, start)
      request.maxTokens = 12
      if let reply = try await attempt(request), reply.ending == .length, !reply.text.isEmpty {
        return (start, reply.text)
      }
    }
    return nil
  }

  /// Whether each probe's text has, in the endpoint's vocabulary, the ids that it has in the student's: the table of each
  /// position holds its most probable id and the actual one, and no other.
  private func sharesIDs() async throws -> Bool {
    for text in Self.texts {
      var request = question(.completions, text)
      request.promptLogprobs = 1
      guard let reply = try await attempt(request) else { return false }
      let ids = tokenizer.encode(text)
      guard reply.promptTokens.count == ids.count else { return false }
      for (token, id) in zip(reply.promptTokens, ids).dropFirst() where !token.top.contains(where: { $0.id == id }) {
        return false
      }
    }
    return true
  }

  /// Whether each probe's text is cut into tokens where the student's tokenizer cuts it.
  private func sharesBoundaries() async throws -> Bool {
    for text in Self.texts {
      var request = question(.completions, text)
      request.echoLogprobs = 1
      guard let reply = try await attempt(request) else { return false }
      let ids = tokenizer.encode(text)
      let begins = ids.first.map { tokenizer.bosTokenIDs.contains($0) } ?? false
      guard let ours = tokenizer.pieces(of: begins ? ids.dropFirst() : ids[...]),
        EchoedPrompt(reply, pieces: ours, begins: begins) != nil
      else { return false }
    }
    return true
  }
}
