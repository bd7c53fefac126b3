/// Byte-pair encoding: a piece's characters, merged pair by pair in the order of rank.
final class BytePairEncoder: Sendable {
  /// What two neighbouring tokens become.
  struct Merge: Sendable {
    /// Smaller is merged sooner.
    let rank: Int32
    let result: UInt32
  }

  let vocabulary: [ByteString: UInt32]
  /// Keyed by `left << 32 | right`.
  let merges: FlatTable<Merge>
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
  private let characters: FlatTable<UInt32>
  private let asciiCharacters: [UInt32?]
  /// The token of each byte's character of GPT-2's alphabet; nil where not every one is a token.
  private let alphabetIDs: [UInt32]?
  private let borders: WordBorders?

  init(
    vocabulary: [ByteString: UInt32], merges: [UInt64: BytePairEncoder.Merge], unknownID: UInt32?, fusesUnknown: Bool,
    fallsBackToBytes: Bool, ignoresMerges: Bool, prefix: [UInt8] = [], suffix: [UInt8] = []
  ) {
    (self.prefix, self.suffix) = (prefix, suffix)
    self.vocabulary = vocabulary
    self.merges = FlatTable(merges)
    self.unknownID = unknownID
    self.fusesUnknown = fusesUnknown
    self.ignoresMerges = ignoresMerges
    byteTokens = fallsBackToBytes ? (0..<256).map { vocabulary[ByteString(Self.byteToken($0))] } : nil
    var ids: [UInt64: UInt32] = [:]
    for (token, id) in vocabulary where !token.bytes.isEmpty && token.bytes.count <= 4 {
      let (scalar, next) = token.bytes.scalar(at: 0)
      if next == token.bytes.count { ids[UInt64(scalar)] = id }
    }
    let characters = FlatTable(ids)
    self.characters = characters
    asciiCharacters = (0..<128).map { characters[$0] }
    let isPlain = prefix.isEmpty && suffix.isEmpty
    let alphabet = ByteAlphabet.scalars.compactMap { characters[UInt64($0)] }
    alphabetIDs = isPlain && alphabet.count == 256 ? alphabet : nil
    // Pieces of a byte-level vocabulary are cut already.
    borders =
      isPlain && !ignoresMerges && (fallsBackToBytes || alphabetIDs == nil)
      ? WordBorders(
        vocabulary: vocabulary, merges: merges, characters: characters, byteTokens: byteTokens, unknownID: unknownID)
      : nil
  }

  /// The name of a byte's token, such as `<0x0A>`.
  static func byteToken(_ byte: Int) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x" + (digits.count == 1 ? "0" : "") + digits + ">"
  }

  /// Cuts a piece where no merge can ever join, so that its words can be kept: the ids stay the same.
  func words(_ text: [UInt8], _ range: Range<Int>) -> [Range<Int>] { borders?.words(text, range) ?? [range] }

  /// Appends the ids of a piece.
  func append(_ text: [UInt8], _ range: Range<Int>, to ids: inout [UInt32]) {
    if ignoresMerges, let id = vocabulary[ByteString(text[range])] {
      ids.append(id)
      return
    }
    let start = ids.count
    let isKnown = appendCharacters(text, range, to: &ids)
    merge(&ids, from: start, canBeShort: isKnown)
  }

  /// Appends the ids of a piece, each byte of which stands for its character of GPT-2's alphabet; false, and nothing appended,
  /// where some of these characters are no tokens or the whole piece may be one.
  func appendWritten(_ text: [UInt8], _ range: Range<Int>, to ids: inout [UInt32]) -> Bool {
    guard let alphabetIDs, !ignoresMerges else { return false }
    let start = ids.count
    for index in range { ids.append(alphabetIDs[Int(text[index])]) }
    merge(&ids, from: start, canBeShort: true)
    return true
  }

  /// - Parameter canBeShort: Whether each token is a character of its own, or one that no merge takes. With others, of bytes or
  ///   unknown, two merges may have one result, which the heap alone tells apart as `tokenizers` does.
  private func merge(_ ids: inout [UInt32], from start: Int, canBeShort: Bool) {
    if canBeShort, ids.count - start <= MergingWord.maximumShort {
      MergingWord.mergeShort(&ids, from: start, merges)
      return
    }
    var word = MergingWord(ids[start...])
    word.mergeAll(merges)
    ids.removeLast(ids.count - start)
    word.append(to: &ids)
  }

  /// Appends the token of each character; returns whether each is one of the vocabulary's, or of bytes that no merge takes.
  private func appendCharacters(_ text: [UInt8], _ range: Range<Int>, to ids: inout [UInt32]) -> Bool {
    var (isKnown, pendingUnknown) = (prefix.isEmpty && suffix.isEmpty, false)
    var index = range.lowerBound
    while index < range.upperBound {
      let start = index
      let (scalar, next) = text.scalar(at: index)
      index = next
      let character = affixed(text, start..<next, in: range)
      let known = scalar < 0x80 ? asciiCharacters[Int(scalar)] : characters[UInt64(scalar)]
      if let id = character == nil ? known : character.flatMap({ vocabulary[ByteString($0)] }) {
        if pendingUnknown, let unknownID { ids.append(unknownID) }
        pendingUnknown = false
        ids.append(id)
        continue
      }
      isKnown = isKnown && borders?.isolatesOthers == true
      if let bytes = byteIDs(character?[...] ?? text[start..<next]) {
        ids += bytes
      } else if let unknownID {
        if pendingUnknown, !fusesUnknown { ids.append(unknownID) }
        pendingUnknown = true
      }
    }
    if pendingUnknown, let unknownID { ids.append(unknownID) }
    return isKnown
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
