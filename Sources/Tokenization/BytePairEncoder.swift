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
  /// Tokens of one character, by scalar.
  private let characters: [UInt32: UInt32]
  private let asciiCharacters: [UInt32?]

  init(
    vocabulary: [ByteString: UInt32], merges: [UInt64: Merge], unknownID: UInt32?, fusesUnknown: Bool,
    fallsBackToBytes: Bool, ignoresMerges: Bool
  ) {
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
      if let id = scalar < 0x80 ? asciiCharacters[Int(scalar)] : characters[scalar] {
        if pendingUnknown, let unknownID { ids.append(unknownID) }
        pendingUnknown = false
        ids.append(id)
      } else if let bytes = byteIDs(text[start..<next]) {
        ids += bytes
      } else if let unknownID {
        if pendingUnknown, !fusesUnknown { ids.append(unknownID) }
        pendingUnknown = true
      }
    }
    if pendingUnknown, let unknownID { ids.append(unknownID) }
    return ids
  }

  /// The tokens of a character's bytes; nil where one of them has none.
  private func byteIDs(_ character: ArraySlice<UInt8>) -> [UInt32]? {
    guard let byteTokens else { return nil }
    let ids = character.compactMap { byteTokens[Int($0)] }
    return ids.count == character.count ? ids : nil
  }
}
