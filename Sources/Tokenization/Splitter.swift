/// What cuts a text.
enum Splitter: Sendable {
  /// The matches of a known pattern.
  case pattern(KnownPattern)
  /// Every occurrence of a string; an empty one occurs nowhere.
  case literal([UInt8])
  /// Runs of at most so many characters of a class.
  case run(of: CharacterClass, limit: Int)
  /// Each punctuation mark: Unicode's, and what ASCII has of symbols.
  case punctuation
  /// White space at the end of the part.
  case trailingSpace

  /// Recognises the patterns that `Split` components have.
  init?(expression: String) {
    switch expression {
    case KnownPatternTexts.trailingSpace: self = .trailingSpace
    default:
      guard let known = KnownPattern(expression) else { return nil }
      self = .pattern(known)
    }
  }

  /// Whether each position of a text begins a match.
  var matchesEverywhere: Bool {
    if case .pattern(let pattern) = self { pattern.matchesEverywhere } else { false }
  }

  /// Consecutive parts that make up the range, each with whether it matches; none is empty.
  func parts(of text: [UInt8], in range: Range<Int>) -> [(range: Range<Int>, matches: Bool)] {
    var parts: [(range: Range<Int>, matches: Bool)] = []
    if case .trailingSpace = self { return Self.trailingParts(of: text, in: range) }
    var (index, done) = (range.lowerBound, range.lowerBound)
    while index < range.upperBound {
      let end = matchEnd(text, at: index, to: range.upperBound)
      guard end > index else {
        index = text.scalar(at: index).next
        continue
      }
      if index > done { parts.append((done..<index, false)) }
      parts.append((index..<end, true))
      (index, done) = (end, end)
    }
    if done < range.upperBound { parts.append((done..<range.upperBound, false)) }
    return parts
  }

  private static func trailingParts(of text: [UInt8], in range: Range<Int>) -> [(range: Range<Int>, matches: Bool)] {
    var start = range.upperBound
    while start > range.lowerBound {
      let last = text.indexBefore(start)
      guard CharacterClass.of(text.scalar(at: last).value).contains(.space) else { break }
      start = last
    }
    return [(range.lowerBound..<start, false), (start..<range.upperBound, true)].filter { !$0.0.isEmpty }
  }

  /// The end of the match that begins at `start`, or `start` where there is none.
  private func matchEnd(_ text: [UInt8], at start: Int, to end: Int) -> Int {
    switch self {
    case .pattern(let pattern): return pattern.pieceEnd(text, from: start, to: end)
    case .literal(let literal):
      return start + literal.count <= end && text.matches(literal, at: start) ? start + literal.count : start
    case .run(let kind, let limit): return Self.run(text, start, end, limit: limit, of: kind)
    case .punctuation:
      let (scalar, next) = text.scalar(at: start)
      let isMark = CharacterClass.of(scalar).contains(.punctuation)
      return isMark || (scalar < 0x80 && CharacterClass.of(scalar).contains(.symbol)) ? next : start
    case .trailingSpace: return start
    }
  }

  private static func run(_ text: [UInt8], _ start: Int, _ end: Int, limit: Int, of kind: CharacterClass) -> Int {
    var (index, count) = (start, 0)
    while index < end, count < limit {
      let (scalar, next) = text.scalar(at: index)
      guard CharacterClass.of(scalar).contains(kind) else { break }
      (index, count) = (next, count + 1)
    }
    return index
  }
}

/// What becomes of the parts that match.
enum SplitBehavior: String, Sendable {
  /// They are left out.
  case removed
  /// Each is a piece.
  case isolated
  /// Each joins the piece before it.
  case mergedWithPrevious = "mergedwithprevious"
  /// Each joins the piece after it.
  case mergedWithNext = "mergedwithnext"
  /// Neighbours of one kind are one piece.
  case contiguous

  func pieces(_ parts: [(range: Range<Int>, matches: Bool)]) -> [Range<Int>] {
    switch self {
    case .removed: parts.filter { !$0.matches }.map(\.range)
    case .isolated: parts.map(\.range)
    case .contiguous: Self.joined(parts) { $0 == $1 }
    case .mergedWithPrevious: Self.joined(parts) { before, present in present && !before }
    case .mergedWithNext: Self.joined(parts) { before, present in before && !present }
    }
  }

  /// Joins neighbours where `joins(left matches, right matches)`.
  private static func joined(
    _ parts: [(range: Range<Int>, matches: Bool)], where joins: (Bool, Bool) -> Bool
  ) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var before: Bool?
    for part in parts {
      if let before, let last = result.last, joins(before, part.matches) {
        result[result.count - 1] = last.lowerBound..<part.range.upperBound
      } else {
        result.append(part.range)
      }
      before = part.matches
    }
    return result
  }
}
