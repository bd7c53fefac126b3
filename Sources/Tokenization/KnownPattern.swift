/// The pre-tokenizer patterns that are recognised, by their exact text, each written out as a scanner.
///
/// No regular expression from a file is ever run: a crafted one can take unbounded time. Every pattern here matches at
/// each position, so a text falls into consecutive pieces.
enum KnownPattern: Sendable, Hashable {
  /// GPT-2: contractions, then runs of letters, of numbers or of others, each with one space before it.
  case gpt2
  /// GPT-4 and what followed: contractions in any case, letters with one character before them, at most `digits`
  /// numbers, others with the line ends that follow; `marks` count as letters where `joinsMarks` says so.
  case gpt4(digits: Int, joinsMarks: Bool)

  init?(_ pattern: String) {
    switch pattern {
    case #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#: self = .gpt2
    case Self.gpt4Text(numbers: #"\p{N}"#): self = .gpt4(digits: 1, joinsMarks: false)
    case Self.gpt4Text(numbers: #"\p{N}{1,3}"#): self = .gpt4(digits: 3, joinsMarks: false)
    case #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#:
      self = .gpt4(digits: 1, joinsMarks: true)
    default: return nil
    }
  }

  private static func gpt4Text(numbers: String) -> String {
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + numbers
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  /// The end of the piece that begins at `start`; `end` bounds the text.
  func pieceEnd(_ text: [UInt8], from start: Int, to end: Int) -> Int {
    switch self {
    case .gpt2: Self.gpt2PieceEnd(text, from: start, to: end)
    case .gpt4(let digits, let joinsMarks):
      Self.gpt4PieceEnd(text, from: start, to: end, digits: digits, letters: joinsMarks ? [.letter, .mark] : [.letter])
    }
  }

  private static func gpt2PieceEnd(_ text: [UInt8], from start: Int, to end: Int) -> Int {
    if let contraction = contractionEnd(text, from: start, to: end, anyCase: false) { return contraction }
    let body = text[start] == 0x20 && start + 1 < end ? start + 1 : start
    let (scalar, next) = text.scalar(at: body)
    let kind = CharacterClass.of(scalar)
    if kind.contains(.letter) { return runEnd(text, from: next, to: end) { $0.contains(.letter) } }
    if kind.contains(.number) { return runEnd(text, from: next, to: end) { $0.contains(.number) } }
    let known: CharacterClass = [.letter, .number, .space]
    if kind.isDisjoint(with: known) { return runEnd(text, from: next, to: end) { $0.isDisjoint(with: known) } }
    return spaceEnd(text, from: start, to: end)
  }

  private static func gpt4PieceEnd(
    _ text: [UInt8], from start: Int, to end: Int, digits: Int, letters: CharacterClass
  ) -> Int {
    if let contraction = contractionEnd(text, from: start, to: end, anyCase: true) { return contraction }
    let (first, second) = text.scalar(at: start)
    let kind = CharacterClass.of(first)
    if kind.isDisjoint(with: [.letter, .number, .newline]), second < end {
      let (scalar, next) = text.scalar(at: second)
      if !CharacterClass.of(scalar).isDisjoint(with: letters) {
        return runEnd(text, from: next, to: end) { !$0.isDisjoint(with: letters) }
      }
    }
    if !kind.isDisjoint(with: letters) { return runEnd(text, from: second, to: end) { !$0.isDisjoint(with: letters) } }
    if kind.contains(.number) {
      return runEnd(text, from: second, to: end, limit: digits - 1) { $0.contains(.number) }
    }
    let known = letters.union([.number, .space])
    let body = first == 0x20 ? second : start
    let others = runEnd(text, from: body, to: end) { $0.isDisjoint(with: known) }
    if others > body { return runEnd(text, from: others, to: end) { $0.contains(.newline) } }
    return lineEnd(text, from: start, to: end) ?? spaceEnd(text, from: start, to: end)
  }

  /// `'s|'t|'re|'ve|'m|'ll|'d`; in any case, U+017F is an s.
  private static func contractionEnd(_ text: [UInt8], from start: Int, to end: Int, anyCase: Bool) -> Int? {
    guard text[start] == UInt8(ascii: "'"), start + 1 < end else { return nil }
    let lower: (Int) -> UInt8 = { index in
      guard index < end else { return 0 }
      return anyCase && (0x41...0x5A).contains(text[index]) ? text[index] + 0x20 : text[index]
    }
    switch lower(start + 1) {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"): return lower(start + 2) == UInt8(ascii: "e") ? start + 3 : nil
    case UInt8(ascii: "l"): return lower(start + 2) == UInt8(ascii: "l") ? start + 3 : nil
    case 0xC5: return anyCase && start + 2 < end && text[start + 2] == 0xBF ? start + 3 : nil
    default: return nil
    }
  }

  /// `\s*[\r\n]+`: through the last line end of the white space here.
  private static func lineEnd(_ text: [UInt8], from start: Int, to end: Int) -> Int? {
    let stop = runEnd(text, from: start, to: end) { $0.contains(.space) }
    return text[start..<stop].lastIndex { $0 == 0x0A || $0 == 0x0D }.map { $0 + 1 }
  }

  /// `\s+(?!\S)|\s+`: white space up to the last of it where more text follows.
  private static func spaceEnd(_ text: [UInt8], from start: Int, to end: Int) -> Int {
    let stop = runEnd(text, from: start, to: end) { $0.contains(.space) }
    guard stop < end else { return end }
    let last = text.indexBefore(stop)
    return last > start ? last : stop
  }

  /// The end of the longest run, of at most `limit` characters, that satisfies `belongs`.
  @inline(__always)
  private static func runEnd(
    _ text: [UInt8], from start: Int, to end: Int, limit: Int = .max, _ belongs: (CharacterClass) -> Bool
  ) -> Int {
    var (index, count) = (start, 0)
    while index < end, count < limit {
      let (scalar, next) = text.scalar(at: index)
      guard belongs(CharacterClass.of(scalar)) else { break }
      (index, count) = (next, count + 1)
    }
    return index
  }
}
