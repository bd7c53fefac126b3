internal import Yams

/// Reads YAML and overrides into values by key, each checked against the schema.
struct RecipeReader {
  /// Values that the recipe names.
  private(set) var values: [String: RecipeValue] = [:]
  /// Where each was named, for messages.
  private(set) var places: [String: String] = [:]
  private let file: String

  /// - Parameters:
  ///   - yaml: The text.
  ///   - file: Its name in messages.
  ///   - overrides: `key.sub=value`, which win over the text.
  init(yaml: String, file: String, overrides: [String]) throws(RecipeError) {
    self.file = file
    let root: Node?
    do {
      root = try Yams.compose(yaml: yaml)
    } catch let error as YamlError {
      throw .malformed(place: file, reason: Self.oneLine("\(error)"))
    } catch {
      throw .malformed(place: file, reason: Self.oneLine("\(error)"))
    }
    if let root {
      guard case .mapping(let mapping) = root else {
        throw .malformed(place: file, reason: "expected 'key: value' lines")
      }
      try read(mapping, under: "")
    }
    for override in overrides { try apply(override) }
  }

  private mutating func read(_ mapping: Node.Mapping, under prefix: String) throws(RecipeError) {
    for (keyNode, node) in mapping {
      let place = "\(file):\(keyNode.mark?.line ?? 0)"
      guard let name = keyNode.scalar?.string else {
        throw .malformed(place: place, reason: "a key must be plain text")
      }
      let path = prefix.isEmpty ? name : "\(prefix).\(name)"
      guard values[path] == nil else { throw .repeatedKey(place: place, key: path) }
      switch node {
      case .mapping(let inner) where RecipeSchema.isBlock(path): try read(inner, under: path)
      case .mapping, .alias: throw badValue(place, path, "a mapping", try key(path, place))
      case .sequence(let items):
        let texts = items.compactMap(\.scalar?.string)
        let found = try key(path, place)
        guard texts.count == items.count, let value = found.kind.read(texts) else {
          throw badValue(place, path, "[\(texts.joined(separator: ", "))]", found)
        }
        set(path, value, place)
      case .scalar(let scalar): try read(scalar.string, of: path, at: place)
      }
    }
  }

  private mutating func read(_ text: String, of path: String, at place: String) throws(RecipeError) {
    if RecipeSchema.isBlock(path), RecipeSchema.key(path) == nil {
      guard text.isEmpty || text == "~" || text == "null" else {
        throw .badValue(place: place, key: path, value: text, expected: "indented keys below it")
      }
      return
    }
    let found = try key(path, place)
    guard let value = found.kind.read(text) else { throw badValue(place, path, "'\(text)'", found) }
    set(path, value, place)
  }

  private mutating func apply(_ override: String) throws(RecipeError) {
    guard let equals = override.firstIndex(of: "="), equals != override.startIndex else {
      throw .badOverride(override)
    }
    let (path, text) = (String(override[..<equals]), String(override[override.index(after: equals)...]))
    // A block that was one value gives way to its keys, and the other way round.
    for dot in path.indices where path[dot] == "." { values[String(path[..<dot])] = nil }
    for key in values.keys where key.hasPrefix("\(path).") { values[key] = nil }
    try read(text, of: path, at: "override '\(override)'")
  }

  private mutating func set(_ path: String, _ value: RecipeValue, _ place: String) {
    values[path] = value
    places[path] = place
  }

  private func key(_ path: String, _ place: String) throws(RecipeError) -> RecipeKey {
    if let key = RecipeSchema.key(path) { return key }
    let names = RecipeSchema.keys.map(\.path)
    let leaf = path.split(separator: ".").last.map(String.init) ?? path
    let sameLeaf = names.first { $0.hasSuffix(".\(leaf)") }
    throw .unknownKey(place: place, key: path, nearest: sameLeaf ?? EditDistance.nearest(to: path, among: names))
  }

  private func badValue(_ place: String, _ path: String, _ value: String, _ key: RecipeKey) -> RecipeError {
    .badValue(place: place, key: path, value: value, expected: key.kind.expected)
  }

  private static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).map { $0.trimmingPrefix(while: \.isWhitespace) }.joined(separator: " ")
  }
}
