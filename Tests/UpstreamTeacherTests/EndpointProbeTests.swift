import Foundation
import GRPCCore
import ScriptedEndpoint
import Sequences
import Testing
import Tokenization
import UpstreamTeacher

/// An endpoint of a model whose most probable token after token `t` is one of the letters a to e: that of `t mod 5`.
struct LetterEndpoint: Sendable {
  var tokenizer: Tokenizer
  var hasChat = true, hasCompletions = true, wantsCompletionTokens = false, takesSeeds = true
  var mostTop = 5
  var logprobs = true, sentinels = false, isRaw = true
  var hasTables = false, hasEcho = false
  /// Whether an echo's log-probs stand beside the token after theirs.
  var isShifted = false
  /// What is added to the ids of its vocabulary.
  var idShift = 0

  private static func next(_ token: TokenID) -> TokenID { 97 + token % 5 }

  private static func logprob(of token: TokenID, after before: TokenID) -> Double {
    token == next(before) ? -0.1 : -3 - 0.01 * Double(token)
  }

  func answer(_ request: ScriptedRequest) -> ScriptedAnswer {
    guard let body = try? JSONSerialization.jsonObject(with: Data(request.body.utf8)) as? [String: Any] else {
      return .json(ScriptedTexts.problem("no JSON"), status: 400)
    }
    let isChat = request.path == "/v1/chat/completions"
    guard isChat || request.path == "/v1/completions" else {
      return .json(ScriptedTexts.problem("no such route"), status: 404)
    }
    guard isChat ? hasChat : hasCompletions else { return .json(ScriptedTexts.problem("no such route"), status: 404) }
    if isChat, wantsCompletionTokens, body["max_tokens"] != nil {
      return .json(ScriptedTexts.problem("use max_completion_tokens instead"), status: 400)
    }
    if !takesSeeds, body["seed"] != nil { return .json(ScriptedTexts.problem("seed?"), status: 400) }
    let top = body["top_logprobs"] as? Int ?? body["logprobs"] as? Int ?? body["prompt_logprobs"] as? Int ?? 0
    guard top <= mostTop else { return .json(ScriptedTexts.problem("at most \(mostTop)"), status: 400) }
    return .json(text(body, isChat: isChat, top: top))
  }

  private func text(_ body: [String: Any], isChat: Bool, top: Int) -> String {
    let prompt = isChat ? "hi" : body["prompt"] as? String ?? ""
    let ids = tokenizer.encode(prompt)
    var new: [TokenID] = []
    for _ in 0..<(body["max_tokens"] as? Int ?? 1) { new.append(Self.next((ids + new)[ids.count + new.count - 1])) }
    let text = tokenizer.decode(new)
    var choice: [String: Any] = ["index": 0, "finish_reason": "length"]
    if isChat { choice["message"] = ["role": "assistant", "content": text] } else { choice["text"] = text }
    if body["echo"] as? Bool == true, hasEcho {
      choice["logprobs"] = echo(ids + new)
    } else if logprobs, body["logprobs"] != nil {
      choice["logprobs"] = newLogprobs(new, top: top, temperature: body["temperature"] as? Double ?? 1)
    }
    if hasTables, body["prompt_logprobs"] != nil { choice["prompt_logprobs"] = tables(ids, top: top) }
    let answer: [String: Any] = [
      "choices": [choice], "usage": ["prompt_tokens": ids.count, "completion_tokens": new.count],
    ]
    return (try? JSONSerialization.data(withJSONObject: answer)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  private func words(_ ids: [TokenID]) -> [String] {
    ids.map { String(decoding: (tokenizer.pieces(of: [$0]) ?? [[]])[0], as: UTF8.self) }
  }

  private func newLogprobs(_ ids: [TokenID], top: Int, temperature: Double) -> [String: Any] {
    let scale = isRaw ? 1 : 1 / max(temperature, 0.01)
    func value(_ rank: Int) -> Double { sentinels ? -9999 : -0.1 - Double(rank) * scale }
    let content = words(ids).map { word -> [String: Any] in
      let others = (0..<max(top, 1)).map { ["token": "t\($0)", "logprob": value($0)] as [String: Any] }
      return ["token": word, "logprob": value(0), "top_logprobs": others]
    }
    return ["content": content]
  }

  private func echo(_ ids: [TokenID]) -> [String: Any] {
    var values: [Any] = [NSNull()]
    var tops: [Any] = [NSNull()]
    for index in 1..<ids.count {
      let from = isShifted ? min(index + 1, ids.count - 1) : index
      let own = Self.logprob(of: ids[index], after: ids[from - 1])
      let best = Self.next(ids[from - 1])
      values.append(own)
      tops.append([words([best])[0]: Self.logprob(of: best, after: ids[from - 1])])
    }
    return ["tokens": words(ids), "token_logprobs": values, "top_logprobs": tops]
  }

  private func tables(_ ids: [TokenID], top: Int) -> [Any] {
    var rows: [Any] = [NSNull()]
    for (before, own) in zip(ids, ids.dropFirst()) {
      let best = Self.next(before)
      var row: [String: Any] = [:]
      for id in [best, own] + (0..<TokenID(max(0, top - 1))) where row.count < top || id == own {
        row["\(Int(id) + idShift)"] = ["logprob": Self.logprob(of: id, after: before), "rank": 1]
      }
      rows.append(row)
    }
    return rows
  }
}

@Suite("Finding out what an endpoint gives")
struct EndpointProbeTests {
  private func probe(
    api: EndpointProfile.API? = nil, template: Bool = true, _ change: (inout LetterEndpoint) -> Void
  ) async throws -> (EndpointProfile, [ScriptedRequest]) {
    let tokenizer = try SmallTokenizer.make(template: template)
    var endpoint = LetterEndpoint(tokenizer: tokenizer)
    change(&endpoint)
    let served = endpoint
    return try await EndpointFixture.run(script: .by { served.answer($0) }) { desk, scripted, _ in
      let probe = EndpointProbe(desk: desk, tokenizer: tokenizer, logger: EndpointFixture.quiet)
      return (try await probe.run(api: api), scripted.requests)
    }
  }

  @Test(
    "the route is chat where it works and the student has a template, completions where it has none or chat does not work"
  )
  func routes() async throws {
    #expect(try await probe { _ in }.0.api == .chat)
    #expect(try await probe(template: false) { _ in }.0.api == .completions)
    #expect(try await probe { $0.hasChat = false }.0.api == .completions)
    #expect(try await probe(template: false) { $0.hasCompletions = false }.0.api == .chat)
    #expect(try await probe(api: .completions) { _ in }.0.api == .completions)
    let error = await #expect(throws: UpstreamError.self) {
      _ = try await probe { ($0.hasChat, $0.hasCompletions) = (false, false) }
    }
    #expect(error?.rpcErrorCode == .failedPrecondition && error?.description.contains("no such route") == true)
  }

  @Test("an endpoint that says max_completion_tokens is asked with it from then on")
  func completionTokens() async throws {
    let (profile, requests) = try await probe { ($0.wantsCompletionTokens, $0.hasCompletions) = (true, false) }
    #expect(profile.api == .chat)
    #expect(requests.filter { $0.path.contains("chat") && $0.body.contains("\"max_tokens\"") }.count == 1)
  }

  @Test("seeds and log-probs of new tokens: as many as are given, none where they are sentinels")
  func newTokens() async throws {
    let (profile, _) = try await probe { $0.takesSeeds = false }
    #expect(!profile.takesSeeds && profile.topLogprobs == 5 && profile.logprobsAreRaw && profile.scoring == .none)
    #expect(try await probe { $0.mostTop = 20 }.0.topLogprobs == 20)
    #expect(try await probe { $0.isRaw = false }.0.logprobsAreRaw == false)
    for change in [{ $0.logprobs = false }, { $0.sentinels = true }] as [(inout LetterEndpoint) -> Void] {
      #expect(try await probe(change).0.topLogprobs == nil)
    }
  }

  @Test(
    "a probe whose answer was lost keeps nothing from being found out, then and at the next start",
    arguments: DoubtfulCalls.allCases)
  func lostProbes(policy: DoubtfulCalls) async throws {
    let fixture = try EndpointFixture()
    defer { fixture.remove() }
    let tokenizer = try SmallTokenizer.make(template: true)
    let served = LetterEndpoint(tokenizer: tokenizer)
    let rules = EndpointFixture.rules { ($0.doubtful, $0.price) = (policy, try? Price(input: 1, output: 1)) }
    let script = Script.by { $0.index == 0 || $0.body.contains("top_logprobs") ? .cut("{") : served.answer($0) }
    for _ in 0..<2 {
      let profile = try await ScriptedEndpoint.with(script) { endpoint in
        try await fixture.withDesk(endpoint.url, rules: rules, ledger: try fixture.openLedger()) { desk in
          try await EndpointProbe(desk: desk, tokenizer: tokenizer, logger: EndpointFixture.quiet).run(api: nil)
        }
      }
      #expect(profile.api == .chat && profile.takesSeeds && profile.topLogprobs == nil)
    }
  }

  @Test("a lost answer does not say that the endpoint takes no seeds")
  func lostSeeds() async throws {
    let tokenizer = try SmallTokenizer.make(template: true)
    let served = LetterEndpoint(tokenizer: tokenizer)
    try await EndpointFixture.run(script: .by { $0.body.contains("seed") ? .cut("{") : served.answer($0) }) {
      desk, _, _ in
      let error = await #expect(throws: UpstreamError.self) {
        try await EndpointProbe(desk: desk, tokenizer: tokenizer, logger: EndpointFixture.quiet).run(api: nil)
      }
      #expect(error?.rpcErrorCode == .dataLoss)
    }
  }

  @Test("prompt_logprobs are promised where they are of the student's ids, as many as the endpoint gives")
  func tables() async throws {
    let (profile, _) = try await probe(template: false) { $0.hasTables = true }
    #expect(profile.scoring == .promptLogprobs(most: 5) && profile.sharesVocabulary)
    let (others, _) = try await probe(template: false) { ($0.hasTables, $0.idShift) = (true, 1) }
    #expect(!others.sharesVocabulary)
  }

  @Test("an echo is used where its tokens are the student's and its log-probs stand beside their own tokens")
  func echoes() async throws {
    let (profile, _) = try await probe(template: false) { $0.hasEcho = true }
    #expect(profile.scoring == .echo && profile.sharesVocabulary)
    let (shifted, _) = try await probe(template: false) { ($0.hasEcho, $0.isShifted) = (true, true) }
    #expect(shifted.scoring == .none && !shifted.sharesVocabulary)
  }
}
