import Commands
import Foundation
import ModelFixtures
import Testing

@Suite struct ScoreFileTests {
  private let folder: TemporaryFolder
  private let model: LocalModel

  init() throws {
    folder = try TemporaryFolder()
    try PuzzleModel.write(to: folder.url.appending(path: "model"), seed: 1)
    model = try LocalModel(folder: folder.url.appending(path: "model"))
  }

  private struct Reply: Decodable {
    let tokenIDs: [Int]
    let promptLength: Int
    let logprobs: [Double]
    let topTokenIDs: [[Int]]?
    let topLogprobs: [[Double]]?
    let tailLogprob: [Double?]?
    let id: String?

    private enum CodingKeys: String, CodingKey {
      case tokenIDs = "token_ids"
      case promptLength = "prompt_length"
      case topTokenIDs = "top_token_ids"
      case topLogprobs = "top_logprobs"
      case tailLogprob = "tail_logprob"
      case logprobs, id
    }
  }

  private func score(_ rows: String, topCount: Int = 0) throws -> [Reply] {
    let file = URL(filePath: try folder.write(rows, to: "rows.jsonl"))
    var replies: [Reply] = []
    try ScoreFile(model: model, topCount: topCount).run(data: file) {
      replies.append(try JSONDecoder().decode(Reply.self, from: Data($0.utf8)))
    }
    return replies
  }

  @Test("text and its token ids get the same log-probs, and other columns stay")
  func textAndTokens() throws {
    let text = try #require(try score(#"{"id":"a,}","prompt":"pal 5 with a:","completion":"jadaj"} "#).first)
    #expect(text.id == "a,}")
    #expect(text.logprobs.count == 5 && text.tokenIDs.count == text.promptLength + 5)
    let tokens = try score("{\"token_ids\":\(text.tokenIDs),\"prompt_length\":\(text.promptLength)}")
    #expect(tokens.first?.logprobs == text.logprobs)
  }

  @Test(
    "top log-probs descend, hold the probability together with the tail, and contain the token's own",
    arguments: [1, 5, 50])
  func topLogprobs(topCount: Int) throws {
    let reply = try #require(try score(#"{"token_ids":[1,9,10,11],"prompt_length":2}"#, topCount: topCount).first)
    let tops = try #require(reply.topLogprobs)
    #expect(tops.count == 2 && reply.topTokenIDs?.allSatisfy { $0.count == topCount } ?? false)
    for (index, top) in tops.enumerated() {
      #expect(top == top.sorted(by: >))
      let tail = try #require(reply.tailLogprob)[index].map { exp($0) } ?? 0
      #expect(abs(top.reduce(tail) { $0 + exp($1) } - 1) < 1e-5)
      let own = try #require(reply.topTokenIDs)[index].firstIndex(of: reply.tokenIDs[2 + index])
      if let own { #expect(abs(top[own] - reply.logprobs[index]) < 1e-6) }
    }
  }

  @Test("rows keep their order over batches, and blank lines are skipped")
  func order() throws {
    let rows = (0..<70).map { "{\"token_ids\":[1,\(4 + $0 % 40),\(5 + $0 % 40)],\"prompt_length\":1}\n" }.joined(
      separator: "\n")
    #expect(try score(rows).map { $0.tokenIDs[1] } == (0..<70).map { 4 + $0 % 40 })
  }

  @Test(
    "a wrong row is refused with file and line",
    arguments: [
      "{", "[]", "{}", #"{"prompt":"a"}"#, #"{"token_ids":[1],"prompt_length":0}"#,
      #"{"token_ids":[1],"prompt_length":2}"#,
      #"{"token_ids":[],"prompt_length":0}"#, #"{"token_ids":[1,50],"prompt_length":1}"#,
      #"{"token_ids":[-1],"prompt_length":1}"#,
      "{\"token_ids\":\(Array(repeating: 1, count: 65)),\"prompt_length\":1}",
    ])
  func wrongRow(row: String) throws {
    let error = try #require(throws: CommandError.self) {
      try score("\n{\"token_ids\":[1],\"prompt_length\":1}\n\(row)\n")
    }
    #expect(error.description.contains("rows.jsonl:3: "), "\(error)")
    #expect(!error.description.contains("\n"))
  }

  @Test("a file that is not there is refused in plain words")
  func absentFile() throws {
    let error = try #require(throws: CommandError.self) {
      try ScoreFile(model: model, topCount: 0).run(data: folder.url.appending(path: "nothing.jsonl")) { _ in }
    }
    #expect(error.description.contains("(no such file)"), "\(error)")
  }

  @Test("more top log-probs than tokens are refused", arguments: [-1, 51])
  func topCountOutOfRange(topCount: Int) {
    #expect(throws: CommandError.self) { try ScoreFile(model: model, topCount: topCount) }
  }
}
