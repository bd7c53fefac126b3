/// What SentencePiece does to a text before it looks for pieces.
struct SentencePieceNormalizer: Sendable {
  var map: CharacterMap?
  /// A space is put before the text.
  var addsSpace = true
  /// Spaces at the ends go; of several in a row, one stays.
  var removesExtraSpaces = true
  /// Spaces are written as "▁".
  var marksSpaces = true
  /// Pieces of the user's: taken as they are.
  var kept = ByteTrie()

  private static let mark = Array("▁".utf8)

  /// - Parameter continues: Whether the text goes on from other text: its beginning is then left as it is.
  func normalize(_ text: [UInt8], continues: Bool) -> [UInt8] {
    let space = marksSpaces ? Self.mark : [0x20]
    var result: [UInt8] = []
    result.reserveCapacity(text.count + text.count / 2)
    var (index, followsSpace, hasBegun) = (0, removesExtraSpaces && !continues, false)
    while index < text.count {
      let (part, end) = part(text, from: index)
      index = end
      for byte in part {
        if byte == 0x20, followsSpace { continue }
        if !hasBegun {
          if addsSpace, !continues { result += space }
          hasBegun = true
        }
        if byte == 0x20 { result += space } else { result.append(byte) }
        followsSpace = removesExtraSpaces && byte == 0x20
      }
    }
    if !hasBegun, !removesExtraSpaces, addsSpace, !continues, !text.isEmpty { result += space }
    while removesExtraSpaces, !continues || result.count > space.count, result.suffix(space.count) == space[...] {
      result.removeLast(space.count)
    }
    return result
  }

  private func part(_ text: [UInt8], from start: Int) -> (ArraySlice<UInt8>, end: Int) {
    if let end = keptEnd(text, from: start) { return (text[start..<end], end) }
    if let map, let (replacement, end) = map.longest(text, from: start) { return (replacement, end) }
    let next = text.scalar(at: start).next
    return (text[start..<next], next)
  }

  private func keptEnd(_ text: [UInt8], from start: Int) -> Int? {
    var (node, index) = (0, start)
    var found: Int?
    while index < text.count, let child = kept.child(node, text[index]) {
      (node, index) = (child, index + 1)
      if kept.value(node) != nil { found = index }
    }
    return found
  }
}
