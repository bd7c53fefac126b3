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
      return text.unicodeScalars.split(maxSplits: limit, whereSeparator: isSpace).map { String($0) }
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
}
