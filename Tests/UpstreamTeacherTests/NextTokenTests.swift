import Foundation
import GRPCCore
import ScriptedEndpoint
import Sequences
import Testing
import Tokenization
import UpstreamTeacher
import WireFormat

/// llama.cpp's server, as far as it is asked: OpenAI's route without log-probs, and its own with them. The model is
/// ``TabledModel``'s.
struct LlamaEndpoint: Sendable {
  let tokenizer: Tokenizer
  /// Log-probs are those after the bias.
  var isBiased = false
  /// Bytes are those of the id after.
  var hasOtherVocabulary = false
  /// Tokens that it puts before a text.
  var begins = 0
  /// Status of its own route; nil: it is there.
  var ownStatus: Int?
  /// Answers another token than the one that is told to come.
  var disobeys = false
  /// Tokens that it counts too many.
  var miscounts = 0

  func answer(_ request: ScriptedRequest) -> ScriptedAnswer {
    guard request.path == "/completion" else {
      guard request.path == "/v1/completions" else { return .json(ScriptedTexts.problem("no"), status: 404) }
      return .json(ScriptedTexts.completion("abc", finish: "length"))
    }
    if let ownStatus { return .json(ScriptedTexts.problem("no such route"), status: ownStatus) }
    guard let body = try? JSONSerialization.jsonObject(with: Data(request.body.utf8)) as? [String: Any],
      let count = body["n_probs"] as? Int, body["n_predict"] as? Int == 1, body["temperature"] as? Int == 0
    else { return .json(ScriptedTexts.problem("what?"), status: 400) }
    let ids =
      (body["prompt"] as? [Int])?.map { TokenID($0) }
      ?? [TokenID](repeating: 262, count: begins) + tokenizer.encode(body["prompt"] as? String ?? "")
    let bias = (body["logit_bias"] as? [[Int]])?.first?[0]
    guard let last = ids.last,
      let data = try? JSONSerialization.data(withJSONObject: own(after: last, ids.count, count, forced: bias))
    else { return .json(ScriptedTexts.problem("no prompt"), status: 400) }
    return .json(String(decoding: data, as: UTF8.self))
  }

  private func bytes(_ id: Int) -> [UInt8] {
    let moved = hasOtherVocabulary ? (id + 1) % 256 : id
    // Special tokens are shown as nothing.
    return id >= 262 ? [] : tokenizer.pieces(of: [97, TokenID(moved)])?.last ?? []
  }

  private func entry(_ id: Int, _ logprob: Double) -> [String: Any] {
    ["id": id, "token": String(decoding: bytes(id), as: UTF8.self), "bytes": bytes(id), "logprob": logprob]
  }

  private func own(after token: TokenID, _ length: Int, _ count: Int, forced: Int?) -> [String: Any] {
    var logprobs = TabledModel.logprobs(after: token, vocabSize: tokenizer.vocabSize)
    let order = TabledModel.order(logprobs)
    let next = disobeys ? order[1] : forced ?? order[0]
    if isBiased { logprobs[next] = -0.001 }
    var answer: [String: Any] = [
      "content": String(decoding: bytes(next), as: UTF8.self), "stop": true, "stop_type": "limit", "model": "m-1",
      "tokens_predicted": 1, "tokens_evaluated": length + miscounts, "timings": ["cache_n": length - 1],
    ]
    // As the real one: nothing of a token that ends inside a letter.
    guard String(validating: bytes(next), as: UTF8.self) != nil else { return answer }
    var row = entry(next, logprobs[next])
    row["top_logprobs"] = order.prefix(count).map { entry($0, logprobs[$0]) }
    answer["completion_probabilities"] = [row]
    return answer
  }
}

@Suite("Log-probs of llama.cpp's own route")
struct NextTokenTests {
  private func probe(
    _ change: (inout LlamaEndpoint) -> Void
  ) async throws -> (profile: EndpointProfile, requests: [ScriptedRequest]) {
    let tokenizer = try SmallTokenizer.make(template: false)
    var endpoint = LlamaEndpoint(tokenizer: tokenizer)
    change(&endpoint)
    let served = endpoint
    let rules = EndpointFixture.rules { $0.patience = .milliseconds(20) }
    return try await EndpointFixture.run(rules: rules, script: .by { served.answer($0) }) { desk, scripted, _ in
      let probe = EndpointProbe(desk: desk, tokenizer: tokenizer, logger: EndpointFixture.quiet)
      return (try await probe.run(api: nil), scripted.requests)
    }
  }

  @Test("they are found where OpenAI's route has none, beside /v1 and with a few calls")
  func found() async throws {
    let (profile, requests) = try await probe { _ in }
    #expect(profile.api == .completions && profile.scoring == .nextToken(most: 256) && profile.sharesVocabulary)
    #expect(profile.topLogprobs == 256 && profile.logprobsAreRaw)
    let own = requests.filter { $0.path == "/completion" }
    #expect(own.count == 5 && own.allSatisfy { $0.body.contains("\"post_sampling_probs\":false") })
  }

  @Test(
    "a route that is not there, whatever the endpoint says to that, leaves the teacher without them",
    arguments: [404, 401, 500, 503])
  func absent(status: Int) async throws {
    let (profile, _) = try await probe { $0.ownStatus = status }
    #expect(profile.api == .completions && profile.scoring == .none && profile.topLogprobs == nil)
  }

  @Test("log-probs after the bias are not used, nor those of other tokens than were told to come")
  func biased() async throws {
    #expect(try await probe { $0.isBiased = true }.profile.scoring == .none)
    #expect(try await probe { $0.disobeys = true }.profile.scoring == .none)
  }

  @Test("ids that stand for other bytes, or a text of other tokens, are another vocabulary")
  func otherVocabulary() async throws {
    for change in [{ $0.hasOtherVocabulary = true }, { $0.begins = 1 }] as [(inout LlamaEndpoint) -> Void] {
      let profile = try await probe(change).profile
      #expect(profile.scoring == .nextToken(most: 256) && !profile.sharesVocabulary)
    }
  }

  private static let profile: EndpointProfile = {
    var profile = EndpointProfile(api: .completions)
    (profile.scoring, profile.sharesVocabulary) = (.nextToken(most: 256), true)
    return profile
  }()

  // A half letter, 200, and the end, 263, among them.
  private static let batch = SequenceBatch([
    TokenSequence(prompt: [65, 66], completion: [67, 200, 256]), TokenSequence(prompt: [1], completion: [2, 263]),
  ])

  private func serve(
    disobeys: Bool = false, miscounts: Int = 0, _ body: (UpstreamClient, ScriptedEndpoint, Int) async throws -> Void
  ) async throws {
    var endpoint = LlamaEndpoint(tokenizer: try SmallTokenizer.make(template: false))
    (endpoint.disobeys, endpoint.miscounts) = (disobeys, miscounts)
    let served = endpoint
    try await withUpstream(Self.profile, template: false, script: .by { served.answer($0) }) {
      try await body($0, $1, $2.vocabSize)
    }
  }

  private func score(
    _ client: UpstreamClient, _ options: ScoreOptions, vocabSize: Int
  ) async throws -> PositionScores {
    try await client.score { writer in
      try await writer.write(
        TeacherServiceScoreRequest(sequences: WireSequenceBatch(Self.batch), options: WireScoreOptions(options)))
    } onResponse: { response in
      var reply = ScoreReply(positionCount: Self.batch.scoredPositions.count, options: options, vocabSize: vocabSize)
      for try await message in response.messages { try reply.append(message.chunk) }
      return reply.scores
    }
  }

  @Test(
    "each position is a call: log-probs of actual tokens, half letters and ends too, the most probable, and the tail")
  func scores() async throws {
    try await serve { client, endpoint, vocabSize in
      for _ in 0..<2 {
        let scores = try await score(client, ScoreOptions(tokenLogprobs: true, topCount: 3), vocabSize: vocabSize)
        let positions: [(TokenID, TokenID)] = [(66, 67), (67, 200), (200, 256), (1, 2), (2, 263)]
        #expect(scores.positionCount == positions.count)
        for (index, (before, token)) in positions.enumerated() {
          let logprobs = TabledModel.logprobs(after: before, vocabSize: vocabSize)
          let top = TabledModel.order(logprobs).prefix(3)
          #expect(abs(Double(scores.tokenLogprobs[index]) - logprobs[Int(token)]) < 1e-6, "\(token)")
          #expect(scores.topTokenIDs[3 * index..<3 * index + 3].map(Int.init) == Array(top))
          let tail = log(1 - top.reduce(0) { $0 + exp(logprobs[$1]) })
          #expect(abs(Double(scores.tailLogprobs[index]) - tail) < 1e-5)
        }
      }
      // The second time the ledger answers.
      #expect(endpoint.requests.count == 5 && endpoint.requests.allSatisfy { $0.path == "/completion" })
      let bodies = endpoint.requests.map(\.body)
      #expect(bodies.contains { $0.contains("\"logit_bias\":[[67,1000000000]],") && $0.contains("\"n_probs\":3,") })
      // The half letter is looked for among all.
      #expect(bodies.contains { $0.contains("[65,66,67]") && $0.contains("\"n_probs\":\(vocabSize),") })
    }
  }

  @Test("without log-probs of actual tokens the whole vocabulary is never listed")
  func topAlone() async throws {
    try await serve { client, endpoint, vocabSize in
      let scores = try await score(client, ScoreOptions(topCount: 3), vocabSize: vocabSize)
      #expect(scores.tokenLogprobs.isEmpty && scores.topLogprobs.count == 15)
      #expect(endpoint.requests.allSatisfy { $0.body.contains("\"n_probs\":3,") })
    }
  }

  @Test("what was listed beyond need is not kept")
  func condensed() async throws {
    let tokenizer = try SmallTokenizer.make(template: false)
    let served = LlamaEndpoint(tokenizer: tokenizer)
    try await EndpointFixture.run(script: .by { served.answer($0) }) { desk, _, _ in
      var request = UpstreamRequest(.tokenIDs([65, 66]), maxTokens: 1)
      request.nextToken = .init(topCount: 2, listed: tokenizer.vocabSize, forced: 97, actual: 200)
      for _ in 0..<2 {
        let row = try await desk.answer(request).tokens[0]
        let logprob = TabledModel.logprobs(after: 66, vocabSize: tokenizer.vocabSize)[200]
        #expect(row.id == 200 && row.top.count == 2 && abs((row.logprob ?? 0) - logprob) < 1e-9)
      }
      #expect(desk.counters.counts.asked == 1 && desk.counters.counts.hits == 1)
    }
  }

  @Test("another token than was told to come, or another count of the prompt's, is refused", arguments: [true, false])
  func wrong(disobeys: Bool) async throws {
    try await serve(disobeys: disobeys, miscounts: disobeys ? 0 : 1) { client, _, vocabSize in
      let error = await #expect(throws: RPCError.self) {
        _ = try await score(client, ScoreOptions(tokenLogprobs: true, topCount: 3), vocabSize: vocabSize)
      }
      #expect(error?.code == .failedPrecondition && error?.message.contains("seqkd") == true, "\(error?.message ?? "")")
    }
  }
}
