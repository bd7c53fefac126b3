/// A token that is found in the text before the model sees it.
struct AddedToken: Sendable {
  let id: UInt32
  let content: ByteString
  /// Left out of decoded text, where asked.
  var isSpecial: Bool
  /// Found in the normalized text rather than in the text as given.
  let isNormalized: Bool
  /// Stands in the normalized text as it is written, itself not normalized.
  var isWritten = false
  /// Takes white space before it.
  let stripsLeft: Bool
  /// Takes white space after it.
  let stripsRight: Bool
  /// Found only where no word character stands beside it.
  let isSingleWord: Bool

  /// Reads a token's flags; `isNormalized` is true where unset, unless the token is special.
  init(_ field: JSONField, id: UInt32) throws(TokenizerError) {
    self.id = id
    content = ByteString(try field.required("content").string())
    isSpecial = try field.flag("special", default: false)
    isNormalized = try field.flag("normalized", default: !isSpecial)
    stripsLeft = try field.flag("lstrip", default: false)
    stripsRight = try field.flag("rstrip", default: false)
    isSingleWord = try field.flag("single_word", default: false)
  }

  /// Makes a piece of the user's, which normalized text has as it is written here.
  init(userDefined content: ByteString, id: UInt32) {
    (self.id, self.content, isSpecial) = (id, content, false)
    (isNormalized, isWritten, stripsLeft, stripsRight, isSingleWord) = (true, true, false, false, false)
  }

  /// Makes a special token with no other trait.
  init(special content: ByteString, id: UInt32) {
    (self.id, self.content, isSpecial) = (id, content, true)
    (isNormalized, stripsLeft, stripsRight, isSingleWord) = (false, false, false, false)
  }
}

/// A part of a text: an added token, or text that is still to be tokenized.
struct Segment {
  var text: [UInt8]
  /// The added token that stands here; `text` is then of no use.
  var tokenID: UInt32?
  /// Whether the part stands at the very beginning of the whole text.
  var isFirst: Bool
}

/// Finds added tokens in a text: the leftmost, then the longest.
struct AddedTokenMatcher: Sendable {
  /// The tokens under the bytes that they have in the text searched.
  private var trie = ByteTrie()
  /// Of each byte: bit k is set where a token may have it at offset k.
  private var offsets = [UInt8](repeating: 0, count: 256)
  private static let offsetCount = 4
  private var tokens: [AddedToken] = []

  /// Adds a token under the bytes that it has in the text searched. The first of two with the same bytes stays.
  mutating func insert(_ token: AddedToken, pattern: [UInt8]) {
    guard !pattern.isEmpty, trie.value(of: pattern) == nil else { return }
    for (offset, byte) in pattern.prefix(Self.offsetCount).enumerated() { offsets[Int(byte)] |= 1 << offset }
    // What follows a short token may be anything.
    for offset in pattern.count..<max(pattern.count, Self.offsetCount) {
      for byte in offsets.indices { offsets[byte] |= 1 << offset }
    }
    trie.insert(pattern, value: tokens.count)
    tokens.append(token)
  }

  /// Cuts a text at its added tokens; parts are in order and never empty.
  func split(_ segment: Segment) -> [Segment] {
    let text = segment.text
    if tokens.isEmpty { return text.isEmpty ? [] : [segment] }
    var parts: [Segment] = []
    var (index, done) = (0, 0)
    func append(_ range: Range<Int>, tokenID: UInt32?) {
      if range.isEmpty { return }
      let isFirst = segment.isFirst && range.lowerBound == 0
      parts.append(Segment(text: tokenID == nil ? Array(text[range]) : [], tokenID: tokenID, isFirst: isFirst))
    }
    while index < text.count {
      guard mayStart(text, at: index), let (token, end) = longestMatch(text, at: index) else {
        index += 1
        continue
      }
      if !token.isSingleWord || Self.standsAlone(text, index..<end) {
        let start = token.stripsLeft ? max(Self.spaceStart(text, before: index), done) : index
        let stop = token.stripsRight ? Self.spaceEnd(text, after: end) : end
        append(done..<max(done, start), tokenID: nil)
        append(start..<stop, tokenID: token.id)
        done = stop
      }
      index = end
    }
    append(min(done, text.count)..<text.count, tokenID: nil)
    return parts
  }

  @inline(__always)
  private func mayStart(_ text: [UInt8], at start: Int) -> Bool {
    if offsets[Int(text[start])] & 1 == 0 { return false }
    for offset in 1..<max(1, min(Self.offsetCount, text.count - start))
    where offsets[Int(text[start + offset])] >> offset & 1 == 0 {
      return false
    }
    return true
  }

  private func longestMatch(_ text: [UInt8], at start: Int) -> (AddedToken, end: Int)? {
    var (node, index) = (0, start)
    var best: (token: Int, end: Int)?
    while index < text.count, let child = trie.child(node, text[index]) {
      (node, index) = (child, index + 1)
      if let token = trie.value(node) { best = (token, index) }
    }
    return best.map { (tokens[$0.token], $0.end) }
  }

  private static func standsAlone(_ text: [UInt8], _ range: Range<Int>) -> Bool {
    let isWord: (Int) -> Bool = { CharacterClass.of(text.scalar(at: $0).value).contains(.word) }
    let touchesLeft = range.lowerBound > 0 && isWord(text.indexBefore(range.lowerBound))
    let touchesRight = range.upperBound < text.count && isWord(range.upperBound)
    return !touchesLeft && !touchesRight
  }

  private static func spaceStart(_ text: [UInt8], before index: Int) -> Int {
    var start = index
    while start > 0 {
      let last = text.indexBefore(start)
      guard CharacterClass.of(text.scalar(at: last).value).contains(.space) else { break }
      start = last
    }
    return start
  }

  private static func spaceEnd(_ text: [UInt8], after index: Int) -> Int {
    var end = index
    while end < text.count {
      let (scalar, next) = text.scalar(at: end)
      guard CharacterClass.of(scalar).contains(.space) else { break }
      end = next
    }
    return end
  }
}
