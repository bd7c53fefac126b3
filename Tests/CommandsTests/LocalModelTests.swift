import Commands
import Foundation
import ModelFixtures
import Testing

@Suite("A model folder read by a command") struct LocalModelTests {
  @Test("with more tokens than its model has is refused with both files and both numbers")
  func largeTokenizer() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.url.appending(path: "small")
    try PuzzleModel.write(to: folder, seed: 1, width: 16, layers: 1)
    let vocabSize = try LocalModel(folder: folder).vocabSize
    let file = folder.appending(path: "tokenizer.json")
    var tokenizer = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    var tokens = try #require(tokenizer["added_tokens"] as? [[String: Any]])
    tokens.append(["id": vocabSize, "content": "<more>", "special": true])
    tokenizer["added_tokens"] = tokens
    try JSONSerialization.data(withJSONObject: tokenizer).write(to: file)
    let error = try #require(#expect(throws: (any Error).self) { _ = try LocalModel(folder: folder) })
    let says =
      "\(file.path) has \(vocabSize + 1) ids, and config.json of small a vocab_size of \(vocabSize): "
      + "take the model's own tokenizer"
    #expect("\(error)" == says)
  }
}
