/// A value of the template language, with Python's meaning of truth, equality and text.
enum TemplateValue: Sendable {
  case undefined(String)
  case none
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case list([TemplateValue])
  /// Members in order.
  case object([(String, TemplateValue)])
  /// A `namespace()`: what loops may write, by its place among those of the rendering.
  case namespace(Int)

  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let flag): flag
    case .int(let number): number != 0
    case .double(let number): number != 0
    case .string(let text): !text.isEmpty
    case .list(let values): !values.isEmpty
    case .object(let members): !members.isEmpty
    case .namespace: true
    }
  }

  var number: Double? {
    switch self {
    case .bool(let flag): flag ? 1 : 0
    case .int(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }

  var kind: String {
    switch self {
    case .undefined(let name): "the undefined \"\(name)\""
    case .none: "none"
    case .bool: "a boolean"
    case .int, .double: "a number"
    case .string: "a string"
    case .list: "a list"
    case .object: "a mapping"
    case .namespace: "a namespace"
    }
  }

  /// The text that printing gives; nil where that is not implemented.
  var text: String? {
    switch self {
    case .undefined: ""
    case .none: "None"
    case .bool(let flag): flag ? "True" : "False"
    case .int(let number): String(number)
    case .double(let number): String(number)
    case .string(let text): text
    case .list, .object, .namespace: nil
    }
  }

  /// The member of that name.
  func member(_ name: String) -> TemplateValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.0 == name }?.1
  }

  /// Whether two values are equal; values of more than 100,000 parts never are.
  func equals(_ other: TemplateValue) -> Bool {
    var budget = 100_000
    return equals(other, &budget)
  }

  private func equals(_ other: TemplateValue, _ budget: inout Int) -> Bool {
    budget -= 1
    guard budget > 0 else { return false }
    switch (self, other) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.string(let left), .string(let right)): return left.unicodeScalars.elementsEqual(right.unicodeScalars)
    case (.list(let left), .list(let right)):
      guard left.count == right.count else { return false }
      for (one, another) in zip(left, right) where !one.equals(another, &budget) { return false }
      return true
    case (.object(let left), .object(let right)):
      guard left.count == right.count else { return false }
      for (name, value) in left {
        guard let another = other.member(name), value.equals(another, &budget) else { return false }
      }
      return true
    case (.namespace(let left), .namespace(let right)): return left == right
    default:
      guard let left = number, let right = other.number else { return false }
      return left == right
    }
  }

  /// JSON as Python's `json.dumps(ensure_ascii=False)` writes it; nil where the value has none, or a very long one.
  func json() -> String? {
    var result = ""
    return appendJSON(to: &result) ? result : nil
  }

  private func appendJSON(to result: inout String) -> Bool {
    guard result.utf8.count <= ChatTemplate.maximumOutput else { return false }
    switch self {
    case .undefined, .namespace: return false
    case .none: result += "null"
    case .bool(let flag): result += flag ? "true" : "false"
    case .int, .double: result += text ?? ""
    case .string(let text): result += Self.quoted(text)
    case .list(let values):
      result += "["
      for (index, value) in values.enumerated() {
        if index > 0 { result += ", " }
        guard value.appendJSON(to: &result) else { return false }
      }
      result += "]"
    case .object(let members):
      result += "{"
      for (index, member) in members.enumerated() {
        result += (index > 0 ? ", " : "") + Self.quoted(member.0) + ": "
        guard member.1.appendJSON(to: &result) else { return false }
      }
      result += "}"
    }
    return true
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{8}": result += "\\b"
      case "\u{C}": result += "\\f"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
