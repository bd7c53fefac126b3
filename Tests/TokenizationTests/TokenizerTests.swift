import Foundation
import Testing
import Tokenization

/// The tokenizers of `Golden/fixtures`.
private let fixtures = ["byte-level", "gpt4", "digits", "sentencepiece", "metaspace", "unknown", "characters"]

@Suite("A tokenizer.json")
struct TokenizerTests {
  @Test("encodes awkward and random strings as the tokenizers library does", arguments: fixtures)
  func encodes(name: String) throws {
    let tokenizer = try TokenizerData.fixture(name)
    let cases = try FixtureCases.load()
    let expected = try #require(cases.fixtures[name])
    #expect(tokenizer.vocabSize == expected.vocabSize)
    #expect(cases.strings.count == expected.ids.count)
    for (index, string) in cases.strings.enumerated() {
      #expect(tokenizer.encode(string) == expected.ids[index], "\(string.debugDescription)")
      let plain = tokenizer.encode(string, addSpecialTokens: false)
      #expect(TokenizerData.crc("\(plain)") == expected.plainIds[index], "\(string.debugDescription) -> \(plain)")
    }
  }

  @Test("decodes its own ids and random ids as the tokenizers library does", arguments: fixtures)
  func decodes(name: String) throws {
    let tokenizer = try TokenizerData.fixture(name)
    let expected = try #require(try FixtureCases.load().fixtures[name])
    for (ids, text) in zip(expected.ids, expected.decoded) {
      #expect(Array(tokenizer.decode(ids).utf8) == Array(text.utf8), "\(ids)")
    }
    for (ids, text) in zip(expected.sequences, expected.texts) {
      #expect(Array(tokenizer.decode(ids, skipSpecialTokens: false).utf8) == Array(text.utf8), "\(ids)")
    }
  }

  @Test("gives the same ids from many threads and from a warm cache")
  func concurrent() async throws {
    let tokenizer = try TokenizerData.fixture("byte-level")
    let strings = try FixtureCases.load().strings
    let expected = strings.map { tokenizer.encode($0) }
    await withTaskGroup(of: [[UInt32]].self) { group in
      for _ in 0..<8 { group.addTask { strings.map { tokenizer.encode($0) } } }
      for await ids in group { #expect(ids == expected) }
    }
  }

  @Test("turns bytes that are not UTF-8 into U+FFFD")
  func invalidBytes() throws {
    let byteLevel = try TokenizerData.fixture("byte-level")
    let lead = try #require(byteLevel.id(of: "Ã"))
    let letter = try #require(byteLevel.id(of: "a"))
    #expect(byteLevel.decode([lead, letter]) == "\u{FFFD}a")
    let pieces = try TokenizerData.fixture("sentencepiece")
    let bytes = try ["<0xE6>", "<0x97>", "<0x0A>"].map { try #require(pieces.id(of: $0)) }
    #expect(pieces.decode(bytes) == "\u{FFFD}\u{FFFD}\u{FFFD}")
    #expect(pieces.decode([letter, 1 << 30]) == pieces.decode([letter]))
  }

  @Test("names tokens and special tokens")
  func names() throws {
    let tokenizer = try TokenizerData.fixture("characters")
    #expect(tokenizer.token(1) == "<s>")
    #expect(tokenizer.isSpecial(1))
    #expect(tokenizer.token(9_999) == nil)
    #expect(tokenizer.id(of: "a").flatMap { tokenizer.token($0) } == "a")
    #expect(tokenizer.encode("<s>ab</s>").first == 1)
    #expect(tokenizer.decode(tokenizer.encode("<s>a+b</s>")) == "a+b")
    #expect(tokenizer.decode(tokenizer.encode("<s>a+b</s>"), skipSpecialTokens: false) == "<s>a+b</s>")
  }

  @Test("encodes a piece of 200,000 characters in less than quadratic time")
  func longPiece() throws {
    let tokenizer = try TokenizerData.fixture("sentencepiece")
    let text = String(repeating: "letter", count: 33_334)
    let ids = tokenizer.encode(text, addSpecialTokens: false)
    #expect(tokenizer.decode(ids) == text)
  }

  @Test("digests equal vocabularies alike and others not")
  func digest() throws {
    let one = try TokenizerData.fixture("byte-level")
    #expect(one.vocabularyDigest == (try TokenizerData.fixture("byte-level")).vocabularyDigest)
    #expect(one.vocabularyDigest.count == 64)
    let all = try Set(fixtures.map { try TokenizerData.fixture($0).vocabularyDigest })
    #expect(all.count == fixtures.count)
  }

  @Test("has the digest that its documentation lays out")
  func digestLayout() throws {
    let json = #"""
      {"model":{"vocab":{"a":0,"b":1,"ab":3},"merges":["a b"]},
      "added_tokens":[{"id":4,"content":"<s>","special":true}]}
      """#
    let tokenizer = try Tokenizer(
      tokenizerJSON: Data(json.utf8), configuration: Data(#"{"bos_token":"<s>"}"#.utf8))
    // Made from the documented layout with Python's struct and hashlib.
    #expect(tokenizer.vocabularyDigest == "b30f4e48d33bf05b315fdf9f8df2b333ca662f0cfee3277c5bdec31aa9dc5e6a")
  }
}
