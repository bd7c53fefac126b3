import Foundation
import Tokenization

/// Tokens, their types and merges of a GGUF file without tensors, made into a `tokenizer.json` of StarCoder's form.
struct GGUFVocabulary {
  private var bytes: [UInt8]
  private var index = 8
  private var strings: [String: [String]] = [:]
  private var types: [UInt32] = []

  init(file: String) throws {
    bytes = Array(try Data(contentsOf: TokenizerData.shared.appendingPathComponent(file)))
    index = 16
    for _ in 0..<number(8) {
      let key = text()
      value(number(4), key)
    }
  }

  private mutating func number(_ size: Int) -> Int {
    defer { index += size }
    return bytes[index..<index + size].reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  private mutating func text() -> String {
    let count = number(8)
    defer { index += count }
    return String(decoding: bytes[index..<index + count], as: UTF8.self)
  }

  private mutating func value(_ kind: Int, _ key: String) {
    switch kind {
    case 8: strings[key] = [text()]
    case 9:
      let (inner, count) = (number(4), number(8))
      for _ in 0..<count {
        if inner == 8 {
          strings[key, default: []].append(text())
        } else if key.hasSuffix("token_type") {
          types.append(UInt32(number(4)))
        } else {
          value(inner, key)
        }
      }
    default: index += [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8][kind]
    }
  }

  func tokenizer() throws -> Tokenizer {
    let tokens = strings["tokenizer.ggml.tokens"] ?? []
    var vocabulary = ""
    for (id, token) in tokens.enumerated() {
      vocabulary += (id == 0 ? "" : ",") + (try Self.quoted(token)) + ":\(id)"
    }
    let merges = try (strings["tokenizer.ggml.merges"] ?? []).map(Self.quoted).joined(separator: ",")
    let added = try tokens.indices.filter { types[$0] == 3 }.map {
      "{\"id\":\($0),\"content\":\(try Self.quoted(tokens[$0])),\"special\":true}"
    }.joined(separator: ",")
    let json = """
      {"model":{"type":"BPE","vocab":{\(vocabulary)},"merges":[\(merges)]},"added_tokens":[\(added)],
      "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},
      {"type":"ByteLevel","add_prefix_space":false}]},"decoder":{"type":"ByteLevel"}}
      """
    return try Tokenizer(tokenizerJSON: Data(json.utf8))
  }

  private static func quoted(_ text: String) throws -> String {
    String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
  }
}

extension TokenizerData {
  /// llama.cpp's test strings with their ids.
  static func forEachVector(_ name: String, _ body: (String, [UInt32]) throws -> Void) throws {
    let inputs = try text("\(name).inp").components(separatedBy: "\n__ggml_vocab_test__\n")
    let lines = try text("\(name).out").components(separatedBy: "\n")
    for (input, line) in zip(inputs, lines) { try body(input, line.split(separator: " ").compactMap { UInt32($0) }) }
  }
}
