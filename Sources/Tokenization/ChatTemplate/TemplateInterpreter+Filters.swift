extension TemplateInterpreter {
  func filter(_ value: TemplateValue, _ name: String, _ values: TemplateValues) throws(ChatTemplateError)
    -> TemplateValue
  {
    switch name {
    case "default", "d":
      let replacesFalse = values.value(1, "boolean")?.isTrue ?? false
      if case .undefined = value { return values.value(0, "default_value") ?? .string("") }
      return replacesFalse && !value.isTrue ? values.value(0, "default_value") ?? .string("") : value
    case "tojson": return try json(value, values)
    case "length", "count", "first", "last", "list", "reverse", "join", "items", "sort", "unique", "min", "max", "sum",
      "dictsort", "batch":
      return try collection(value, name, values)
    case "map", "selectattr", "rejectattr", "select", "reject": return try selection(value, name, values)
    case "int", "float", "abs", "round": return try number(value, name, values)
    default: return try textFilter(value, name, values)
    }
  }

  func text(_ value: TemplateValue, _ name: String) throws(ChatTemplateError) -> String {
    guard let text = value.text else { throw unsupported("\(name) of \(value.kind)") }
    return text
  }

  private func textFilter(
    _ value: TemplateValue, _ name: String, _ values: TemplateValues
  ) throws(ChatTemplateError) -> TemplateValue {
    let text = try text(value, name)
    switch name {
    case "trim": return .string(TemplateText.strip(text, values.string(0, "chars"), left: true, right: true))
    case "upper": return .string(text.uppercased())
    case "lower": return .string(text.lowercased())
    case "capitalize": return .string(TemplateText.capitalized(text))
    case "title": return .string(TemplateText.filterTitle(text))
    case "string", "safe": return .string(text)
    case "escape", "e": return .string(TemplateText.escaped(text))
    case "replace": return try replaced(text, values)
    case "format":
      guard values.named.isEmpty else { throw unsupported("this form of format") }
      return .string(try formatted(text, values.positional))
    case "indent": return try indented(text, values)
    case "wordcount": return .int(TemplateText.split(text, nil, maximum: -1).count)
    case "center":
      guard case .int(let width) = values.value(0, "width") ?? .int(80) else {
        throw unsupported("this form of center")
      }
      return .string(try TemplateText.padded(text, to: width, left: true, right: true))
    default: throw unsupported("the filter \"\(name)\"")
    }
  }

  private func json(_ value: TemplateValue, _ values: TemplateValues) throws(ChatTemplateError) -> TemplateValue {
    var form = TemplateValue.JSONForm()
    let known = ["ensure_ascii", "indent", "separators", "sort_keys"]
    guard values.positional.count <= known.count, values.named.allSatisfy({ named in known.contains(named.0) }) else {
      throw unsupported("this form of tojson")
    }
    form.escapesUnicode = values.value(0, known[0])?.isTrue ?? false
    switch values.value(1, known[1]) ?? .none {
    case .none: break
    case .int(let width):
      guard width <= 1024 else { throw unsupported("tojson with an indent of \(width)") }
      form.indent = String(repeating: " ", count: max(width, 0))
    case .string(let text): form.indent = text
    default: throw unsupported("this form of tojson")
    }
    if let separators = values.value(2, known[2]), case .tuple(let pair) = separators, pair.count == 2 {
      (form.itemSeparator, form.keySeparator) = (try text(pair[0], "tojson"), try text(pair[1], "tojson"))
    } else if let separators = values.value(2, known[2]), !separators.equals(.none) {
      throw unsupported("this form of tojson")
    }
    form.sortsKeys = values.value(3, known[3])?.isTrue ?? false
    guard let json = value.json(form) else { throw failure("\(value.kind) has no JSON") }
    return .string(json)
  }

  func replaced(_ text: String, _ values: TemplateValues) throws(ChatTemplateError) -> TemplateValue {
    guard let old = values.string(0, "old"), let new = values.string(1, "new"), !old.isEmpty else {
      throw unsupported("this form of replace")
    }
    let parts = TemplateText.split(text, old, maximum: values.int(2, "count") ?? -1)
    guard parts.count * new.utf8.count <= ChatTemplate.maximumOutput else { throw .tooLarge(what: "a text") }
    return .string(parts.joined(separator: new))
  }

  /// `form % values`, of `%s`, `%d` and `%%`.
  func formatted(_ form: String, _ values: [TemplateValue]) throws(ChatTemplateError) -> String {
    var result = ""
    var rest = form.unicodeScalars[...]
    var used = 0
    while let scalar = rest.popFirst() {
      guard scalar == "%" else {
        result.unicodeScalars.append(scalar)
        continue
      }
      let kind = rest.popFirst()
      if kind == "%" {
        result += "%"
        continue
      }
      guard used < values.count else { throw failure("fewer values than the format asks for") }
      switch (kind, values[used]) {
      case ("s", let value): result += try text(value, "a format")
      case ("d", .int(let number)): result += String(number)
      default: throw unsupported("the format \"\(form.prefix(60))\"")
      }
      used += 1
      guard result.utf8.count <= ChatTemplate.maximumOutput else { throw .tooLarge(what: "a text") }
    }
    guard used == values.count else { throw failure("more values than the format asks for") }
    return result
  }

  /// `form.format(values)`, of `{}`, `{0}`, `{name}`, `{{` and `}}`.
  func formatted(_ form: String, named values: TemplateValues) throws(ChatTemplateError) -> String {
    var result = ""
    var next = 0
    var rest = form.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      if (scalar == "{" || scalar == "}") && rest.first == scalar {
        rest.removeFirst()
        result.unicodeScalars.append(scalar)
      } else if scalar == "{" {
        let name = String(rest.prefix { $0 != "}" })
        rest = rest.dropFirst(name.unicodeScalars.count + 1)
        let place = name.isEmpty ? next : Int(name)
        if name.isEmpty { next += 1 }
        guard name.unicodeScalars.allSatisfy({ $0.properties.isAlphabetic || $0 == "_" || ("0"..."9").contains($0) })
        else { throw unsupported("the format \"\(form.prefix(60))\"") }
        guard let value = values.value(place ?? .max, name) else {
          throw failure("format has no value for \"\(name)\"")
        }
        result += try text(value, "format")
      } else {
        result.unicodeScalars.append(scalar)
      }
      guard result.utf8.count <= ChatTemplate.maximumOutput else { throw .tooLarge(what: "a text") }
    }
    return result
  }

  private func indented(_ text: String, _ values: TemplateValues) throws(ChatTemplateError) -> TemplateValue {
    var indent = ""
    switch values.value(0, "width") ?? .int(4) {
    case .int(let width):
      guard width <= 1024 else { throw unsupported("an indent of \(width)") }
      indent = String(repeating: " ", count: max(width, 0))
    case .string(let given): indent = given
    default: throw unsupported("this form of indent")
    }
    let (first, blank) = (values.value(1, "first")?.isTrue ?? false, values.value(2, "blank")?.isTrue ?? false)
    let lines = TemplateText.lines(text)
    guard text.utf8.count + lines.count * indent.utf8.count <= ChatTemplate.maximumOutput else {
      throw .tooLarge(what: "a text")
    }
    let indented = lines.enumerated().map { index, line in
      index == 0 ? (first ? indent : "") + line : line.isEmpty && !blank ? line : indent + line
    }
    return .string(indented.joined(separator: "\n"))
  }
}
