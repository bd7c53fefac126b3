import Foundation

/// Encodings made by Google's Python implementation; see Golden/generate.py.
struct GoldenMessages: Decodable {
  let seed: Int
  /// For each message name, encodings in hex.
  let messages: [String: [String]]

  /// Reads the encodings of the present schema, or of an earlier one.
  static func load(_ name: String = "messages") throws -> GoldenMessages {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name).json")
    return try JSONDecoder().decode(GoldenMessages.self, from: Data(contentsOf: file))
  }

  func encodings(of name: String) -> [[UInt8]] {
    (messages[name] ?? []).map { hex in
      var bytes: [UInt8] = []
      var rest = hex[...]
      while let byte = UInt8(rest.prefix(2), radix: 16) {
        bytes.append(byte)
        rest = rest.dropFirst(2)
      }
      return bytes
    }
  }
}
