extension TemplateInterpreter {
  // MARK: Tests

  func test(_ value: TemplateValue, _ name: String, _ arguments: [TemplateValue]) throws(ChatTemplateError) -> Bool {
    switch (name, value) {
    case ("defined", .undefined): return false
    case ("defined", .method("strftime_now")): return now != nil
    case ("defined", _), ("undefined", .undefined), ("none", .none), ("string", .string), ("mapping", .object):
      return true
    case ("undefined", _), ("none", _), ("string", _), ("mapping", _): return false
    case ("number", .int), ("number", .double), ("number", .bool), ("integer", .int), ("float", .double): return true
    case ("number", _), ("integer", _), ("float", _): return false
    case ("boolean", .bool): return true
    case ("boolean", _): return false
    case ("true", .bool(let flag)): return flag
    case ("false", .bool(let flag)): return !flag
    case ("true", _), ("false", _): return false
    case ("iterable", .list), ("iterable", .tuple), ("iterable", .object), ("iterable", .string),
      ("iterable", .undefined):
      return true
    case ("sequence", .list), ("sequence", .tuple), ("sequence", .object), ("sequence", .string),
      ("sequence", .undefined):
      return true
    case ("iterable", _), ("sequence", _): return false
    case ("callable", .macro), ("callable", .method), ("callable", .undefined): return true
    case ("callable", _): return false
    case ("odd", .int(let number)): return number % 2 != 0
    case ("even", .int(let number)): return number % 2 == 0
    case ("lower", .string(let text)): return TemplateText.isLower(text)
    case ("upper", .string(let text)): return TemplateText.isUpper(text)
    default: break
    }
    guard arguments.count == 1 else { throw unsupported("the test \"\(name)\"") }
    switch name {
    case "equalto", "eq", "==": return value.equals(arguments[0])
    case "sameas":
      switch (value, arguments[0]) {
      case (.none, .none): return true
      case (.bool(let one), .bool(let other)): return one == other
      case (.none, _), (_, .none), (.bool, _), (_, .bool): return false
      default: throw unsupported("sameas of \(value.kind)")
      }
    case "ne", "!=": return !value.equals(arguments[0])
    case "lt", "lessthan", "<": return try holds("<", value, arguments[0])
    case "le", "<=": return try holds("<=", value, arguments[0])
    case "gt", "greaterthan", ">": return try holds(">", value, arguments[0])
    case "ge", ">=": return try holds(">=", value, arguments[0])
    case "in": return try contains(arguments[0], value)
    case "divisibleby":
      guard case .int(let number) = value, case .int(let divisor) = arguments[0], divisor > 0 else {
        throw failure("\(value.kind) divided by \(arguments[0].kind)")
      }
      return number % divisor == 0
    default: throw unsupported("the test \"\(name)\"")
    }
  }

  // MARK: Methods

  private static let methodsOfMappings: Set<String> = [
    "items", "keys", "values", "get", "copy", "pop", "update", "clear", "setdefault", "popitem", "fromkeys",
  ]
  private static let methodsOfLists: Set<String> = [
    "append", "index", "count", "copy", "extend", "insert", "pop", "remove", "reverse", "sort", "clear",
  ]
  private static let methodsOfTexts: Set<String> = [
    "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "startswith", "endswith", "upper", "lower",
    "capitalize", "title", "replace", "find", "rfind", "index", "count", "join", "format", "isdigit", "isalpha",
    "isalnum", "isspace", "isupper", "islower", "isnumeric", "isdecimal", "removeprefix", "removesuffix", "zfill",
    "ljust", "rjust", "center", "encode", "casefold", "swapcase", "partition", "rpartition", "expandtabs", "translate",
  ]

  /// Whether Python's value has a method of that name.
  static func isMethod(_ name: String, of value: TemplateValue) -> Bool {
    switch value {
    case .object: methodsOfMappings.contains(name)
    case .list: methodsOfLists.contains(name)
    case .tuple: name == "count" || name == "index"
    case .string: methodsOfTexts.contains(name)
    default: false
    }
  }

  func method(_ value: TemplateValue, _ name: String, _ values: TemplateValues) throws(ChatTemplateError)
    -> TemplateValue
  {
    switch (value, name) {
    case (.object(let members), "items"): return .list(members.map { .tuple([.string($0.0), $0.1]) })
    case (.object(let members), "keys"): return .list(members.map { .string($0.0) })
    case (.object(let members), "values"): return .list(members.map(\.1))
    case (.object, "copy"): return value
    case (.object, "get"):
      guard let key = values.value(0, "key") else { throw unsupported("this form of get") }
      guard case .string(let name) = key else { return values.value(1, "default") ?? .none }
      return value.member(name) ?? values.value(1, "default") ?? .none
    case (.list(let items), "count"), (.tuple(let items), "count"):
      guard let wanted = values.value(0, "value") else { throw unsupported("this form of count") }
      return .int(items.count { $0.equals(wanted) })
    case (.list(let items), "index"), (.tuple(let items), "index"):
      guard let wanted = values.value(0, "value"), let place = items.firstIndex(where: { $0.equals(wanted) }) else {
        throw failure("the value is not in the list")
      }
      return .int(place)
    case (.list, "copy"): return value
    case (.string(let text), _):
      if let result = try textMethod(text, name, values) { return result }
    case (.undefined(let missing), _): throw failure("\"\(missing)\" is undefined, so it has no \"\(name)\"")
    default: break
    }
    throw unsupported("the method \"\(name)\" of \(value.kind)")
  }

  private func textMethod(
    _ text: String, _ name: String, _ values: TemplateValues
  ) throws(ChatTemplateError) -> TemplateValue? {
    switch name {
    case "strip", "lstrip", "rstrip":
      return .string(
        TemplateText.strip(text, values.string(0, "chars"), left: name != "rstrip", right: name != "lstrip"))
    case "split", "rsplit":
      let maximum = values.int(1, "maxsplit") ?? -1
      if let separator = values.string(0, "sep"), separator.isEmpty { throw failure("split at an empty text") }
      let separator = values.string(0, "sep")
      let parts =
        name == "split"
        ? TemplateText.split(text, separator, maximum: maximum)
        : TemplateText.splitFromEnd(text, separator, maximum: maximum)
      return .list(parts.map { .string($0) })
    case "splitlines": return .list(TemplateText.lines(text, dropsLast: true).map { .string($0) })
    case "startswith", "endswith": return .bool(try hasEnd(text, name, values))
    case "upper": return .string(text.uppercased())
    case "lower", "casefold": return .string(text.lowercased())
    case "capitalize": return .string(TemplateText.capitalized(text))
    case "title": return .string(TemplateText.title(text))
    case "replace": return try replaced(text, values)
    case "find", "rfind", "index", "count": return try search(text, name, values)
    case "join":
      guard let items = values.value(0, "iterable") else { throw unsupported("this form of join") }
      return try filter(items, "join", TemplateValues(positional: [.string(text)]))
    case "format": return .string(try formatted(text, named: values))
    case "removeprefix":
      guard let part = values.string(0, "") else { return nil }
      return .string(
        TemplateText.hasPrefix(text, part) ? String(text.unicodeScalars.dropFirst(part.unicodeScalars.count)) : text)
    case "removesuffix":
      guard let part = values.string(0, "") else { return nil }
      let goes = !part.isEmpty && TemplateText.hasSuffix(text, part)
      return .string(goes ? String(text.unicodeScalars.dropLast(part.unicodeScalars.count)) : text)
    case "ljust", "rjust", "center", "zfill":
      guard let width = values.int(0, "width"), values.positional.count == 1 else { return nil }
      if name == "center" { return nil }
      if name == "zfill", text.hasPrefix("-") || text.hasPrefix("+") { return nil }
      return .string(
        try TemplateText.padded(
          text, to: width, left: name != "ljust", right: name == "ljust", with: name == "zfill" ? "0" : " "))
    default: return TemplateText.test(name, text).map { .bool($0) }
    }
  }

  private func hasEnd(_ text: String, _ name: String, _ values: TemplateValues) throws(ChatTemplateError) -> Bool {
    guard values.positional.count == 1 else { throw unsupported("this form of \(name)") }
    var parts = [values.positional[0]]
    if case .tuple(let several) = parts[0] { parts = several }
    for part in parts {
      guard case .string(let end) = part else { throw failure("\(name) takes a text") }
      if name == "startswith" ? TemplateText.hasPrefix(text, end) : TemplateText.hasSuffix(text, end) { return true }
    }
    return false
  }

  private func search(_ text: String, _ name: String, _ values: TemplateValues) throws(ChatTemplateError)
    -> TemplateValue
  {
    guard let part = values.string(0, ""), values.positional.count == 1 else {
      throw unsupported("this form of \(name)")
    }
    switch name {
    case "count":
      guard !part.isEmpty else { throw unsupported("this form of count") }
      return .int(TemplateText.split(text, part, maximum: -1).count - 1)
    case "rfind": return .int(TemplateText.lastRange(of: part, in: text)?.lowerBound ?? -1)
    default:
      let place = TemplateText.range(of: part, in: text, from: 0)?.lowerBound
      if place == nil, name == "index" { throw failure("the text is not found") }
      return .int(place ?? -1)
    }
  }
}
