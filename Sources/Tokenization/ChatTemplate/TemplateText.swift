/// Python's operations on text, by Unicode scalars.
enum TemplateText {
  static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
  }

  /// Takes away, at the ends named, white space or the characters of `characters`.
  static func strip(_ text: String, _ characters: String?, left: Bool, right: Bool) -> String {
    let goes: (Unicode.Scalar) -> Bool = { scalar in
      characters.map { $0.unicodeScalars.contains(scalar) } ?? isSpace(scalar)
    }
    var scalars = text.unicodeScalars[...]
    while left, let first = scalars.first, goes(first) { scalars.removeFirst() }
    while right, let last = scalars.last, goes(last) { scalars.removeLast() }
    return String(scalars)
  }

  /// Where `part` stands in `text` as indices of scalars, at or after `start`.
  static func range(of part: String, in text: String, from start: Int) -> Range<Int>? {
    range(of: Array(part.unicodeScalars), in: Array(text.unicodeScalars), from: start)
  }

  private static func range(
    of part: [Unicode.Scalar], in text: [Unicode.Scalar], from start: Int
  ) -> Range<Int>? {
    var place = start
    while place + part.count <= text.count {
      if text[place..<place + part.count].elementsEqual(part) { return place..<place + part.count }
      place += 1
    }
    return nil
  }

  /// `text.split(separator, maximum)`; without separator, at runs of white space.
  static func split(_ text: String, _ separator: String?, maximum: Int) -> [String] {
    guard let separator, !separator.isEmpty else {
      let limit = maximum < 0 ? Int.max : maximum
      var rest = text.unicodeScalars.drop(while: isSpace)
      var parts: [String] = []
      while !rest.isEmpty {
        if parts.count == limit {
          parts.append(String(rest))
          break
        }
        let word = rest.prefix { !isSpace($0) }
        parts.append(String(word))
        rest = rest[word.endIndex...].drop(while: isSpace)
      }
      return parts
    }
    let (scalars, wanted) = (Array(text.unicodeScalars), Array(separator.unicodeScalars))
    var parts: [String] = []
    var start = 0
    while maximum < 0 || parts.count < maximum, let found = range(of: wanted, in: scalars, from: start) {
      parts.append(string(scalars[start..<found.lowerBound]))
      start = found.upperBound
    }
    return parts + [string(scalars[start...])]
  }

  static func capitalized(_ text: String) -> String {
    guard let first = text.unicodeScalars.first else { return text }
    return first.properties.titlecaseMapping + String(text.unicodeScalars.dropFirst()).lowercased()
  }

  static func hasPrefix(_ text: String, _ prefix: String) -> Bool {
    text.unicodeScalars.starts(with: prefix.unicodeScalars)
  }

  static func hasSuffix(_ text: String, _ suffix: String) -> Bool {
    text.unicodeScalars.reversed().starts(with: suffix.unicodeScalars.reversed())
  }

  private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  /// `text.rsplit(separator, maximum)`.
  static func splitFromEnd(_ text: String, _ separator: String?, maximum: Int) -> [String] {
    let reversed = { (text: String) -> String in string(Array(text.unicodeScalars.reversed())[...]) }
    return split(reversed(text), separator.map(reversed), maximum: maximum).map(reversed).reversed()
  }

  static func lastRange(of part: String, in text: String) -> Range<Int>? {
    let (scalars, wanted) = (Array(text.unicodeScalars), Array(part.unicodeScalars))
    guard wanted.count <= scalars.count else { return nil }
    for place in stride(from: scalars.count - wanted.count, through: 0, by: -1)
    where scalars[place..<place + wanted.count].elementsEqual(wanted) { return place..<place + wanted.count }
    return nil
  }

  /// The lines of a text, without their ends; `dropsLast`: nothing after the last end is no line.
  static func lines(_ text: String, dropsLast: Bool = false) -> [String] {
    var lines: [[Unicode.Scalar]] = [[]]
    var before: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      if scalar == "\n", before == "\r" {
        // One end of a line.
      } else if "\n\r\u{B}\u{C}\u{1C}\u{1D}\u{1E}\u{85}\u{2028}\u{2029}".unicodeScalars.contains(scalar) {
        lines.append([])
      } else {
        lines[lines.count - 1].append(scalar)
      }
      before = scalar
    }
    if dropsLast, lines.last?.isEmpty == true { lines.removeLast() }
    return lines.map { string($0[...]) }
  }

  /// `str.title`: each run of letters begins with a capital.
  static func title(_ text: String) -> String {
    var result = ""
    var inWord = false
    for scalar in text.unicodeScalars {
      let isCased = scalar.properties.isCased
      result += inWord ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
      inWord = isCased
    }
    return result
  }

  /// Jinja's `title`: what follows white space, `-`, `(`, `{`, `[` or `<` begins with a capital, the rest is small.
  static func filterTitle(_ text: String) -> String {
    var result = ""
    var begins = true
    for scalar in text.unicodeScalars {
      let separates = isSpace(scalar) || "-({[<".unicodeScalars.contains(scalar)
      result +=
        separates ? String(scalar) : begins ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping
      begins = separates
    }
    return result
  }

  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "'": result += "&#39;"
      case "\"": result += "&#34;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A text with `fill` at its ends until it has `width` characters.
  static func padded(
    _ text: String, to width: Int, left: Bool, right: Bool, with fill: String = " "
  ) throws(ChatTemplateError) -> String {
    guard width <= 1 << 20 else { throw .tooLarge(what: "a text of \(width) characters") }
    let missing = max(width - text.unicodeScalars.count, 0)
    // Of an odd number at both ends, Python puts one more on the left where the width is odd.
    let before = left ? (right ? missing / 2 + (missing & width & 1) : missing) : 0
    return String(repeating: fill, count: before) + text + String(repeating: fill, count: missing - before)
  }

  static func isLower(_ text: String) -> Bool {
    let cased = text.unicodeScalars.filter(\.properties.isCased)
    return !cased.isEmpty && cased.allSatisfy(\.properties.isLowercase)
  }

  static func isUpper(_ text: String) -> Bool {
    let cased = text.unicodeScalars.filter(\.properties.isCased)
    return !cased.isEmpty && cased.allSatisfy(\.properties.isUppercase)
  }

  /// Python's tests of all characters, such as `isdigit`; nil where there is none of that name.
  static func test(_ name: String, _ text: String) -> Bool? {
    let classes = text.unicodeScalars.map { CharacterClass.of($0.value) }
    switch name {
    case "isdigit":
      return !classes.isEmpty
        && text.unicodeScalars.allSatisfy { [.decimal, .digit].contains($0.properties.numericType) }
    case "isdecimal": return !classes.isEmpty && classes.allSatisfy { $0.contains(.digit) }
    case "isnumeric": return !classes.isEmpty && text.unicodeScalars.allSatisfy { $0.properties.numericType != nil }
    case "isalpha": return !classes.isEmpty && classes.allSatisfy { $0.contains(.letter) }
    case "isalnum":
      return !classes.isEmpty
        && text.unicodeScalars.allSatisfy {
          CharacterClass.of($0.value).contains(.letter) || $0.properties.numericType != nil
        }
    case "isspace": return !classes.isEmpty && text.unicodeScalars.allSatisfy(isSpace)
    case "islower": return isLower(text)
    case "isupper": return isUpper(text)
    default: return nil
    }
  }
}
