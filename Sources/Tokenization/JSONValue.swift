/// A JSON value that keeps the order of members and every byte of its strings.
///
/// Foundation's parser puts members into a dictionary of `String`, where "é" and "e" + U+0301 are one key: a vocabulary
/// that has both would lose a token.
enum JSONValue: Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([Member])

  struct Member: Sendable {
    let key: String
    let value: JSONValue
  }

  /// A whole number that can be a token id: below 2²⁴.
  var tokenID: UInt32? {
    guard case .number(let number) = self, let id = UInt32(exactly: number), id < 1 << 24 else { return nil }
    return id
  }

  /// What the value is, for messages.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// A value with the file and the path that it came from, so that a refusal can name the place.
struct JSONField: Sendable {
  let file: String
  let path: String
  let value: JSONValue

  init(file: String, bytes: [UInt8]) throws(TokenizerError) {
    var parser = JSONParser(file: file, bytes: bytes)
    (self.file, path, value) = (file, "", try parser.parseDocument())
  }

  init(file: String, path: String, value: JSONValue) {
    (self.file, self.path, self.value) = (file, path, value)
  }

  /// The member of that name; nil where it is absent or null. Throws unless this is an object.
  func optional(_ key: String) throws(TokenizerError) -> JSONField? {
    guard let member = try object().first(where: { $0.key == key }) else { return nil }
    if case .null = member.value { return nil }
    return JSONField(file: file, path: path.isEmpty ? key : "\(path).\(key)", value: member.value)
  }

  /// The member of that name; throws where it is absent or null.
  func required(_ key: String) throws(TokenizerError) -> JSONField {
    guard let field = try optional(key) else { throw invalid("has no \"\(key)\"") }
    return field
  }

  func object() throws(TokenizerError) -> [JSONValue.Member] {
    guard case .object(let members) = value else { throw invalid("expected an object, found \(value.kind)") }
    return members
  }

  func array() throws(TokenizerError) -> [JSONField] {
    guard case .array(let values) = value else { throw invalid("expected an array, found \(value.kind)") }
    return values.enumerated().map { JSONField(file: file, path: "\(path)[\($0)]", value: $1) }
  }

  func string() throws(TokenizerError) -> String {
    guard case .string(let text) = value else { throw invalid("expected a string, found \(value.kind)") }
    return text
  }

  func bool() throws(TokenizerError) -> Bool {
    guard case .bool(let flag) = value else { throw invalid("expected true or false, found \(value.kind)") }
    return flag
  }

  /// A whole number that fits a token id.
  func tokenID() throws(TokenizerError) -> UInt32 {
    guard let id = value.tokenID else { throw invalid("expected a token id below 16777216") }
    return id
  }

  /// The flag of that name, or `fallback` where it is absent or null.
  func flag(_ key: String, default fallback: Bool) throws(TokenizerError) -> Bool {
    guard let field = try optional(key) else { return fallback }
    return try field.bool()
  }

  func invalid(_ problem: String) -> TokenizerError {
    .invalidField(file: file, field: path.isEmpty ? "the top level" : path, problem: problem)
  }

  func unsupported(_ component: String) -> TokenizerError {
    .unsupported(file: file, field: path.isEmpty ? "the top level" : path, component: component)
  }
}
