import Foundation
import GRPCCore
import ScriptedEndpoint
import Sequences
import Testing
import Tokenization
import UpstreamTeacher
import WireFormat

/// A model whose log-probs anybody can compute: after token `a`, token `b` has probability ∝ 1 / (1 + (31 a + 17 b) mod 97).
enum TabledModel {
  static func logprobs(after token: TokenID, vocabSize: Int) -> [Double] {
    let weights = (0..<vocabSize).map { 1 / Double(1 + (31 * Int(token) + 17 * $0) % 97) }
    let sum = weights.reduce(0, +)
    return weights.map { log($0 / sum) }
  }

  /// Ids in order of their probability, ties by the smaller id.
  static func order(_ logprobs: [Double]) -> [Int] {
    logprobs.indices.sorted { logprobs[$0] > logprobs[$1] || logprobs[$0] == logprobs[$1] && $0 < $1 }
  }

  /// An answer as vLLM writes it.
  static func tables(_ body: String, vocabSize: Int, change: (Int, inout [String: Any]) -> Void = { _, _ in }) throws
    -> String
  {
    let question = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any] ?? [:]
    let ids = (question["prompt"] as? [Int]) ?? []
    let count = question["prompt_logprobs"] as? Int ?? 0
    var rows: [Any] = [NSNull()]
    for (index, pair) in zip(ids, ids.dropFirst()).enumerated() {
      let logprobs = logprobs(after: TokenID(pair.0), vocabSize: vocabSize)
      var row: [String: Any] = [:]
      for id in order(logprobs).prefix(count) + [pair.1] { row["\(id)"] = ["logprob": logprobs[id], "rank": 1] }
      change(index + 1, &row)
      rows.append(row)
    }
    let answer: [String: Any] = [
      "choices": [["index": 0, "text": "x", "finish_reason": "length", "prompt_logprobs": rows]]
    ]
    return String(decoding: try JSONSerialization.data(withJSONObject: answer), as: UTF8.self)
  }
}

@Suite("Score of an endpoint that has the student's tokens")
struct ScoreQuestionsTests {
  private static let tables: EndpointProfile = {
    var profile = EndpointProfile(api: .completions)
    (profile.scoring, profile.sharesVocabulary) = (.promptLogprobs(most: 5), true)
    return profile
  }()

  private static func score(
    _ client: UpstreamClient, _ batch: SequenceBatch, _ options: ScoreOptions, vocabSize: Int
  ) async throws -> PositionScores {
    try await client.score { writer in
      try await writer.write(
        TeacherServiceScoreRequest(sequences: WireSequenceBatch(batch), options: WireScoreOptions(options)))
    } onResponse: { response in
      var reply = ScoreReply(positionCount: batch.scoredPositions.count, options: options, vocabSize: vocabSize)
      for try await message in response.messages { try reply.append(message.chunk) }
      return reply.scores
    }
  }

  private static let batch = SequenceBatch([
    TokenSequence(prompt: [65, 66], completion: [67, 68, 256]), TokenSequence(prompt: [70], completion: []),
    TokenSequence(prompt: [1], completion: [2, 3, 4, 5, 6, 7]),
  ])

  @Test("log-prob i is of token i, the most probable come in order, and the tail is what is left")
  func tabled() async throws {
    let vocabSize = try SmallTokenizer.make().vocabSize
    try await withUpstream(
      Self.tables, script: .by { .json((try? TabledModel.tables($0.body, vocabSize: vocabSize)) ?? "") }
    ) {
      client, endpoint, _ in
      let scores = try await Self.score(
        client, Self.batch, ScoreOptions(tokenLogprobs: true, topCount: 4), vocabSize: vocabSize)
      let positions = Self.batch.sequences.flatMap { sequence in
        (sequence.promptLength..<sequence.tokenIDs.count).map { (sequence.tokenIDs[$0 - 1], sequence.tokenIDs[$0]) }
      }
      #expect(scores.positionCount == positions.count && positions.count == 9)
      for (index, (before, token)) in positions.enumerated() {
        let logprobs = TabledModel.logprobs(after: before, vocabSize: vocabSize)
        let top = TabledModel.order(logprobs).prefix(4)
        #expect(abs(Double(scores.tokenLogprobs[index]) - logprobs[Int(token)]) < 1e-6)
        #expect(scores.topTokenIDs[4 * index..<4 * index + 4].map(Int.init) == Array(top))
        let tail = log(1 - top.reduce(0) { $0 + exp(logprobs[$1]) })
        #expect(abs(Double(scores.tailLogprobs[index]) - tail) < 1e-5)
      }
      // A sequence without a completion is not asked about.
      #expect(endpoint.requests.count == 2)
    }
  }

  enum Wrong: String, CaseIterable, Sendable {
    case rowMissing, ownMissing, sentinel, tooFew, foreignID, overOne
  }

  @Test("numbers that cannot be put to tokens are refused, not passed on", arguments: Wrong.allCases)
  func wrongNumbers(wrong: Wrong) async throws {
    let vocabSize = try SmallTokenizer.make().vocabSize
    let script = Script.by { request in
      var text =
        (try? TabledModel.tables(request.body, vocabSize: vocabSize) { index, row in
          guard index == 3 else { return }
          switch wrong {
          case .rowMissing: break
          case .ownMissing: row["68"] = nil
          case .sentinel: row["68"] = ["logprob": -9999.0]
          case .tooFew: row = ["68": ["logprob": -1.0], "1": ["logprob": -2.0]]
          case .foreignID: row["\(vocabSize)"] = ["logprob": -0.5]
          case .overOne: for key in Array(row.keys) { row[key] = ["logprob": -0.1] }
          }
        }) ?? ""
      if wrong == .rowMissing { text = text.replacingOccurrences(of: "[null,", with: "[") }
      return .json(text)
    }
    try await withUpstream(Self.tables, script: script) { client, _, _ in
      let error = await #expect(throws: RPCError.self) {
        _ = try await Self.score(
          client, SequenceBatch([TokenSequence(prompt: [65, 66], completion: [67, 68, 69])]),
          ScoreOptions(tokenLogprobs: true, topCount: 4), vocabSize: vocabSize)
      }
      #expect(error?.code == .failedPrecondition && error?.message.contains("seqkd") == true, "\(error?.message ?? "")")
    }
  }

  @Test("what was not promised is UNIMPLEMENTED, with what to use instead")
  func notPromised() async throws {
    let vocabSize = try SmallTokenizer.make().vocabSize
    let asked: [(ScoreOptions, String)] = [
      (ScoreOptions(topCount: 6), "loss_top_k to at most 5"), (ScoreOptions(fullLogprobs: true), "top_k"),
      (ScoreOptions(entropy: true), "entropies"), (ScoreOptions(hiddenState: true), "hidden states"),
      (ScoreOptions(gatherTokenIDs: [TokenID](repeating: 1, count: 9), gatherCount: 1), "named ids"),
    ]
    var others = Self.tables
    others.sharesVocabulary = false
    for (profile, asked) in [(Self.tables, asked), (others, [(ScoreOptions(tokenLogprobs: true), "it has others")])] {
      try await withUpstream(profile, script: .by { _ in .json("") }) { client, endpoint, _ in
        for (options, words) in asked {
          let error = await #expect(throws: RPCError.self) {
            _ = try await Self.score(client, Self.batch, options, vocabSize: vocabSize)
          }
          #expect(error?.code == .unimplemented && error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
        #expect(endpoint.requests.isEmpty)
      }
    }
  }

  /// An echo as OpenAI's older route writes it; log-prob of token i is −i.
  private static func echo(_ tokens: [String], counted: Int? = nil) -> String {
    let words = (tokens + [" new"]).map { "\"\($0)\"" }.joined(separator: ",")
    let values = (["null"] + tokens.indices.map { "-\($0 + 1)" }).prefix(tokens.count + 1).joined(separator: ",")
    return "{\"choices\":[{\"index\":0,\"text\":\"x\",\"finish_reason\":\"length\",\"logprobs\":{\"tokens\":[\(words)],"
      + "\"token_logprobs\":[\(values)],\"top_logprobs\":null,\"text_offset\":[]}}],"
      + "\"usage\":{\"prompt_tokens\":\(counted ?? tokens.count),\"completion_tokens\":1}}"
  }

  @Test("an echo is used where it has the student's tokens, a beginning before them or not, and refused elsewhere")
  func echoes() async throws {
    var profile = EndpointProfile(api: .completions)
    (profile.scoring, profile.sharesVocabulary) = (.echo, true)
    let tokenizer = try SmallTokenizer.make()
    // "hell", "o", "Ġwor", "x"
    let ids = tokenizer.encode("hello worx", addSpecialTokens: false)
    #expect(ids.count == 4)
    let begun = tokenizer.bosTokenIDs + ids
    let cases: [([String], Int?, [TokenID], [Float]?)] = [
      (["hell", "o", " wor", "x"], nil, ids, [-2, -3]), (["<s>", "hell", "o", " wor", "x"], nil, begun, [-2, -3, -4]),
      // Served without the beginning that it has.
      ([" hell", "o", " wor", "x"], 5, begun, [-1, -2, -3]),
      (["hell", "o", " wor", "x"], 5, ids, nil), (["hell", "o", " wor", "x"], 4, begun, nil),
      (["he", "llo", " wor", "x"], nil, ids, nil), (["hell", "o", " wor\\ufffd", "x"], nil, ids, nil),
      (["hell", "o"], nil, ids, nil),
    ]
    for (served, counted, ids, expected) in cases {
      try await withUpstream(profile, script: .by { _ in .json(Self.echo(served, counted: counted)) }) {
        client, endpoint, tokenizer in
        let batch = SequenceBatch([TokenSequence(tokenIDs: ids, promptLength: 2)])
        let scored = {
          try await Self.score(client, batch, ScoreOptions(tokenLogprobs: true), vocabSize: tokenizer.vocabSize)
        }
        if let expected {
          let scores = try await scored()
          #expect(scores.tokenLogprobs == expected)
        } else {
          let error = await #expect(throws: RPCError.self) { _ = try await scored() }
          #expect(error?.code == .failedPrecondition && error?.message.contains("other tokens") == true)
        }
        #expect(
          endpoint.requests[0].body.contains("\"prompt\":\"hello worx\"")
            && endpoint.requests[0].body.contains("\"echo\":true"))
      }
    }
  }
}
