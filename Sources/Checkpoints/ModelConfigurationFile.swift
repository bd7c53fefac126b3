internal import Foundation
public import Sequences
internal import Transformer

/// Special ids of a model, as its configuration has them.
public struct SpecialTokens: Sendable, Hashable {
  /// Begins a sequence.
  public var bosTokenID: TokenID?
  /// Any of these ends a completion.
  public var eosTokenIDs: [TokenID]
  /// Fills; never part of a sequence.
  public var padTokenID: TokenID?

  /// Makes the ids.
  public init(bosTokenID: TokenID? = nil, eosTokenIDs: [TokenID] = [], padTokenID: TokenID? = nil) {
    self.bosTokenID = bosTokenID
    self.eosTokenIDs = eosTokenIDs
    self.padTokenID = padTokenID
  }

  /// Refuses ids that the vocabulary lacks; `path` is the file that has them.
  func check(vocabSize: Int, path: String) throws(CheckpointError) {
    let named = [("bos_token_id", bosTokenID.map { [$0] } ?? []), ("eos_token_id", eosTokenIDs)]
    for (name, ids) in named + [("pad_token_id", padTokenID.map { [$0] } ?? [])] {
      guard let id = ids.first(where: { Int($0) >= vocabSize }) else { continue }
      throw .unsupportedValue(
        path: path, key: name, value: "\(id)", supported: "ids below vocab_size \(vocabSize), or null for none")
    }
  }
}

/// `config.json` of Hugging Face, for the families that the engine has.
struct ModelConfigurationFile {
  /// Largest file that is read, in bytes.
  static let sizeLimit = 1 << 20

  let configuration: ModelConfiguration
  let special: SpecialTokens

  init(_ url: URL) throws(CheckpointError) {
    try self.init(InputFile.contents(of: url, limit: Self.sizeLimit), path: url.path(percentEncoded: false))
  }

  /// Reads the file's bytes; `path` is for messages.
  init(_ data: Data, path: String) throws(CheckpointError) {
    let keys = try JSONFile.decode([String: ConfigurationValue].self, data, path: path)
    let family = try Self.family(keys, path)
    do {
      configuration = try ModelConfiguration(family, keys: keys)
    } catch .invalidConfiguration(let field, let value, let requirement) {
      throw .malformedJSON(path: path, reason: "\(field) is \(value); it must be \(requirement)")
    } catch {
      throw .malformedJSON(path: path, reason: "\(error)")
    }
    let vocabSize = configuration.vocabSize
    func ids(_ key: String) throws(CheckpointError) -> [TokenID] {
      // An absent id is the family's, if the vocabulary has it; a null is none.
      guard let value = keys[key] else {
        return family.specialTokenIDs[key].flatMap { $0 < vocabSize ? [TokenID($0)] : nil } ?? []
      }
      guard let ids = value.tokenIDs else {
        throw .malformedJSON(path: path, reason: "\(key) is neither an id nor a list of ids")
      }
      return ids
    }
    special = SpecialTokens(
      bosTokenID: try ids("bos_token_id").first, eosTokenIDs: try ids("eos_token_id"),
      padTokenID: try ids("pad_token_id").first)
    try special.check(vocabSize: configuration.vocabSize, path: path)
  }

  /// The family of `architectures`, or of `model_type` where that alone is given.
  private static func family(
    _ keys: [String: ConfigurationValue], _ path: String
  ) throws(CheckpointError) -> ModelConfiguration.Family {
    let families = ModelConfiguration.Family.allCases
    func text(_ value: ConfigurationValue?) -> String? { if case .string(let text)? = value { text } else { nil } }
    func refuse(_ name: String) -> CheckpointError {
      .unsupportedArchitecture(path: path, name: name.oneLine, known: families.map(\.architecture).sorted())
    }
    let type = text(keys["model_type"])
    var name: String?
    if case .list(let names)? = keys["architectures"] { name = text(names.first) }
    let typed = type.flatMap { ModelConfiguration.Family(rawValue: $0) }
    guard let name else {
      if let type, typed == nil { throw refuse(type) }
      guard let typed else {
        throw .malformedJSON(path: path, reason: "neither architectures nor model_type is given")
      }
      return typed
    }
    guard let found = families.first(where: { $0.architecture == name }) else { throw refuse(name) }
    guard type == nil || typed == found else {
      throw .unsupportedValue(
        path: path, key: "model_type", value: (type ?? "").oneLine,
        supported: "\(found.rawValue), as architectures says")
    }
    return found
  }
}

extension ConfigurationValue {
  /// Special ids: one, a list, or none, for which −1 is written too. Nil for anything else.
  fileprivate var tokenIDs: [TokenID]? {
    switch self {
    case .null: []
    case .integer(let id): id < 0 ? [] : TokenID(exactly: id).map { [$0] }
    case .list(let values):
      values.reduce([] as [TokenID]?) { ids, value in
        guard case .integer(let id) = value, let id = TokenID(exactly: id) else { return nil }
        return ids.map { $0 + [id] }
      }
    default: nil
    }
  }
}

extension String {
  /// The text for a message: at most 80 characters, and none that begins a line.
  fileprivate var oneLine: String {
    String(unicodeScalars.prefix(80).map { $0.value < 32 || $0.value == 127 ? "?" : Character($0) })
  }
}

/// One id, or a list of ids.
struct TokenIDs: Decodable, Sendable, Hashable {
  let ids: [TokenID]

  /// The first.
  var first: TokenID? { ids.first }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let id = try? container.decode(TokenID.self) {
      ids = [id]
    } else if let id = try? container.decode(Int.self), id < 0 {
      ids = []  // −1 is written for «none».
    } else {
      ids = try container.decode([TokenID].self)
    }
  }
}

/// JSON files, of a limited size, in which no key stands twice.
enum JSONFile {
  static func read<Content: Decodable>(
    _ type: Content.Type, _ url: URL, limit: Int
  ) throws(CheckpointError) -> Content {
    try decode(type, InputFile.contents(of: url, limit: limit), path: url.path(percentEncoded: false))
  }

  static func decode<Content: Decodable>(
    _ type: Content.Type, _ data: Data, path: String
  ) throws(CheckpointError) -> Content {
    // Decoders take UTF-16 too, which has zeros and which nobody writes.
    guard !data.contains(0) else { throw .malformedJSON(path: path, reason: "not JSON in UTF-8") }
    let content: Content
    do {
      content = try JSONDecoder().decode(type, from: data)
    } catch let error as DecodingError {
      throw .malformedJSON(path: path, reason: reason(error))
    } catch {
      throw .malformedJSON(path: path, reason: "not JSON")
    }
    if let key = RepeatedKey.first(in: data) {
      throw .malformedJSON(path: path, reason: "the key \(key) stands twice: leave one of the two")
    }
    return content
  }

  private static func reason(_ error: DecodingError) -> String {
    func place(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
    switch error {
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      if context.codingPath.isEmpty { return "an object is expected" }
      return "the key \(place(context.codingPath)) has a value of the wrong type"
    case .keyNotFound(let key, let context):
      return "the key \(place(context.codingPath + [key])) is missing"
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      return "the value of \(place(context.codingPath)) cannot be understood"
    default: return "not JSON"
    }
  }
}
