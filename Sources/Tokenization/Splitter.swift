/// What cuts a text.
enum Splitter: Sendable {
  /// A pattern that matches at every position.
  case pattern(KnownPattern)
  /// Every occurrence of a string; an empty one occurs nowhere.
  case literal([UInt8])
  /// All but the occurrences of a string.
  case notLiteral([UInt8])
  /// Each character that is a number.
  case numbers
  /// At most three numbers in a row.
  case threeNumbers
  /// Each run of numbers.
  case numberRun
  /// Each white-space character.
  case whiteSpace

  /// Recognises the small patterns that `Split` components have.
  init?(expression: String) {
    switch expression {
    case #"\p{N}"#: self = .numbers
    case #"\p{N}{1,3}"#: self = .threeNumbers
    case #"\p{N}+"#: self = .numberRun
    case #"\s"#: self = .whiteSpace
    case " ": self = .literal([0x20])
    default: return nil
    }
  }

  /// Consecutive parts that make up the range, each with whether it matches; none is empty.
  func parts(of text: [UInt8], in range: Range<Int>) -> [(range: Range<Int>, matches: Bool)] {
    var parts: [(range: Range<Int>, matches: Bool)] = []
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
    if case .notLiteral = self { return parts.map { ($0.range, !$0.matches) } }
    return parts
  }

  /// The end of the match that begins at `start`, or `start` where there is none.
  private func matchEnd(_ text: [UInt8], at start: Int, to end: Int) -> Int {
    switch self {
    case .pattern(let pattern): return pattern.pieceEnd(text, from: start, to: end)
    case .literal(let literal), .notLiteral(let literal):
      return start + literal.count <= end && text.matches(literal, at: start) ? start + literal.count : start
    case .numbers: return run(text, start, end, limit: 1, of: .number)
    case .threeNumbers: return run(text, start, end, limit: 3, of: .number)
    case .numberRun: return run(text, start, end, limit: .max, of: .number)
    case .whiteSpace: return run(text, start, end, limit: 1, of: .space)
    }
  }

  private func run(_ text: [UInt8], _ start: Int, _ end: Int, limit: Int, of kind: CharacterClass) -> Int {
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
