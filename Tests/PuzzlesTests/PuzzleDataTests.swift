import Foundation
import Puzzles
import Testing

@Suite("Files of the puzzles' example") struct PuzzleDataTests {
  static let example = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Examples/puzzles").standardizedFileURL

  @Test("committed data files are what the language writes", arguments: [PuzzleData.prompts, .few, .heldOut])
  func committedData(file: PuzzleData) throws {
    let committed = try String(contentsOf: Self.example.appending(path: "data/\(file.fileName)"), encoding: .utf8)
    #expect(committed == file.contents)
    #expect(committed.split(separator: "\n").count == file.rowCount)
  }

  @Test("committed tokenizer and configuration are what the language writes", arguments: PuzzleFolder.files.map(\.name))
  func committedFolder(name: String) throws {
    let contents = try #require(PuzzleFolder.files.first { $0.name == name }?.contents)
    #expect(try String(contentsOf: Self.example.appending(path: "base/\(name)"), encoding: .utf8) == contents)
    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(contents.utf8)) }
  }

  @Test("held-out rows are right, new to every other file, and spread over the kinds")
  func heldOut() throws {
    let heldOut = try rows(.heldOut)
    let trained = try Set(rows(.few).map(\.prompt) + prompts(.prompts))
    #expect(heldOut.allSatisfy { PuzzleLanguage.isValid(instruction: $0.prompt, answer: $0.completion) })
    #expect(Set(heldOut.map(\.prompt)).count == heldOut.count)
    #expect(trained.isDisjoint(with: heldOut.map(\.prompt)))
    let counts = Dictionary(grouping: heldOut) { $0.prompt.prefix { $0 != " " } }.mapValues(\.count)
    #expect(counts.count == PuzzleLanguage.kinds.count)
    #expect(counts.values.allSatisfy { (12...PuzzleData.heldOutPerKind).contains($0) }, "\(counts)")
  }

  @Test("every character of the alphabet is one token")
  func vocabulary() throws {
    let tokenizer = try #require(PuzzleFolder.files.first { $0.name == "tokenizer.json" }?.contents)
    let root = try #require(JSONSerialization.jsonObject(with: Data(tokenizer.utf8)) as? [String: Any])
    let model = try #require(root["model"] as? [String: Any])
    let vocabulary = try #require(model["vocab"] as? [String: Int])
    #expect(vocabulary.count == PuzzleFolder.vocabSize && PuzzleFolder.vocabSize == 50)
    #expect(Set(vocabulary.values) == Set(0..<50))
    #expect(PuzzleLanguage.alphabet.count == 46)
    for character in PuzzleLanguage.alphabet { #expect(vocabulary[character == " " ? "Ġ" : "\(character)"] != nil) }
    #expect(PuzzleFolder.specialTokens.map { vocabulary[$0] } == [0, 1, 2, 3])
  }

  private func rows(_ file: PuzzleData) throws -> [PuzzleRow] {
    try file.contents.split(separator: "\n").map { try JSONDecoder().decode(PuzzleRow.self, from: Data($0.utf8)) }
  }

  private func prompts(_ file: PuzzleData) throws -> [String] {
    try file.contents.split(separator: "\n").compactMap {
      try (JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: String])?["prompt"]
    }
  }
}
