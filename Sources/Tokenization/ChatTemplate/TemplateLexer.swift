/// A word of an expression or a statement.
enum TemplateToken: Hashable {
  case name(String)
  case string(String)
  case int(Int)
  case double(Double)
  case symbol(String)
}

/// A part of a template: text to print, or what stands between `{{ }}` or `{% %}`.
enum TemplateSection {
  case text(String)
  case output([TemplateToken], line: Int)
  case statement([TemplateToken], line: Int)
}

/// Cuts a template into sections, with `trim_blocks` and `lstrip_blocks`.
struct TemplateLexer {
  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var line = 1
  /// Whether what was consumed last ends a line.
  private var startsLine = true

  init(_ source: String) {
    var scalars: [Unicode.Scalar] = []
    for scalar in source.unicodeScalars {
      if scalar == "\n", scalars.last == "\r" { scalars.removeLast() }
      scalars.append(scalar)
    }
    scalars = scalars.map { $0 == "\r" ? "\n" : $0 }
    if scalars.last == "\n" { scalars.removeLast() }
    self.scalars = scalars
  }

  mutating func sections() throws(ChatTemplateError) -> [TemplateSection] {
    var sections: [TemplateSection] = []
    while index < scalars.count {
      var text = takeText()
      guard index < scalars.count else {
        sections.append(.text(Self.string(text)))
        break
      }
      let (start, kind) = (line, scalars[index + 1])
      index += 2
      if take("-") {
        while let last = text.last, last.properties.isWhitespace { text.removeLast() }
      } else if !take("+"), kind != "{" {
        stripIndent(of: &text)
      }
      if !text.isEmpty { sections.append(.text(Self.string(text))) }
      if kind == "#" {
        try skipComment()
      } else if kind == "{" {
        sections.append(.output(try takeTokens(until: "}}"), line: start))
      } else {
        let tokens = try takeTokens(until: "%}")
        if tokens == [.name("raw")] {
          sections.append(.text(try takeRaw()))
        } else {
          sections.append(.statement(tokens, line: start))
        }
      }
    }
    return sections
  }

  private static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  private func stands(_ text: String, at place: Int) -> Bool {
    let wanted = Array(text.unicodeScalars)
    return place + wanted.count <= scalars.count && scalars[place..<place + wanted.count].elementsEqual(wanted)
  }

  private mutating func take(_ text: String) -> Bool {
    guard stands(text, at: index) else { return false }
    advance(to: index + text.unicodeScalars.count)
    return true
  }

  private mutating func advance(to end: Int) {
    for scalar in scalars[index..<end] where scalar == "\n" { line += 1 }
    index = end
  }

  /// The text up to the next tag.
  private mutating func takeText() -> [Unicode.Scalar] {
    var end = index
    while end < scalars.count, !["{{", "{%", "{#"].contains(where: { stands($0, at: end) }) { end += 1 }
    defer { advance(to: end) }
    return Array(scalars[index..<end])
  }

  /// Takes away the white space between the start of the line and the tag.
  private func stripIndent(of text: inout [Unicode.Scalar]) {
    let lineStart = text.lastIndex(of: "\n").map { $0 + 1 } ?? 0
    guard lineStart > 0 || startsLine, text[lineStart...].allSatisfy(\.properties.isWhitespace) else { return }
    text.removeSubrange(lineStart...)
  }

  /// Takes a tag's end and the white space that goes with it; `trims`: one line end after a plain end goes too.
  private mutating func takeEnd(_ end: String, trims: Bool) -> Bool {
    if take("-" + end) {
      var stop = index
      while stop < scalars.count, scalars[stop].properties.isWhitespace { stop += 1 }
      advance(to: stop)
    } else if trims, take("+" + end) {
      // The line end stays.
    } else if take(end) {
      if trims { _ = take("\n") }
    } else {
      return false
    }
    startsLine = scalars[index - 1] == "\n"
    return true
  }

  private mutating func skipComment() throws(ChatTemplateError) {
    let start = line
    while index < scalars.count {
      if takeEnd("#}", trims: true) { return }
      advance(to: index + 1)
    }
    throw .syntax(line: start, problem: "a comment without end")
  }

  private mutating func takeRaw() throws(ChatTemplateError) -> String {
    var content: [Unicode.Scalar] = []
    let start = line
    while index < scalars.count {
      if stands("{%", at: index) {
        let (place, before) = (index, line)
        index += 2
        let trims = take("-")
        let keeps = !trims && take("+")
        if let tokens = try? takeTokens(until: "%}"), tokens == [.name("endraw")] {
          while trims, let last = content.last, last.properties.isWhitespace { content.removeLast() }
          if !trims, !keeps { stripIndent(of: &content) }
          return Self.string(content)
        }
        (index, line) = (place, before)
      }
      content.append(scalars[index])
      advance(to: index + 1)
    }
    throw .syntax(line: start, problem: "raw without endraw")
  }

  private mutating func takeTokens(until end: String) throws(ChatTemplateError) -> [TemplateToken] {
    let start = line
    var tokens: [TemplateToken] = []
    var depth = 0
    while index < scalars.count {
      let scalar = scalars[index]
      if depth == 0, takeEnd(end, trims: end == "%}") { return tokens }
      if scalar.properties.isWhitespace {
        advance(to: index + 1)
      } else if scalar == "'" || scalar == "\"" {
        tokens.append(.string(try takeString(scalar)))
      } else if scalar.properties.isAlphabetic || scalar == "_" {
        tokens.append(.name(takeWhile { $0.properties.isAlphabetic || $0 == "_" || ("0"..."9").contains($0) }))
      } else if ("0"..."9").contains(scalar) {
        tokens.append(try takeNumber())
      } else {
        let symbol = try takeSymbol()
        if ["(", "[", "{"].contains(symbol) { depth += 1 }
        if [")", "]", "}"].contains(symbol) { depth -= 1 }
        tokens.append(.symbol(symbol))
      }
    }
    throw .syntax(line: start, problem: "a tag without \(end)")
  }

  private mutating func takeWhile(_ belongs: (Unicode.Scalar) -> Bool) -> String {
    var end = index
    while end < scalars.count, belongs(scalars[end]) { end += 1 }
    defer { advance(to: end) }
    return Self.string(scalars[index..<end])
  }

  private mutating func takeNumber() throws(ChatTemplateError) -> TemplateToken {
    let digits = takeWhile { ("0"..."9").contains($0) || $0 == "_" }.filter { $0 != "_" }
    if stands(".", at: index), index + 1 < scalars.count, ("0"..."9").contains(scalars[index + 1]) {
      index += 1
      let fraction = takeWhile { ("0"..."9").contains($0) }
      if let number = Double("\(digits).\(fraction)\(takeExponent())") { return .double(number) }
    } else if case let exponent = takeExponent(), !exponent.isEmpty {
      if let number = Double(digits + exponent) { return .double(number) }
    } else if let number = Int(digits) {
      return .int(number)
    }
    throw .syntax(line: line, problem: "the number \(digits) is too large")
  }

  /// `e10`, `E-3`; empty where there is none.
  private mutating func takeExponent() -> String {
    for sign in ["", "+", "-"] where stands("e" + sign, at: index) || stands("E" + sign, at: index) {
      let first = index + 1 + sign.count
      guard first < scalars.count, ("0"..."9").contains(scalars[first]) else { continue }
      index = first
      return "e" + sign + takeWhile { ("0"..."9").contains($0) }
    }
    return ""
  }

  private mutating func takeSymbol() throws(ChatTemplateError) -> String {
    for symbol in ["==", "!=", "<=", ">=", "//", "**"] where take(symbol) { return symbol }
    let symbol = String(Character(scalars[index]))
    guard "()[]{}.,:|~+-*/%<>=".unicodeScalars.contains(scalars[index]) else {
      throw .syntax(line: line, problem: "unexpected \"\(symbol)\"")
    }
    index += 1
    return symbol
  }

  private mutating func takeString(_ quote: Unicode.Scalar) throws(ChatTemplateError) -> String {
    let start = line
    var content: [Unicode.Scalar] = []
    index += 1
    while index < scalars.count {
      let scalar = scalars[index]
      advance(to: index + 1)
      if scalar == quote { return Self.string(content) }
      guard scalar == "\\", index < scalars.count else {
        content.append(scalar)
        continue
      }
      let escaped = scalars[index]
      advance(to: index + 1)
      switch escaped {
      case "n": content.append("\n")
      case "t": content.append("\t")
      case "r": content.append("\r")
      case "\\", "'", "\"": content.append(escaped)
      case "u": content.append(try takeHexadecimal(digits: 4))
      case "x": content.append(try takeHexadecimal(digits: 2))
      default: content += ["\\", escaped]
      }
    }
    throw .syntax(line: start, problem: "a string without end")
  }

  private mutating func takeHexadecimal(digits: Int) throws(ChatTemplateError) -> Unicode.Scalar {
    let end = min(index + digits, scalars.count)
    guard let value = UInt32(Self.string(scalars[index..<end]), radix: 16), let scalar = Unicode.Scalar(value) else {
      throw .syntax(line: line, problem: "an escape that is no character")
    }
    advance(to: end)
    return scalar
  }
}
