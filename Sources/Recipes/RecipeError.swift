/// Why a recipe or its data cannot be used. Each is one line that says where and what to do.
public enum RecipeError: Error, Hashable, CustomStringConvertible {
  /// The text is not YAML.
  case malformed(place: String, reason: String)
  /// A key that nobody reads.
  case unknownKey(place: String, key: String, nearest: String?)
  /// A key that stands twice.
  case repeatedKey(place: String, key: String)
  /// A value of the wrong type or out of range.
  case badValue(place: String, key: String, value: String, expected: String)
  /// A key without which there is no run.
  case missingKey(key: String, expected: String)
  /// A key that nothing of the recipe reads; it is for others, and the method takes some of its block.
  case unusedKey(place: String, key: String, method: Method, owners: String, taken: [String])
  /// Settings that contradict each other.
  case conflict(String)
  /// An override that is not `key.sub=value`.
  case badOverride(String)
  /// A data file that cannot be read.
  case unreadableData(path: String, reason: String)
  /// A data row that cannot be used.
  case badRow(path: String, line: Int, reason: String)

  /// One line: what, where, what to do.
  public var description: String {
    switch self {
    case .malformed(let place, let reason): "\(place): not a recipe: \(reason)"
    case .unknownKey(let place, let key, let nearest):
      "\(place): unknown key '\(key)'" + (nearest.map { "; did you mean '\($0)'?" } ?? "; remove it")
    case .repeatedKey(let place, let key): "\(place): '\(key)' stands twice; keep one"
    case .badValue(let place, let key, let value, let expected): "\(place): \(key): \(value): expected \(expected)"
    case .missingKey(let key, let expected): "recipe: '\(key)' is missing: give \(expected)"
    case .unusedKey(let place, let key, let method, let owners, let taken):
      "\(place): \(key) has no use in this recipe of method \(method.rawValue): it is for \(owners); of "
        + "'\(key.prefix { $0 != "." })' it takes \(taken.isEmpty ? "nothing" : taken.joined(separator: ", "))"
    case .conflict(let reason): "recipe: \(reason)"
    case .badOverride(let text): "override '\(text)': expected key.sub=value"
    case .unreadableData(let path, let reason): "\(path): cannot be read: \(reason)"
    case .badRow(let path, let line, let reason): "\(path):\(line): \(reason)"
    }
  }
}
