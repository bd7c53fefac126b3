extension PatternProgram {
  /// Reads a pattern of our own table; nil where it has a construct that is not read.
  convenience init?(ownPattern text: String) {
    var reader = PatternReader(text)
    guard let alternatives = reader.readAlternatives(), reader.isAtEnd else { return nil }
    self.init(alternatives)
  }
}

/// Reads the notation of regular expressions as far as the known patterns use it.
private struct PatternReader {
  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var ignoresCase = false

  init(_ text: String) { scalars = Array(text.unicodeScalars) }

  var isAtEnd: Bool { index == scalars.count }

  private func next(is text: String) -> Bool { scalars[index...].starts(with: text.unicodeScalars) }

  private mutating func skip(_ text: String) -> Bool {
    guard next(is: text) else { return false }
    index += text.unicodeScalars.count
    return true
  }

  mutating func readAlternatives() -> [[PatternProgram.Step]]? {
    var alternatives: [[PatternProgram.Step]] = [[]]
    while !isAtEnd, !next(is: ")") {
      if skip("|") {
        alternatives.append([])
      } else {
        guard let step = readStep() else { return nil }
        alternatives[alternatives.count - 1].append(step)
      }
    }
    return alternatives
  }

  private mutating func readStep() -> PatternProgram.Step? {
    if skip(#"(?!\S)"#) { return .notBeforeText }
    if next(is: "(") { return readGroup() }
    guard var members = readMember() else { return nil }
    members.complete()
    guard let (minimum, maximum) = readCount() else { return nil }
    return .run(
      members, minimum: minimum, maximum: maximum, isPossessive: maximum != 1 || minimum == 0 ? skip("+") : false)
  }

  private mutating func readGroup() -> PatternProgram.Step? {
    let outer = ignoresCase
    defer { ignoresCase = outer }
    if skip("(?i:") {
      ignoresCase = true
    } else if !skip("(?:"), !skip("(") {
      return nil
    }
    guard let rows = readAlternatives(), skip(")") else { return nil }
    return .group(rows, isOptional: skip("?"))
  }

  private mutating func readCount() -> (Int, Int)? {
    if skip("?") { return (0, 1) }
    if skip("*") { return (0, .max) }
    if skip("+") { return (1, .max) }
    guard skip("{") else { return (1, 1) }
    var numbers = [0]
    while index < scalars.count, !next(is: "}") {
      if skip(",") {
        numbers.append(0)
      } else {
        guard let digit = Int(String(scalars[index])) else { return nil }
        numbers[numbers.count - 1] = 10 * numbers[numbers.count - 1] + digit
        index += 1
      }
    }
    let isOpen = scalars[index - 1] == ","
    guard skip("}"), let first = numbers.first, let last = numbers.last else { return nil }
    return (first, isOpen ? .max : last)
  }

  private mutating func readMember() -> PatternProgram.Members? {
    if skip("[") { return readClass() }
    var members = PatternProgram.Members()
    return readPart(into: &members) ? members : nil
  }

  private mutating func readClass() -> PatternProgram.Members? {
    var members = PatternProgram.Members()
    members.isNegated = skip("^")
    while !isAtEnd {
      if skip("]") { return members }
      if skip("[") {
        guard let inner = readClass(), !inner.isNegated else { return nil }
        members.ranges += inner.ranges
        members.classes.formUnion(inner.classes)
      } else if !readPart(into: &members) {
        return nil
      }
    }
    return nil
  }

  /// One character, a range of them, or a class such as `\p{L}`.
  private mutating func readPart(into members: inout PatternProgram.Members) -> Bool {
    if skip(#"\p{"#) { return readProperty(into: &members) }
    if skip(#"\s"#) { return insert(.space, into: &members) }
    if skip(#"\w"#) { return insert(.word, into: &members) }
    if skip(#"\d"#) { return insert(.digit, into: &members) }
    if skip(#"\S"#) {
      members.absentClasses.append(.space)
      return true
    }
    guard let first = readCharacter() else { return false }
    var last = first
    if next(is: "-"), index + 1 < scalars.count, scalars[index + 1] != "]" {
      index += 1
      guard let end = readCharacter(), end >= first else { return false }
      last = end
    }
    members.ranges.append(first...last)
    if ignoresCase, let scalar = Unicode.Scalar(first), first == last {
      // U+017F is an s in any case.
      for other in [scalar.properties.uppercaseMapping, scalar.properties.lowercaseMapping, scalar == "s" ? "ſ" : ""] {
        members.ranges += other.unicodeScalars.map { $0.value...$0.value }
      }
    }
    return true
  }

  private func insert(_ kind: CharacterClass, into members: inout PatternProgram.Members) -> Bool {
    members.classes.insert(kind)
    return true
  }

  private mutating func readProperty(into members: inout PatternProgram.Members) -> Bool {
    let names: [String: CharacterClass] = [
      "L": .letter, "N": .number, "M": .mark, "P": .punctuation, "S": .symbol, "Lu": .upper, "Ll": .lower,
      "Lt": .title, "Lm": .modifier, "Lo": .otherLetter, "Nd": .digit,
    ]
    var name = ""
    while index < scalars.count, !next(is: "}") {
      name.unicodeScalars.append(scalars[index])
      index += 1
    }
    guard skip("}"), let kind = names[name] else { return false }
    return insert(kind, into: &members)
  }

  private mutating func readCharacter() -> UInt32? {
    guard index < scalars.count else { return nil }
    defer { index += 1 }
    guard scalars[index] == "\\" else { return scalars[index].value }
    index += 1
    guard index < scalars.count else { return nil }
    switch scalars[index] {
    case "r": return 0x0D
    case "n": return 0x0A
    case "t": return 0x09
    default: return scalars[index].properties.isAlphabetic ? nil : scalars[index].value
    }
  }
}
