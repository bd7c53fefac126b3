import Foundation
import Testing
import Tokenization

@Suite("A malformed tokenizer")
struct MalformedTokenizerTests {
  static let model = #""model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}"#

  /// A replacement that makes a text 120 times as long.
  static let growing =
    #"{"type":"Replace","pattern":{"String":"a"},"content":"\#(String(repeating: "a", count: 120))"}"#

  /// A tokenizer with a sequence of equal parts, or the sequence alone.
  static func sequence(_ field: String, _ parts: String, of part: String, count: Int) -> String {
    let list = Array(repeating: part, count: count).joined(separator: ",")
    let sequence = #"{"type":"Sequence","\#(parts)":[\#(list)]}"#
    return field.isEmpty ? sequence : "{\(model),\"\(field)\":\(sequence)}"
  }

  /// What is refused, and what the one line of the refusal says.
  static let refusals: [(json: String, says: [String])] = [
    ("", ["tokenizer.json", "byte 0"]),
    ("{", ["tokenizer.json", "byte 1"]),
    ("{} x", ["byte 3", "after the document"]),
    (#"{"a":01}"#, ["byte 5"]),
    (#"{"a":"\ud800"}"#, ["surrogate"]),
    (#"{"a":"\#u{1}"}"#, ["control character"]),
    (String(repeating: "[", count: 100_000), ["64 deep"]),
    ("[]", ["tokenizer.json", "expected an object"]),
    ("{}", [#"has no "model""#]),
    (#"{"model":{"type":"WordPiece"}}"#, ["model.type", "WordPiece", "not supported"]),
    (#"{"model":{"type":"WordLevel"}}"#, ["model.type", "WordLevel", "not supported"]),
    (#"{"model":{"type":"Unigram"}}"#, ["model", #"has no "vocab""#]),
    (#"{"model":{"type":"Unigram","vocab":[]}}"#, ["model.vocab", "no tokens"]),
    (#"{"model":{"type":"Unigram","vocab":[["a"]]}}"#, ["model.vocab[0]", "a piece and its score"]),
    (#"{"model":{"type":"Unigram","vocab":[["a",1e999]]}}"#, ["model.vocab[0]"]),
    (#"{"model":{"type":"Unigram","vocab":[["a",-1]],"unk_id":1}}"#, ["model.unk_id", "no token has id 1"]),
    (#"{"model":{"vocab":[]}}"#, ["model.vocab", "no tokens"]),
    (#"{"model":{"type":"BPE","vocab":[]}}"#, ["model.vocab", "expected an object"]),
    (#"{"model":{"vocab":{},"merges":[]}}"#, ["model.vocab", "no tokens"]),
    (#"{"model":{"vocab":{"a":-1},"merges":[]}}"#, [#"model.vocab["a"]"#, "token id"]),
    (#"{"model":{"vocab":{"a":0.5},"merges":[]}}"#, [#"model.vocab["a"]"#, "token id"]),
    (#"{"model":{"vocab":{"a":9000000},"merges":[]}}"#, ["model.vocab", "far beyond"]),
    (#"{"model":{"vocab":{"a":0,"b":0},"merges":[]}}"#, ["model.vocab", "another token"]),
    (#"{"model":{"vocab":{"a":0,"a":1},"merges":[]}}"#, [#"model.vocab["a"]"#, "second"]),
    (#"{"model":{"vocab":{"a":0},"merges":["a"]}}"#, ["model.merges[0]", "two tokens"]),
    (#"{"model":{"vocab":{"a":0},"merges":["a a"]}}"#, ["model.merges[0]", #""aa" is not in the vocabulary"#]),
    (#"{"model":{"vocab":{"a":0},"merges":[["a","b"]]}}"#, ["model.merges[0]", #""b""#]),
    (#"{"model":{"vocab":{"a":0},"merges":[],"unk_token":"u"}}"#, ["model.unk_token", #""u""#]),
    (#"{"model":{"vocab":{"a":0},"merges":[],"dropout":0.1}}"#, ["model.dropout"]),
    (#"{"model":{"vocab":{"a":0},"merges":[],"end_of_word_suffix":7}}"#, ["model.end_of_word_suffix"]),
    (sequence("normalizer", "normalizers", of: growing, count: 3), ["normalizer", "times as long"]),
    (sequence("decoder", "decoders", of: growing, count: 2), ["decoder", "times as long"]),
    (
      sequence("normalizer", "normalizers", of: sequence("", "normalizers", of: growing, count: 1), count: 2),
      ["normalizer", "times as long"]
    ),
    (
      "{\(model),\"normalizer\":{\"type\":\"BertNormalizer\",\"clean_text\":1}}", ["normalizer.clean_text"]
    ),
    ("{\(model),\"normalizer\":{\"type\":\"Other\"}}", ["normalizer.type", "Other"]),
    ("{\(model),\"normalizer\":{\"type\":\"Precompiled\"}}", ["normalizer", "precompiled_charsmap"]),
    (
      "{\(model),\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"?\"}}",
      ["normalizer.precompiled_charsmap", "Base64"]
    ),
    (
      "{\(model),\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"/////w==\"}}",
      ["normalizer.precompiled_charsmap", "not a map"]
    ),
    (
      "{\(model),\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"(a+)+$\"},\"content\":\"\"}}",
      ["normalizer.pattern.Regex", "(a+)+$"]
    ),
    (
      "{\(model),\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Whatever\"}]}}",
      ["pre_tokenizer.pretokenizers[0].type", "Whatever"]
    ),
    (
      "{\(model),\"pre_tokenizer\":{\"type\":\"Split\",\"behavior\":\"Isolated\",\"pattern\":{\"Regex\":\"(x+x+)+y\"}}}",
      ["pre_tokenizer.pattern.Regex", "(x+x+)+y"]
    ),
    ("{\(model),\"post_processor\":{\"type\":\"Odd\"}}", ["post_processor.type", "Odd"]),
    (
      "{\(model),\"post_processor\":{\"type\":\"BertProcessing\",\"cls\":[\"a\",77],\"sep\":[\"a\",0]}}",
      ["post_processor", "77"]
    ),
    ("{\(model),\"decoder\":{\"type\":\"CTC\"}}", ["decoder.type", "CTC"]),
    ("{\(model),\"added_tokens\":[{\"id\":7}]}", ["added_tokens[0]", "content"]),
    ("{\(model),\"added_tokens\":[{\"id\":1,\"content\":\"a\"}]}", ["added_tokens[0]", "id 1"]),
    ("{\(model),\"added_tokens\":[{\"id\":1,\"content\":\"z\"}]}", ["added_tokens[0]", "another token"]),
  ]

  @Test("is refused in one line that says the file and the field", arguments: refusals.indices)
  func refused(index: Int) throws {
    let refusal = Self.refusals[index]
    let error = #expect(throws: TokenizerError.self) {
      _ = try Tokenizer(tokenizerJSON: Data(refusal.json.utf8))
    }
    let line = try #require(error).description
    for part in refusal.says { #expect(line.contains(part), "\(line)") }
    #expect(line.contains("tokenizer.json"))
    #expect(!line.contains("\n"))
  }

  @Test("may have empty tokens and merges of them")
  func emptyTokens() throws {
    let json = #"{"model":{"vocab":{"":0,"a":1},"merges":[["",""],["","a"]]},"added_tokens":[{"id":0,"content":""}]}"#
    let tokenizer = try Tokenizer(tokenizerJSON: Data(json.utf8))
    #expect(tokenizer.encode("aa") == [1, 1])
    #expect(tokenizer.encode("").isEmpty)
    #expect(tokenizer.decode([0, 1]) == " a")
  }

  @Test("may be cut anywhere, and is then refused")
  func cut() throws {
    let whole = try Data(contentsOf: TokenizerData.golden.appendingPathComponent("fixtures/gpt4.json"))
    for length in stride(from: 0, to: whole.count - 2, by: 97) {
      #expect(throws: TokenizerError.self) { _ = try Tokenizer(tokenizerJSON: whole.prefix(length)) }
    }
  }

  @Test("with bytes changed is read or refused, but never ends the process")
  func mutated() throws {
    let whole = try Data(contentsOf: TokenizerData.golden.appendingPathComponent("fixtures/sentencepiece.json"))
    var state: UInt64 = 7
    var refused = 0
    for _ in 0..<400 {
      var bytes = Array(whole)
      for _ in 0..<3 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 24)
      }
      do {
        let tokenizer = try Tokenizer(tokenizerJSON: Data(bytes))
        _ = tokenizer.decode(tokenizer.encode("letters 🙂 there <s>"))
      } catch {
        refused += 1
      }
    }
    #expect(refused > 200)
  }

  @Test("folder is refused by what it lacks")
  func folders() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("retort-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let refusal = { () -> String in
      do {
        _ = try Tokenizer(folder: folder)
        return "accepted"
      } catch { return "\(error)" }
    }
    #expect(refusal().contains("no tokenizer.json") && refusal().hasPrefix(folder.path))
    let write = { (name: String, text: String) in
      try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }
    try write("vocab.json", #"{"a":0,"b":1,"ab":2,"<|endoftext|>":3}"#)
    try write("merges.txt", "#version: 0.2\na b\nb\n")
    #expect(refusal().hasPrefix("\(folder.path)/merges.txt: line 3"))
    try write("merges.txt", "#version: 0.2\r\na b\r\n")
    #expect(refusal() == "accepted")
    #expect(try Tokenizer(folder: folder).encode("ab<|endoftext|>") == [2, 3])
    try write("tokenizer_config.json", #"{"tokenizer_class":"T5Tokenizer"}"#)
    #expect(refusal().hasPrefix("\(folder.path)/tokenizer_config.json: tokenizer_class"))
    try write("tokenizer_config.json", #"{"eos_token":"</s>"}"#)
    #expect(refusal().hasPrefix("\(folder.path)/tokenizer_config.json: eos_token"))
    try write("special_tokens_map.json", "[")
    #expect(refusal().hasPrefix("\(folder.path)/special_tokens_map.json: not JSON at byte 1"))
    try FileManager.default.removeItem(at: folder.appendingPathComponent("special_tokens_map.json"))
    try write("vocab.json", #"{"a":0,"b":1}"#)
    #expect(refusal().hasPrefix("\(folder.path)/merges.txt: line 2: \"ab\" is not in the vocabulary"))
    try write("vocab.json", #"{"a":0,"b":1,"ab":2,"<|endoftext|>":3}"#)
    try write("tokenizer_config.json", #"{"add_bos_token":true,"bos_token":{"content":"b"}}"#)
    #expect(try Tokenizer(folder: folder).encode("a<|endoftext|>") == [1, 0, 3])
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("tokenizer.json"), withIntermediateDirectories: true)
    #expect(refusal() == "\(folder.path)/tokenizer.json: is not a regular file")
    try FileManager.default.removeItem(at: folder.appendingPathComponent("tokenizer.json"))
    try FileManager.default.removeItem(at: folder.appendingPathComponent("vocab.json"))
    try write("tokenizer.model", "x")
    #expect(refusal().hasPrefix("\(folder.path)/tokenizer.model: "))
  }
}
