import Foundation
import Testing
import Tokenization

@Suite("Forms of tokenizers")
struct FormTests {
  static let forms = [
    "gpt4o", "tekken", "qwen3.5", "tiktoken", "deepseek-llm", "deepseek-v3", "bloom", "falcon", "gemma", "t5", "xlnet",
    "albert-nmt", "unigram-bytes", "affixed", "byte-normalizer", "bert", "bert-uncased", "bert-cased", "bert-accents",
    "punctuation-merged_with_next",
    "gpt2-contiguous", "split-inverted-removed",
  ]

  @Test("give the ids and texts of the tokenizers library", arguments: forms)
  func agree(form: String) throws {
    let cases = try FormCases.load()
    let location = TokenizerData.golden.appendingPathComponent("forms/\(form).json")
    try check(TokenizerData.tokenizer(at: location), cases.strings, #require(cases.forms[form]), special: true)
  }

  @Test("of SentencePiece alone give its ids and texts", arguments: ["forms/spm-unigram.model", "forms/spm-bpe.model"])
  func sentencePiece(file: String) throws {
    let cases = try FormCases.load()
    let tokenizer = try TokenizerData.tokenizer(at: TokenizerData.golden.appendingPathComponent(file))
    try check(tokenizer, cases.strings, #require(cases.models[file]), special: false)
    #expect(tokenizer.encode("a").first == tokenizer.bosTokenIDs.first)
    #expect(tokenizer.encode("a</s>").last == tokenizer.eosTokenIDs.first)
  }

  @Test(
    "of others' SentencePiece models give its ids and texts",
    .enabled(if: TokenizerData.hasShared, "\(TokenizerData.skipped)"),
    arguments: [
      "tokenizer-llama2/tokenizer.model", "tokenizer-mistral/tokenizer.model.v1",
      "tokenizer-mistral/mistral_instruct_tokenizer_240323.model.v3", "tokenizer-cases/test_model.model",
      "babyllama-tok105/tok105.model",
    ])
  func foreign(file: String) throws {
    let cases = try FormCases.load()
    let tokenizer = try TokenizerData.tokenizer(at: TokenizerData.shared.appendingPathComponent(file))
    let expected = try #require(cases.models[file])
    try check(tokenizer, cases.strings, expected, special: false)
    // By lines: SentencePiece's sums over a whole book are float32, and ties then hang on the last bit.
    let lines = try TokenizerData.text("tokenizer-cases/botchan.txt").unicodeScalars.split(
      separator: "\n", omittingEmptySubsequences: false)
    let novel = lines.flatMap { tokenizer.encode(String($0), addSpecialTokens: false) }
    #expect(TokenizerData.crc("\(novel)") == expected.novel, "\(novel.count) ids")
  }

  private func check(
    _ tokenizer: Tokenizer, _ strings: [String], _ expected: FormCases.Expected, special: Bool
  ) throws {
    try #require(strings.count == expected.ids.count && strings.count == expected.decoded.count)
    for (index, string) in strings.enumerated() where expected.ids[index] != 0 {
      let ids = tokenizer.encode(string, addSpecialTokens: special)
      #expect(TokenizerData.crc("\(ids)") == expected.ids[index], "\(string.debugDescription) -> \(ids)")
      guard expected.decoded[index] != 0 else { continue }
      let text = tokenizer.decode(ids)
      #expect(TokenizerData.crc(text) == expected.decoded[index], "\(string.debugDescription) -> \(text)")
    }
  }

  @Test("give StarCoder's ids", .enabled(if: TokenizerData.hasShared, "\(TokenizerData.skipped)"))
  func starCoder() throws {
    let tokenizer = try GGUFVocabulary(file: "tokenizer-starcoder/ggml-vocab-starcoder.gguf").tokenizer()
    try TokenizerData.forEachVector("tokenizer-starcoder/ggml-vocab-starcoder.gguf") { input, expected in
      #expect(tokenizer.encode(input, addSpecialTokens: false) == expected, "\(input.debugDescription)")
    }
  }

  @Test(
    "of SentencePiece pass llama.cpp's test strings", .enabled(if: TokenizerData.hasShared, "\(TokenizerData.skipped)"))
  func llamaModel() throws {
    let location = TokenizerData.shared.appendingPathComponent("tokenizer-llama2/tokenizer.model")
    let tokenizer = try TokenizerData.tokenizer(at: location)
    try TokenizerData.forEachVector("tokenizer-llama2/ggml-vocab-llama-spm.gguf") { input, expected in
      #expect(tokenizer.encode(input, addSpecialTokens: false) == expected, "\(input.debugDescription)")
    }
  }

  @Test("compose every character of three planes as Foundation does, whatever stands beside it")
  func composition() throws {
    let tokenizer = try TokenizerData.tokenizer(at: TokenizerData.golden.appendingPathComponent("forms/qwen3.5.json"))
    for start in stride(from: UInt32(0x80), to: 0x30000, by: 0x400) {
      let scalars = (start..<start + 0x400).compactMap(Unicode.Scalar.init)
      let text = scalars.map { "e\($0)\u{301}o\($0)" }.joined()
      let expected = text.decomposedStringWithCanonicalMapping.precomposedStringWithCanonicalMapping
      let found = tokenizer.decode(tokenizer.encode(text, addSpecialTokens: false))
      #expect(Array(found.utf8) == Array(expected.utf8), "from U+\(String(start, radix: 16)) on")
    }
  }

  @Test("refuse a SentencePiece model that is cut or changed, in one line, or read it")
  func damagedModel() throws {
    let whole = try Data(contentsOf: TokenizerData.golden.appendingPathComponent("forms/spm-unigram.model"))
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("retort-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var refused = 0
    for turn in 0..<300 {
      var bytes = Array(whole)
      if turn % 2 == 0 {
        bytes.removeLast(turn * (bytes.count - 1) / 300)
      } else {
        for place in 0..<3 {
          bytes[(turn * 7919 + place * 104_729) % bytes.count] = UInt8(truncatingIfNeeded: turn * 37 + place)
        }
      }
      try Data(bytes).write(to: folder.appendingPathComponent("tokenizer.model"))
      do {
        let tokenizer = try Tokenizer(folder: folder)
        _ = tokenizer.decode(tokenizer.encode("letters 🙂 ﬁ there <s>"))
      } catch {
        #expect(error.description.contains("tokenizer.model") && !error.description.contains("\n"))
        refused += 1
      }
    }
    #expect(refused > 50)
  }
}
