/// Byte-pair encoding: a piece's characters, merged pair by pair in the order of rank.
struct BytePairEncoder: Sendable {
  /// What two neighbouring tokens become.
  struct Merge: Sendable {
    /// Smaller is merged sooner.
    let rank: Int32
    let result: UInt32
  }

  let vocabulary: [ByteString: UInt32]
  /// Keyed by `left << 32 | right`.
  let merges: [UInt64: Merge]
  let unknownID: UInt32?
  /// Neighbouring unknown characters are one unknown token.
  let fusesUnknown: Bool
  /// Tokens of bytes for characters that the vocabulary lacks; nil at bytes that have none.
  let byteTokens: [UInt32?]?
  /// A piece that is a token is that token, whatever the merges say.
  let ignoresMerges: Bool
  /// What the vocabulary puts before each character of a piece but the first, and after the last.
  private let prefix: [UInt8]
  private let suffix: [UInt8]
  /// Tokens of one character, by scalar.
  private let characters: [UInt32: UInt32]
  private let asciiCharacters: [UInt32?]
  /// Neighbours, one of them a separator, that stand within the result of some merge: `left << 32 | right`.
  private let joinedNeighbours: Set<UInt64>

  init(
    vocabulary: [ByteString: UInt32], merges: [UInt64: Merge], unknownID: UInt32?, fusesUnknown: Bool,
    fallsBackToBytes: Bool, ignoresMerges: Bool, prefix: [UInt8] = [], suffix: [UInt8] = []
  ) {
    (self.prefix, self.suffix) = (prefix, suffix)
    self.vocabulary = vocabulary
    self.merges = merges
    self.unknownID = unknownID
    self.fusesUnknown = fusesUnknown
    self.ignoresMerges = ignoresMerges
    byteTokens = fallsBackToBytes ? (0..<256).map { vocabulary[ByteString(Self.byteToken($0))] } : nil
    var characters: [UInt32: UInt32] = [:]
    for (token, id) in vocabulary where !token.bytes.isEmpty && token.bytes.count <= 4 {
      let (scalar, next) = token.bytes.scalar(at: 0)
      if next == token.bytes.count { characters[scalar] = id }
    }
    self.characters = characters
    asciiCharacters = (0..<128).map { characters[$0] }
    let results = Set(merges.values.map(\.result))
    joinedNeighbours = vocabulary.reduce(into: []) { pairs, token in
      if results.contains(token.value) { pairs.formUnion(Self.mixedNeighbours(token.key.bytes)) }
    }
  }

  /// Pairs of neighbouring characters of which one is a space or its mark "▁", and the other is not.
  private static func mixedNeighbours(_ text: [UInt8]) -> [UInt64] {
    if text.isEmpty { return [] }
    var pairs: [UInt64] = []
    var (before, index) = text.scalar(at: 0)
    while index < text.count {
      let (scalar, next) = text.scalar(at: index)
      if isSeparator(before) != isSeparator(scalar) { pairs.append(UInt64(before) << 32 | UInt64(scalar)) }
      (before, index) = (scalar, next)
    }
    return pairs
  }

  private static func isSeparator(_ scalar: UInt32) -> Bool { scalar == 0x20 || scalar == 0x2581 }

  /// Cuts a piece where no merge can ever join, so that its words can be kept: the ids stay the same.
  ///
  /// A merge across a cut would make a token in which the two characters beside the cut are neighbours. Both must be
  /// tokens of their own: neighbours that are unknown, or bytes, may join in other ways.
  func words(_ text: [UInt8], _ range: Range<Int>) -> [Range<Int>] {
    if ignoresMerges || !prefix.isEmpty || !suffix.isEmpty { return [range] }
    var words: [Range<Int>] = []
    var start = range.lowerBound
    var (before, index) = text.scalar(at: start)
    while index < range.upperBound {
      let (scalar, next) = text.scalar(at: index)
      if Self.isSeparator(before) != Self.isSeparator(scalar), characters[before] != nil, characters[scalar] != nil,
        !joinedNeighbours.contains(UInt64(before) << 32 | UInt64(scalar))
      {
        words.append(start..<index)
        start = index
      }
      (before, index) = (scalar, next)
    }
    return words + [start..<range.upperBound]
  }

  /// The name of a byte's token, such as `<0x0A>`.
  static func byteToken(_ byte: Int) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x" + (digits.count == 1 ? "0" : "") + digits + ">"
  }

  /// The ids of a piece.
  func encode(_ text: [UInt8], _ range: Range<Int>) -> [UInt32] {
    if ignoresMerges, let id = vocabulary[ByteString(text[range])] { return [id] }
    var word = MergingWord(characterIDs(text, range))
    word.mergeAll(merges)
    return word.ids
  }

  private func characterIDs(_ text: [UInt8], _ range: Range<Int>) -> [UInt32] {
    var ids: [UInt32] = []
    ids.reserveCapacity(range.count)
    var pendingUnknown = false
    var index = range.lowerBound
    while index < range.upperBound {
      let start = index
      let (scalar, next) = text.scalar(at: index)
      index = next
      let character = affixed(text, start..<next, in: range)
      let known = scalar < 0x80 ? asciiCharacters[Int(scalar)] : characters[scalar]
      if let id = character == nil ? known : character.flatMap({ vocabulary[ByteString($0)] }) {
        if pendingUnknown, let unknownID { ids.append(unknownID) }
        pendingUnknown = false
        ids.append(id)
      } else if let bytes = byteIDs(character?[...] ?? text[start..<next]) {
        ids += bytes
      } else if let unknownID {
        if pendingUnknown, !fusesUnknown { ids.append(unknownID) }
        pendingUnknown = true
      }
    }
    if pendingUnknown, let unknownID { ids.append(unknownID) }
    return ids
  }

  /// A character with the prefix and suffix that its place asks for; nil where the vocabulary has neither.
  private func affixed(_ text: [UInt8], _ character: Range<Int>, in piece: Range<Int>) -> [UInt8]? {
    if prefix.isEmpty, suffix.isEmpty { return nil }
    return (character.lowerBound > piece.lowerBound ? prefix : []) + text[character]
      + (character.upperBound == piece.upperBound ? suffix : [])
  }

  /// The tokens of a character's bytes; nil where one of them has none.
  private func byteIDs(_ character: ArraySlice<UInt8>) -> [UInt32]? {
    guard let byteTokens else { return nil }
    let ids = character.compactMap { byteTokens[Int($0)] }
    return ids.count == character.count ? ids : nil
  }
}
