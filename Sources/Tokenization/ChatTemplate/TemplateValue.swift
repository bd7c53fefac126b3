/// A value of the template language, with Python's meaning of truth, equality and text.
enum TemplateValue: Sendable {
  case undefined(String)
  case none
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case list([TemplateValue])
  /// A list that prints in parentheses and equals no list.
  case tuple([TemplateValue])
  /// Members in order.
  case object([(String, TemplateValue)])
  /// A `namespace()`: what loops may write, by its place among those of the rendering.
  case namespace(Int)
  /// A macro, by its place among those of the rendering.
  case macro(Int)
  /// A method or function that is not called.
  case method(String)

  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let flag): flag
    case .int(let number): number != 0
    case .double(let number): number != 0
    case .string(let text): !text.isEmpty
    case .list(let values), .tuple(let values): !values.isEmpty
    case .object(let members): !members.isEmpty
    case .namespace, .macro, .method: true
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

  /// A boolean as the whole number that it counts as.
  var wholeIfBoolean: TemplateValue {
    if case .bool(let flag) = self { .int(flag ? 1 : 0) } else { self }
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
    case .tuple: "a tuple"
    case .namespace: "a namespace"
    case .macro: "a macro"
    case .method(let name): "the method \"\(name)\""
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
    case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
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
}
