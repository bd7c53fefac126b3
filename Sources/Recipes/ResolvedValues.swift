internal import Foundation

/// Values by key, defaults filled in. Asking for a key of another type than the schema's is a bug of the caller.
struct ResolvedValues {
  private let values: [String: RecipeValue]

  init(_ given: [String: RecipeValue], method: Method) {
    var values = given
    for key in RecipeSchema.keys where values[key.path] == nil {
      let block = key.path.lastIndex(of: ".").map { String(key.path[..<$0]) }
      if let block, values[block] != nil { continue }
      values[key.path] = key.fallback(method)
    }
    self.values = values
  }

  func value(_ key: String) -> RecipeValue? { values[key] }

  func whole(_ key: String) -> Int? {
    if case .whole(let value)? = values[key] { value } else { nil }
  }

  func flag(_ key: String) -> Bool? {
    if case .flag(let value)? = values[key] { value } else { nil }
  }

  func text(_ key: String) -> String? {
    if case .text(let value)? = values[key] { value } else { nil }
  }

  /// A value that the schema gives a default of.
  func whole(_ key: String) -> Int { whole(key) ?? Self.missing(key, 0) }
  func flag(_ key: String) -> Bool { flag(key) ?? Self.missing(key, false) }
  func word(_ key: String) -> String { text(key) ?? Self.missing(key, "") }

  func number(_ key: String) -> Double {
    if case .number(let value)? = values[key] { value } else { Self.missing(key, 0) }
  }

  /// A number that may be left out.
  func optionalNumber(_ key: String) -> Double? {
    if case .number(let value)? = values[key] { value } else { nil }
  }

  func list(_ key: String) -> [String] {
    if case .list(let value)? = values[key] { value } else { Self.missing(key, []) }
  }

  func required(_ key: String, _ expected: String) throws(RecipeError) -> String {
    guard let value = text(key) else { throw .missingKey(key: key, expected: expected) }
    return value
  }

  private static func missing<T>(_ key: String, _ value: T) -> T {
    preconditionFailure("recipe schema gives no default of the right type for '\(key)'")
  }

  /// Names of the keys right below a block, sorted.
  func names(under block: String) -> [String] {
    let below = values.keys.filter { $0.hasPrefix("\(block).") }
    return Set(below.map { String($0.dropFirst(block.count + 1).prefix { $0 != "." }) }).sorted()
  }

  /// Keys that have values, in the schema's order; named teachers come with their block.
  var paths: [String] {
    let named = values.keys.filter { TeacherOptions.named($0) != nil }.sorted()
    return RecipeSchema.keys.map(\.path).flatMap { path in
      (values[path] == nil ? [] : [path]) + (path == TeacherOptions.lastPath ? named : [])
    }
  }

  /// Every value as YAML, in the schema's order; reading it gives the same recipe.
  var yaml: String {
    var lines: [String] = []
    var open: [Substring] = []
    for path in paths {
      guard let value = values[path] else { continue }
      let parts = path.split(separator: ".")
      let blocks = Array(parts.dropLast())
      let shared = zip(open, blocks).prefix { $0 == $1 }.count
      for depth in shared..<blocks.count { lines.append(Self.indent(depth) + "\(blocks[depth]):") }
      open = blocks
      lines.append(Self.indent(blocks.count) + "\(parts[parts.count - 1]): \(Self.yaml(value))")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

  private static func yaml(_ value: RecipeValue) -> String {
    switch value {
    case .whole(let value): "\(value)"
    case .number(let value): "\(value)"
    case .flag(let value): "\(value)"
    case .list(let items): "[\(items.map(quoted).joined(separator: ", "))]"
    case .text(let text): quoted(text)
    }
  }

  /// Plain where every YAML reader agrees on what it is, else in double quotes (JSON's escapes are YAML's).
  private static func quoted(_ text: String) -> String {
    let isPlain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_/.-".contains($0)) }
    let beginsPlain = text.first?.isLetter == true || ["/", "./", "../"].contains { text.hasPrefix($0) }
    let words = ["true", "false", "yes", "no", "null", "on", "off", "y", "n"]
    if isPlain, beginsPlain, !words.contains(text.lowercased()) { return text }
    let json = (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) }
    return json?.replacing("\\/", with: "/") ?? "\"\""
  }
}
