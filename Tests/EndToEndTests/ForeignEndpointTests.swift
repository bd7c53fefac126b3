import Foundation
import ModelFixtures
import Reports
import ScriptedEndpoint
import ServiceRuntime
import Testing
import Tokenization

/// An endpoint whose model has one distribution at every place: `ab` 0.5, `a` 0.2, `c` 0.15, the end 0.03, and each of the other 47
/// tokens the same.
struct SteadyEndpoint: Sendable {
  enum Kind: String, CaseIterable, Sendable {
    /// vLLM's `prompt_logprobs`.
    case tables
    /// llama.cpp's own `/completion`.
    case nextTokens
  }

  let kind: Kind
  let tokenizer: Tokenizer

  func answer(_ request: ScriptedRequest) -> ScriptedAnswer {
    guard let body = try? JSONSerialization.jsonObject(with: Data(request.body.utf8)) as? [String: Any],
      let answer = request.path == "/completion" ? own(body) : request.path == "/v1/completions" ? text(body) : nil,
      let data = try? JSONSerialization.data(withJSONObject: answer)
    else { return .json(ScriptedTexts.problem("no such route"), status: 404) }
    return .json(String(decoding: data, as: UTF8.self))
  }

  private func probability(_ id: Int) -> Double {
    ["ab": 0.5, "a": 0.2, "c": 0.15, "</s>": 0.03][tokenizer.token(UInt32(id)) ?? ""] ?? 0.12 / 47
  }

  private var order: [Int] {
    (0..<tokenizer.vocabSize).sorted { (-probability($0), $0) < (-probability($1), $1) }
  }

  private func ids(_ body: [String: Any]) -> [Int] {
    body["prompt"] as? [Int] ?? tokenizer.encode(body["prompt"] as? String ?? "").map(Int.init)
  }

  private func text(_ body: [String: Any]) -> [String: Any] {
    let ids = ids(body)
    let text = String(repeating: "ab", count: body["max_tokens"] as? Int ?? 1)
    var choice: [String: Any] = ["index": 0, "text": text, "finish_reason": "length"]
    if kind == .tables, let count = body["prompt_logprobs"] as? Int {
      let rows: [Any] = ids.dropFirst().map { own in
        Dictionary(
          (order.prefix(count) + [own]).map { ("\($0)", ["logprob": log(probability($0))]) }, uniquingKeysWith: { $1 })
      }
      choice["prompt_logprobs"] = [NSNull()] + rows
    }
    return ["choices": [choice], "usage": ["prompt_tokens": ids.count, "completion_tokens": 1]]
  }

  private func own(_ body: [String: Any]) -> [String: Any]? {
    guard kind == .nextTokens, let count = body["n_probs"] as? Int else { return nil }
    func entry(_ id: Int) -> [String: Any] {
      let bytes =
        tokenizer.isSpecial(UInt32(id)) ? [] : tokenizer.pieces(of: tokenizer.encode("a") + [UInt32(id)])?.last
      return [
        "id": id, "token": String(decoding: bytes ?? [], as: UTF8.self), "bytes": bytes ?? [],
        "logprob": log(probability(id)),
      ]
    }
    var row = entry((body["logit_bias"] as? [[Int]])?.first?[0] ?? order[0])
    row["top_logprobs"] = order.prefix(count).map(entry)
    return [
      "content": "x", "stop_type": "limit", "tokens_evaluated": ids(body).count, "tokens_predicted": 1,
      "completion_probabilities": [row],
    ]
  }
}

@Suite("Log-probs of an endpoint with a tokenizer of its own", .timeLimit(.minutes(3)))
struct ForeignEndpointTests {
  @Test(
    "they are aligned by bytes: the first loss is the one that the endpoint's numbers give by hand",
    arguments: SteadyEndpoint.Kind.allCases)
  func aligned(kind: SteadyEndpoint.Kind) async throws {
    let small = try SmallRun()
    let teacher = small.folder.url.appending(path: "endpoint", directoryHint: .isDirectory)
    try Self.writeTokenizer(to: teacher)
    let served = SteadyEndpoint(kind: kind, tokenizer: try Tokenizer(folder: teacher))
    #expect(served.tokenizer.encode("abc", addSpecialTokens: false).count == 2)
    try small.folder.write("{\"prompt\": \"dot \", \"completion\": \"abc\"}\n", to: "rows.jsonl")
    try await ScriptedEndpoint.with(.by { served.answer($0) }) { endpoint in
      let recipe = try small.folder.write(
        """
        method: kd
        teacher: {url: "\(endpoint.url)", model: m, api: completions, tokenizer: \(teacher.path())}
        student: \(small.folder.path("teacher"))
        data: \(small.folder.path("rows.jsonl"))
        output_dir: \(small.folder.path("run"))
        objective: {loss_top_k: 3}
        generation: none
        training: {per_device_train_batch_size: 1, max_steps: 1, max_length: 48}
        evaluation: {metrics: []}

        """, to: "kd.yaml")
      let outcome = try await small.program.run(["run", recipe, "--local"])
      #expect(outcome.exit == .status(0), "\(outcome.errors)")
    }
    let loss = try #require(
      try MetricsLog(file: small.output("run").appending(path: "metrics.jsonl")).curve("loss").first?.value)
    #expect(abs(loss - (try await byHand(small))) < 2e-5, "\(loss)")
  }

  /// The forward KL of the first step, a mean over `a`, `b`, `c` and the end.
  ///
  /// The teacher's tokens are `ab`, `c` and the end. K = 3 leaves it `ab`, `a`, `c` and a tail of 0.15. Where fewer than three of the
  /// student's 50 tokens are known, those of the least ids share evenly in the tail.
  private func byHand(_ small: SmallRun) async throws -> Double {
    let tokenizer = try Tokenizer(folder: small.folder.url.appending(path: "teacher"))
    func id(_ token: String) throws -> UInt32 { try #require(tokenizer.id(of: token)) }
    let (a, b, c, end) = (try id("a"), try id("b"), try id("c"), try id("</s>"))
    let rows: [([UInt32: Double], tail: Double)] = [
      // ab and a begin with a.
      ([a: 0.7, c: 0.15, 0: 0.15 / 48], 0.15 * 47 / 48),
      // Behind a, of what is known ab alone goes on, with b.
      ([b: 0.85, 0: 0.15 / 49, 1: 0.15 / 49], 0.15 * 47 / 49),
      ([a: 0.7, c: 0.15, 0: 0.15 / 48], 0.15 * 47 / 48),
      // The end is none of the three, and known as the token that comes.
      ([a: 0.7, c: 0.15, end: 0.03], 0.12),
    ]
    let ids = tokenizer.encode("dot abc") + [end]
    let file = try small.folder.write(
      "{\"token_ids\": \(ids.map(Int.init)), \"prompt_length\": \(ids.count - 4)}\n", to: "score.jsonl")
    let outcome = try await small.program.run([
      "score", "--model", small.folder.path("teacher"), "--data", file, "--top-logprobs", "\(tokenizer.vocabSize)",
    ])
    #expect(outcome.exit == .status(0), "\(outcome.errors)")
    let row = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    let tokens = try #require(row["top_token_ids"] as? [[Int]])
    let logprobs = try #require(row["top_logprobs"] as? [[Double]])
    try #require(tokens.count == rows.count)
    var sum = 0.0
    for (place, row) in rows.enumerated() {
      let student = Dictionary(uniqueKeysWithValues: zip(tokens[place].map(UInt32.init), logprobs[place]))
      var rest = 1.0
      for (id, probability) in row.0 {
        let logprob = try #require(student[id])
        rest -= exp(logprob)
        sum += probability * (log(probability) - logprob)
      }
      sum += row.tail * (log(row.tail) - log(rest))
    }
    return sum / Double(rows.count)
  }

  /// The tokenizer of the puzzles, and a token for `ab`.
  private static func writeTokenizer(to folder: URL) throws {
    try PuzzleModel.writeBase(to: folder)
    let file = folder.appending(path: "tokenizer.json")
    var document = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    var model = try #require(document["model"] as? [String: Any])
    var vocabulary = try #require(model["vocab"] as? [String: Int])
    vocabulary["ab"] = vocabulary.count
    (model["vocab"], model["merges"]) = (vocabulary, ["a b"])
    document["model"] = model
    try JSONSerialization.data(withJSONObject: document).write(to: file)
  }
}
