/// How Python writes values.
extension TemplateValue {
  /// The text that printing gives; nil where that is not implemented, or longer than a rendering may be.
  var text: String? {
    switch self {
    case .undefined: ""
    case .string(let text): text
    default: represented
    }
  }

  /// `repr(value)`.
  private var represented: String? {
    var result = ""
    return appendRepresentation(to: &result) ? result : nil
  }

  private func appendRepresentation(to result: inout String) -> Bool {
    guard result.utf8.count <= ChatTemplate.maximumOutput else { return false }
    switch self {
    case .undefined, .namespace, .macro, .method: return false
    case .none: result += "None"
    case .bool(let flag): result += flag ? "True" : "False"
    case .int(let number): result += String(number)
    case .double(let number): result += String(number)
    case .string(let text): result += Self.represented(text)
    case .list(let values): return Self.append(values, between: "[", and: "]", to: &result)
    case .tuple(let values):
      return Self.append(values, between: "(", and: values.count == 1 ? ",)" : ")", to: &result)
    case .object(let members):
      result += "{"
      for (index, member) in members.enumerated() {
        result += (index > 0 ? ", " : "") + Self.represented(member.0) + ": "
        guard member.1.appendRepresentation(to: &result) else { return false }
      }
      result += "}"
    }
    return true
  }

  private static func append(
    _ values: [TemplateValue], between start: String, and end: String, to result: inout String
  ) -> Bool {
    result += start
    for (index, value) in values.enumerated() {
      if index > 0 { result += ", " }
      guard value.appendRepresentation(to: &result) else { return false }
    }
    result += end
    return true
  }

  private static func represented(_ text: String) -> String {
    let scalars = text.unicodeScalars
    let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
    var result = String(quote)
    for scalar in scalars {
      switch scalar {
      case quote, "\\": result += "\\" + String(scalar)
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        if isPrintable(scalar) {
          result.unicodeScalars.append(scalar)
        } else {
          let (prefix, digits) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
          result += "\\" + prefix + hexadecimal(scalar.value, digits: digits)
        }
      }
    }
    return result + String(quote)
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    case .spaceSeparator: scalar == " "
    default: true
    }
  }

  private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: digits - text.count) + text
  }

  /// How `tojson` writes.
  struct JSONForm {
    var indent: String?
    var escapesUnicode = false
    var sortsKeys = false
    var itemSeparator: String?
    var keySeparator = ": "
  }

  /// JSON as Python's `json.dumps` writes it; nil where the value has none, or a very long one.
  func json(_ form: JSONForm = JSONForm()) -> String? {
    var result = ""
    return appendJSON(form, depth: 0, to: &result) ? result : nil
  }

  private func appendJSON(_ form: JSONForm, depth: Int, to result: inout String) -> Bool {
    guard result.utf8.count <= ChatTemplate.maximumOutput, depth <= ChatTemplate.maximumDepth else { return false }
    switch self {
    case .undefined, .namespace, .macro, .method: return false
    case .none: result += "null"
    case .bool(let flag): result += flag ? "true" : "false"
    case .int(let number): result += String(number)
    case .double(let number):
      result += number.isNaN ? "NaN" : number.isInfinite ? (number < 0 ? "-Infinity" : "Infinity") : String(number)
    case .string(let text): result += Self.quoted(text, form)
    case .list(let values), .tuple(let values):
      return Self.appendItems(values.count, form, depth, between: "[", and: "]", to: &result) { index, result in
        values[index].appendJSON(form, depth: depth + 1, to: &result)
      }
    case .object(var members):
      if form.sortsKeys { members.sort { $0.0.unicodeScalars.lexicographicallyPrecedes($1.0.unicodeScalars) } }
      return Self.appendItems(members.count, form, depth, between: "{", and: "}", to: &result) { index, result in
        result += Self.quoted(members[index].0, form) + form.keySeparator
        return members[index].1.appendJSON(form, depth: depth + 1, to: &result)
      }
    }
    return true
  }

  private static func appendItems(
    _ count: Int, _ form: JSONForm, _ depth: Int, between start: String, and end: String, to result: inout String,
    _ append: (Int, inout String) -> Bool
  ) -> Bool {
    result += start
    let lineEnd = form.indent.map { "\n" + String(repeating: $0, count: depth + 1) } ?? ""
    let separator = form.itemSeparator ?? (form.indent == nil ? ", " : ",")
    for index in 0..<count {
      result += (index > 0 ? separator : "") + lineEnd
      guard append(index, &result) else { return false }
    }
    if count > 0, let indent = form.indent { result += "\n" + String(repeating: indent, count: depth) }
    result += end
    return true
  }

  private static func quoted(_ text: String, _ form: JSONForm) -> String {
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
      case "\u{0}"..<" ": result += "\\u" + hexadecimal(scalar.value, digits: 4)
      default:
        if form.escapesUnicode, scalar.value > 0x7E {
          for unit in String(scalar).utf16 { result += "\\u" + hexadecimal(UInt32(unit), digits: 4) }
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}

extension TemplateValue {
  /// The value of a JSON document. Whole numbers are Python's `int`.
  init(_ json: JSONValue) {
    switch json {
    case .null: self = .none
    case .bool(let flag): self = .bool(flag)
    case .number(let number): self = Int(exactly: number).map { .int($0) } ?? .double(number)
    case .string(let text): self = .string(text)
    case .array(let values): self = .list(values.map { TemplateValue($0) })
    case .object(let members):
      var kept: [(String, TemplateValue)] = []
      for member in members {
        // The last of a name counts, at the place of the first.
        if let index = kept.firstIndex(where: { $0.0 == member.key }) {
          kept[index].1 = TemplateValue(member.value)
        } else {
          kept.append((member.key, TemplateValue(member.value)))
        }
      }
      self = .object(kept)
    }
  }
}
