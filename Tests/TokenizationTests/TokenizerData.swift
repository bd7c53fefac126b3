import Foundation
import Tokenization

/// Files that the tests read.
enum TokenizerData {
  private static let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  /// Expected values made by `Golden/generate.py`.
  static let golden = here.appendingPathComponent("Golden")

  /// Tokenizers of others, beside the checkout or where RETORT_DATA says.
  static let shared: URL = {
    if let path = ProcessInfo.processInfo.environment["RETORT_DATA"] { return URL(fileURLWithPath: path) }
    return here.appendingPathComponent("../../../shared/data").standardizedFileURL
  }()

  static let hasShared = FileManager.default.fileExists(atPath: shared.path)
  static let skipped = "needs the tokenizers of ../shared/data; set RETORT_DATA to their folder"

  static func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: shared.appendingPathComponent(path)), as: UTF8.self)
  }

  /// Decodes JSON with snake-case names.
  static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: data)
  }

  static func fixture(_ name: String) throws -> Tokenizer {
    try Tokenizer(tokenizerJSON: Data(contentsOf: golden.appendingPathComponent("fixtures/\(name).json")))
  }

  static func sharedTokenizer(_ path: String) throws -> Tokenizer {
    guard path.hasSuffix(".json") else { return try Tokenizer(folder: shared.appendingPathComponent(path)) }
    return try Tokenizer(tokenizerJSON: Data(contentsOf: shared.appendingPathComponent(path)))
  }

  /// The tokenizer of a `tokenizer.json`, of a `.model` file, or of a folder.
  static func tokenizer(at location: URL) throws -> Tokenizer {
    if location.pathExtension == "json" { return try Tokenizer(tokenizerJSON: Data(contentsOf: location)) }
    guard location.lastPathComponent.contains(".model") else { return try Tokenizer(folder: location) }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("retort-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.copyItem(at: location, to: folder.appendingPathComponent("tokenizer.model"))
    return try Tokenizer(folder: folder)
  }

  /// CRC-32, as zlib computes it.
  static func crc(_ text: String) -> UInt32 {
    var crc = UInt32.max
    for byte in text.utf8 {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }
}

/// Expected values of `Golden/cases.json`.
struct FixtureCases: Decodable {
  struct Fixture: Decodable {
    let vocabSize: Int
    let ids: [[UInt32]]
    let plainIds: [UInt32]
    let decoded: [String]
    let sequences: [[UInt32]]
    let texts: [String]
  }

  let strings: [String]
  let fixtures: [String: Fixture]

  static func load() throws -> FixtureCases {
    let data = try Data(contentsOf: TokenizerData.golden.appendingPathComponent("cases.json"))
    return try TokenizerData.decode(FixtureCases.self, from: data)
  }
}

/// Expected values of `Golden/foreign.json`.
struct ForeignCases: Decodable {
  struct Expected: Decodable {
    let ids: [UInt32]
    let novel: UInt32
    let decoded: [UInt32]
    let sequences: [[UInt32]]
    let texts: [UInt32]
  }

  let strings: [String]
  let tokenizers: [String: Expected]

  static func load() throws -> ForeignCases {
    let data = try Data(contentsOf: TokenizerData.golden.appendingPathComponent("foreign.json"))
    return try TokenizerData.decode(ForeignCases.self, from: data)
  }
}

/// Expected values of `Golden/forms.json`, as CRC-32; 0: not compared.
struct FormCases: Decodable {
  struct Expected: Decodable {
    let ids: [UInt32]
    let decoded: [UInt32]
    let novel: UInt32?
  }

  let strings: [String]
  let forms: [String: Expected]
  let models: [String: Expected]

  static func load() throws -> FormCases {
    let data = try Data(contentsOf: TokenizerData.golden.appendingPathComponent("forms.json"))
    return try JSONDecoder().decode(FormCases.self, from: data)
  }
}
