extension TemplateInterpreter {
  // MARK: Filters

  func filter(_ value: TemplateValue, _ name: String, _ values: TemplateValues) throws(ChatTemplateError)
    -> TemplateValue
  {
    switch name {
    case "default", "d":
      let replacesFalse = values.value(1, "boolean")?.isTrue ?? false
      if case .undefined = value { return values.value(0, "default_value") ?? .string("") }
      return replacesFalse && !value.isTrue ? values.value(0, "default_value") ?? .string("") : value
    case "tojson":
      if let indent = values.value(0, "indent"), case .int = indent { throw unsupported("tojson with indent") }
      guard let json = value.json() else { throw failure("\(value.kind) has no JSON") }
      return .string(json)
    case "trim":
      return .string(TemplateText.strip(try text(value, name), values.string(0, "chars"), left: true, right: true))
    case "upper": return .string(try text(value, name).uppercased())
    case "lower": return .string(try text(value, name).lowercased())
    case "capitalize": return .string(TemplateText.capitalized(try text(value, name)))
    case "string", "safe": return .string(try text(value, name))
    case "replace": return try replaced(value, values)
    case "int": return .int(try int(value) ?? values.int(0, "default") ?? 0)
    case "length", "count", "first", "last", "list", "reverse", "join", "items":
      return try collection(value, name, values)
    case "map", "selectattr", "rejectattr", "select", "reject": return try selection(value, name, values)
    default: throw unsupported("the filter \"\(name)\"")
    }
  }

  private func text(_ value: TemplateValue, _ name: String) throws(ChatTemplateError) -> String {
    guard let text = value.text else { throw unsupported("\(name) of \(value.kind)") }
    return text
  }

  private func int(_ value: TemplateValue) throws(ChatTemplateError) -> Int? {
    if case .string(let text) = value { return Int(TemplateText.strip(text, nil, left: true, right: true)) }
    return value.number.flatMap { Int(exactly: $0.rounded(.towardZero)) }
  }

  private func replaced(_ value: TemplateValue, _ values: TemplateValues) throws(ChatTemplateError) -> TemplateValue {
    guard let old = values.string(0, "old"), let new = values.string(1, "new"), !old.isEmpty,
      values.value(2, "count") == nil
    else { throw unsupported("this form of replace") }
    let parts = TemplateText.split(try text(value, "replace"), old, maximum: -1)
    guard parts.count * new.utf8.count <= ChatTemplate.maximumOutput else { throw .tooLarge(what: "a text") }
    return .string(parts.joined(separator: new))
  }

  private func collection(
    _ value: TemplateValue, _ name: String, _ values: TemplateValues
  ) throws(ChatTemplateError) -> TemplateValue {
    if name == "items" {
      guard case .object(let members) = value else { throw failure("\(value.kind) has no items") }
      return .list(members.map { .list([.string($0.0), $0.1]) })
    }
    let items = try elements(of: value)
    switch name {
    case "length", "count": return .int(items.count)
    case "first": return items.first ?? .undefined("the first of nothing")
    case "last": return items.last ?? .undefined("the last of nothing")
    case "reverse":
      if case .string = value { return .string(items.reversed().compactMap(\.text).joined()) }
      return .list(items.reversed())
    case "join":
      var parts: [String] = []
      for item in items { parts.append(try text(item, name)) }
      let joined = parts.joined(separator: values.string(0, "d") ?? "")
      guard joined.utf8.count <= ChatTemplate.maximumOutput else { throw .tooLarge(what: "a text") }
      return .string(joined)
    default: return .list(items)
    }
  }

  /// `map(attribute=…)`, and `selectattr` and its kin with a test.
  private func selection(
    _ value: TemplateValue, _ name: String, _ values: TemplateValues
  ) throws(ChatTemplateError) -> TemplateValue {
    let items = try elements(of: value)
    if name == "map" {
      if let attribute = values.string(0, "attribute"), values.positional.isEmpty {
        return .list(items.map { $0.member(attribute) ?? .undefined(attribute) })
      }
      guard let inner = values.string(0, "filter") else { throw unsupported("this form of map") }
      let rest = TemplateValues(positional: Array(values.positional.dropFirst()), named: values.named)
      var mapped: [TemplateValue] = []
      for item in items { mapped.append(try filter(item, inner, rest)) }
      return .list(mapped)
    }
    let ofMember = name.hasSuffix("attr")
    guard !ofMember || values.string(0, "attribute") != nil else { throw unsupported("this form of \(name)") }
    let testPlace = ofMember ? 1 : 0
    var kept: [TemplateValue] = []
    for item in items {
      let operand = ofMember ? item.member(values.string(0, "attribute") ?? "") ?? .undefined("") : item
      var holds = operand.isTrue
      if let inner = values.string(testPlace, "test") {
        holds = try test(operand, inner, Array(values.positional.dropFirst(testPlace + 1)))
      }
      if holds != name.hasPrefix("reject") { kept.append(item) }
    }
    return .list(kept)
  }

  // MARK: Tests

  func test(_ value: TemplateValue, _ name: String, _ arguments: [TemplateValue]) throws(ChatTemplateError) -> Bool {
    switch (name, value) {
    case ("defined", .undefined): return false
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
    case ("iterable", .list), ("iterable", .object), ("iterable", .string), ("iterable", .undefined): return true
    case ("sequence", .list), ("sequence", .object), ("sequence", .string), ("sequence", .undefined): return true
    case ("iterable", _), ("sequence", _): return false
    case ("odd", .int(let number)): return number % 2 != 0
    case ("even", .int(let number)): return number % 2 == 0
    default: break
    }
    guard arguments.count == 1 else { throw unsupported("the test \"\(name)\"") }
    switch name {
    case "equalto", "eq", "==": return value.equals(arguments[0])
    case "ne": return !value.equals(arguments[0])
    case "in": return try contains(arguments[0], value)
    default: throw unsupported("the test \"\(name)\"")
    }
  }

  // MARK: Methods

  func method(_ value: TemplateValue, _ name: String, _ values: TemplateValues) throws(ChatTemplateError)
    -> TemplateValue
  {
    switch (value, name) {
    case (.object(let members), "items"): return .list(members.map { .list([.string($0.0), $0.1]) })
    case (.object(let members), "keys"): return .list(members.map { .string($0.0) })
    case (.object(let members), "values"): return .list(members.map(\.1))
    case (.object, "get"):
      guard let key = values.string(0, "key") else { throw unsupported("this form of get") }
      return value.member(key) ?? values.value(1, "default") ?? .none
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
    case "split":
      let maximum = values.int(1, "maxsplit") ?? -1
      return .list(TemplateText.split(text, values.string(0, "sep"), maximum: maximum).map { .string($0) })
    case "startswith", "endswith":
      guard let part = values.string(0, "") else { throw unsupported("this form of \(name)") }
      return .bool(name == "startswith" ? TemplateText.hasPrefix(text, part) : TemplateText.hasSuffix(text, part))
    case "upper": return .string(text.uppercased())
    case "lower": return .string(text.lowercased())
    case "capitalize": return .string(TemplateText.capitalized(text))
    case "replace": return try replaced(.string(text), values)
    case "find":
      guard let part = values.string(0, "") else { throw unsupported("this form of find") }
      return .int(TemplateText.range(of: part, in: text, from: 0)?.lowerBound ?? -1)
    default: return nil
    }
  }
}
