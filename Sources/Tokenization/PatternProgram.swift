/// A known pattern as alternatives that are tried in order at a position, each a row of steps.
///
/// Made from the pattern texts that stand in ``KnownPattern`` and from nothing else: no text of a file comes here. Each of
/// them tries a bounded number of alternatives over a run once, so that a text takes time in proportion to its length.
final class PatternProgram: Sendable {
  /// Characters, as a class in brackets names them.
  struct Members: Sendable {
    var classes: CharacterClass = []
    var absentClasses: [CharacterClass] = []
    var ranges: [ClosedRange<UInt32>] = []
    var isNegated = false
    /// Answers for U+0000 to U+007F, made once the set is complete.
    var ascii: [Bool] = []

    @inline(__always)
    func contains(_ scalar: UInt32) -> Bool {
      scalar < 0x80 ? ascii[Int(scalar)] : computed(scalar)
    }

    func computed(_ scalar: UInt32) -> Bool {
      let kind = CharacterClass.of(scalar)
      let isMember =
        !kind.isDisjoint(with: classes) || absentClasses.contains { kind.isDisjoint(with: $0) }
        || ranges.contains { $0.contains(scalar) }
      return isMember != isNegated
    }

    mutating func complete() { ascii = (UInt32(0)..<0x80).map { computed($0) } }
  }

  indirect enum Step: Sendable {
    /// Between `minimum` and `maximum` members, as many as the rest allows; all there are where `isPossessive`.
    case run(Members, minimum: Int, maximum: Int, isPossessive: Bool)
    /// One of several rows; `isOptional`: or nothing.
    case group([[Step]], isOptional: Bool)
    /// `(?!\S)`
    case notBeforeText
  }

  private let alternatives: [[Step]]

  init(_ alternatives: [[Step]]) { self.alternatives = alternatives }

  /// The end of the match that begins at `start`, or nil.
  func matchEnd(_ text: [UInt8], from start: Int, to end: Int) -> Int? {
    for alternative in alternatives {
      if let stop = Self.match(alternative[...], text, from: start, to: end) { return stop }
    }
    return nil
  }

  private static func match(_ steps: ArraySlice<Step>, _ text: [UInt8], from start: Int, to end: Int) -> Int? {
    guard let step = steps.first else { return start }
    let rest = steps.dropFirst()
    switch step {
    case .notBeforeText:
      guard start == end || CharacterClass.of(text.scalar(at: start).value).contains(.space) else { return nil }
      return match(rest, text, from: start, to: end)
    case .group(let rows, let isOptional):
      for row in rows {
        if let stop = match(row[...] + rest, text, from: start, to: end) { return stop }
      }
      return isOptional ? match(rest, text, from: start, to: end) : nil
    case .run(let members, let minimum, let maximum, let isPossessive):
      var (index, count) = (start, 0)
      while index < end, count < maximum {
        let (scalar, next) = text.scalar(at: index)
        guard members.contains(scalar) else { break }
        (index, count) = (next, count + 1)
      }
      guard count >= minimum else { return nil }
      if isPossessive || rest.isEmpty { return match(rest, text, from: index, to: end) }
      while true {
        if let stop = match(rest, text, from: index, to: end) { return stop }
        guard count > minimum else { return nil }
        (index, count) = (text.indexBefore(index), count - 1)
      }
    }
  }
}
