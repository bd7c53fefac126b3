internal import Foundation
internal import Sequences
internal import Transformer

extension ModelConfigurationFile {
  /// The bytes of a `config.json` that transformers reads.
  static func bytes(_ model: ModelConfiguration, _ special: SpecialTokens, type: TensorType) throws(CheckpointError)
    -> Data
  {
    var keys: [String: JSONValue] = [
      "torch_dtype": .string(type == .float32 ? "float32" : type == .bfloat16 ? "bfloat16" : "float16"),
      "initializer_range": .number(0.02), "use_cache": .boolean(true),
      "bos_token_id": special.bosTokenID.map { .integer(Int($0)) } ?? .null,
      "pad_token_id": special.padTokenID.map { .integer(Int($0)) } ?? .null,
    ]
    let ids = special.eosTokenIDs.map { JSONValue.integer(Int($0)) }
    keys["eos_token_id"] = ids.count > 1 ? .list(ids) : ids.first ?? .null
    return try JSONValue.object(keys.merging(model.keys) { _, new in new }).bytes()
  }
}

/// JSON to be written, with its keys in order.
typealias JSONValue = ConfigurationValue

extension ConfigurationValue {
  /// Readable JSON with its keys in order, and a line's end. A number has a point or an exponent even where it is whole:
  /// transformers refuses whole ones for some keys.
  func bytes() throws(CheckpointError) -> Data { Data((try text(indentation: "") + "\n").utf8) }

  private func text(indentation: String) throws(CheckpointError) -> String {
    let inner = indentation + "  "
    switch self {
    case .null: return "null"
    case .boolean(let value): return "\(value)"
    case .integer(let value): return "\(value)"
    case .number(let value) where value.isFinite: return "\(value)"
    case .number, .string: return String(decoding: try JSONFile.bytes(self).dropLast(), as: UTF8.self)
    case .list(let values):
      var lines: [String] = []
      for value in values { lines.append(inner + (try value.text(indentation: inner))) }
      return lines.isEmpty ? "[]" : "[\n\(lines.joined(separator: ",\n"))\n\(indentation)]"
    case .object(let values):
      var lines: [String] = []
      for (key, value) in values.sorted(by: { $0.key < $1.key }) {
        lines.append(
          "\(inner)\(try ConfigurationValue.string(key).text(indentation: "")) : \(try value.text(indentation: inner))")
      }
      return lines.isEmpty ? "{}" : "{\n\(lines.joined(separator: ",\n"))\n\(indentation)}"
    }
  }
}

extension JSONFile {
  /// Readable JSON with its keys in order, and a line's end.
  static func bytes(_ value: some Encodable) throws(CheckpointError) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return try encoder.encode(value) + Data("\n".utf8)
    } catch {
      throw .malformedJSON(path: "JSON to be written", reason: "\(error)")
    }
  }
}
