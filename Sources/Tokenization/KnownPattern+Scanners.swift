extension KnownPattern {
  static func gpt2PieceEnd(_ text: [UInt8], from start: Int, to end: Int) -> Int {
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

  static func gpt4PieceEnd(
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
    return restEnd(text, from: start, to: end, digits: digits, letters: letters, takesSlashes: false)
  }

  /// `X?U*L+|X?U+L*`, where U is a letter that is not small or a mark, L one that is not a capital or a mark, and X
  /// neither a letter, a number nor a line end; then what GPT-4's pattern has.
  static func casedPieceEnd(
    _ text: [UInt8], from start: Int, to end: Int, digits: Int, joinsContractions: Bool
  ) -> Int {
    let (first, second) = text.scalar(at: start)
    let takesPrefix = CharacterClass.of(first).isDisjoint(with: [.letter, .number, .newline])
    var word = takesPrefix ? smallWordEnd(text, from: second, to: end) : nil
    word = word ?? smallWordEnd(text, from: start, to: end)
    if word == nil {
      let from = takesPrefix ? second : start
      let stop = runEnd(text, from: from, to: end) { !$0.isDisjoint(with: capitals) }
      if stop > from { word = stop }
    }
    guard let word else {
      return restEnd(text, from: start, to: end, digits: digits, letters: .letter, takesSlashes: true)
    }
    guard joinsContractions, word < end else { return word }
    return contractionEnd(text, from: word, to: end, anyCase: true) ?? word
  }

  private static let capitals: CharacterClass = [.upper, .title, .modifier, .otherLetter, .mark]
  private static let smalls: CharacterClass = [.lower, .modifier, .otherLetter, .mark]

  /// `U*L+`: the run of U gives back up to its last character that is an L as well.
  private static func smallWordEnd(_ text: [UInt8], from start: Int, to end: Int) -> Int? {
    var (index, lastSmall) = (start, start)
    while index < end {
      let (scalar, next) = text.scalar(at: index)
      let kind = CharacterClass.of(scalar)
      guard !kind.isDisjoint(with: capitals) else { break }
      if !kind.isDisjoint(with: smalls) { lastSmall = next }
      index = next
    }
    let stop = runEnd(text, from: index, to: end) { !$0.isDisjoint(with: smalls) }
    if stop > index { return stop }
    return lastSmall > start ? lastSmall : nil
  }

  /// Numbers, others with what follows them, line ends, white space.
  private static func restEnd(
    _ text: [UInt8], from start: Int, to end: Int, digits: Int, letters: CharacterClass, takesSlashes: Bool
  ) -> Int {
    let (first, second) = text.scalar(at: start)
    if CharacterClass.of(first).contains(.number) {
      return runEnd(text, from: second, to: end, limit: digits - 1) { $0.contains(.number) }
    }
    let known = letters.union([.number, .space])
    let body = first == 0x20 ? second : start
    let others = runEnd(text, from: body, to: end) { $0.isDisjoint(with: known) }
    guard others > body else { return lineEnd(text, from: start, to: end) ?? spaceEnd(text, from: start, to: end) }
    var stop = others
    while stop < end, text[stop] == 0x0A || text[stop] == 0x0D || (takesSlashes && text[stop] == UInt8(ascii: "/")) {
      stop += 1
    }
    return stop
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
