/// Why a template file was refused.
public enum PromptTemplateError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Not of the form that ``PromptTemplate`` describes.
  case malformed(source: String, reason: String)
  /// A placeholder that the role does not fill, or one that it needs and the file lacks.
  case placeholders(source: String, found: [String], expected: [String])

  /// One line: what, where, what to do.
  public var description: String {
    switch self {
    case .malformed(let source, let reason): "the template \(source) is malformed: \(reason)"
    case .placeholders(let source, let found, let expected):
      "the template \(source) has the placeholders \(found.joined(separator: ", ")): it is to have each of \(expected.joined(separator: ", ")), and no other"
    }
  }
}

/// The text of a request to a language model, with places to fill.
///
/// A file's first line is its name and its version, a whole number; then come the sections `[system]`, which may be left out,
/// and `[user]`, each on a line of its own. Places look like `{{instruction}}`.
public struct PromptTemplate: Sendable, Hashable {
  /// A request's text.
  public struct Prompt: Sendable, Hashable {
    /// What the model is to be; nil: nothing is said.
    public let system: String?
    /// What it is asked.
    public let user: String
  }

  /// The name, such as `lion/referee`.
  public let name: String
  /// The version: it changes with the text.
  public let version: Int
  private let system: [Piece]?
  private let user: [Piece]

  private enum Piece: Hashable {
    case text(String)
    case place(String)
  }

  /// Reads a file's text.
  ///
  /// - Parameters:
  ///   - text: The file.
  ///   - source: The file's name, for messages.
  ///   - places: The names of all places that the role fills.
  public init(_ text: String, source: String, places: Set<String>) throws(PromptTemplateError) {
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" })[...]
    let head = lines.popFirst()?.split(separator: " ") ?? []
    guard head.count == 2, let version = Int(head[1]), version > 0 else {
      throw .malformed(
        source: source, reason: "its first line is to be a name and a version, such as \"lion/referee 1\"")
    }
    guard let userLine = lines.firstIndex(of: "[user]") else {
      throw .malformed(source: source, reason: "it has no line [user]")
    }
    let before = lines[..<userLine]
    let system = before.firstIndex(of: "[system]").map { before[($0 + 1)...] }
    guard
      (system == nil ? before : before[..<(before.firstIndex(of: "[system]") ?? before.endIndex)])
        .allSatisfy({ $0.allSatisfy(\.isWhitespace) })
    else { throw .malformed(source: source, reason: "text stands before the lines [system] and [user]") }
    (name, self.version) = (String(head[0]), version)
    self.system = try system.map { lines throws(PromptTemplateError) in try Self.pieces(lines, source) }
    user = try Self.pieces(lines[(userLine + 1)...], source)
    let found = Set(((self.system ?? []) + user).compactMap { if case .place(let name) = $0 { name } else { nil } })
    guard found == places else {
      throw .placeholders(source: source, found: found.sorted(), expected: places.sorted())
    }
  }

  /// The request with each place filled once: what is filled in is never looked through for places.
  public func filled(_ values: [String: String]) -> Prompt {
    Prompt(system: system.map { Self.join($0, values) }, user: Self.join(user, values))
  }

  private static func join(_ pieces: [Piece], _ values: [String: String]) -> String {
    pieces.map { piece in
      switch piece {
      case .text(let text): return text
      case .place(let name):
        guard let value = values[name] else { preconditionFailure("no value for the place \(name)") }
        return value
      }
    }.joined()
  }

  private static func pieces(_ lines: ArraySlice<Substring>, _ source: String) throws(PromptTemplateError) -> [Piece] {
    var rest = lines.joined(separator: "\n")[...]
    while rest.last?.isNewline == true { rest.removeLast() }
    var pieces: [Piece] = []
    while let open = rest.firstRange(of: "{{") {
      guard let close = rest[open.upperBound...].firstRange(of: "}}") else {
        throw .malformed(source: source, reason: "a place {{ is not closed")
      }
      pieces.append(.text(String(rest[..<open.lowerBound])))
      pieces.append(.place(String(rest[open.upperBound..<close.lowerBound])))
      rest = rest[close.upperBound...]
    }
    return pieces + [.text(String(rest))]
  }
}
