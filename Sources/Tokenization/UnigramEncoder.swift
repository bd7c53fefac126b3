/// SentencePiece's unigram model: of all ways to cut a text into pieces, the one with the greatest sum of scores.
final class UnigramEncoder: Sendable {
  /// In id order.
  let pieces: [ByteString]
  /// The id of each piece; of several, the last.
  let vocabulary: [ByteString: UInt32]
  /// The score of each id.
  let scores: [Double]
  let unknownID: UInt32?
  /// Tokens of bytes for what the vocabulary lacks; nil at bytes that have none.
  private let byteTokens: [UInt32?]?
  private let trie: ByteTrie
  /// The score of a character that is no piece: this much below the least of the pieces.
  private let unknownScore: Double
  /// Sums are rounded to float32, as in SentencePiece; `tokenizers` has float64.
  private let roundsSums: Bool
  static let unknownPenalty = 10.0

  convenience init(pieces: [(ByteString, Double)], unknownID: UInt32?, fallsBackToBytes: Bool) {
    self.init(
      pieces: pieces, unknownID: unknownID, fallsBackToBytes: fallsBackToBytes, excluding: [], roundsSums: false)
  }

  /// - Parameters:
  ///   - excluding: Ids that no text has.
  ///   - roundsSums: Whether sums are rounded to float32.
  init(
    pieces: [(ByteString, Double)], unknownID: UInt32?, fallsBackToBytes: Bool, excluding: Set<UInt32>,
    roundsSums: Bool
  ) {
    self.roundsSums = roundsSums
    var vocabulary: [ByteString: UInt32] = [:]
    vocabulary.reserveCapacity(pieces.count)
    for (id, piece) in pieces.enumerated() { vocabulary[piece.0] = UInt32(id) }
    var trie = ByteTrie()
    for (piece, id) in vocabulary where !piece.bytes.isEmpty && !excluding.contains(id) {
      trie.insert(piece.bytes, value: Int(id))
    }
    (self.vocabulary, self.trie, self.unknownID) = (vocabulary, trie, unknownID)
    (self.pieces, scores) = (pieces.map(\.0), pieces.map(\.1))
    let least = pieces.enumerated().filter { !excluding.contains(UInt32($0.0)) }.map(\.1.1).min() ?? 0
    unknownScore = least - Self.unknownPenalty
    byteTokens =
      fallsBackToBytes ? (0..<256).map { vocabulary[ByteString(BytePairEncoder.byteToken($0))] } : nil
  }

  /// The best way to reach an end: its score, where its last piece begins, and that piece; −1: a character unknown.
  private struct Path {
    var score = 0.0
    var start: Int32 = -1
    var id: Int32 = -1
  }

  /// The ids of a piece of text, by Viterbi's algorithm. Of equal sums the one found first, from the left, stays.
  func encode(_ text: [UInt8], _ range: Range<Int>) -> [UInt32] {
    var paths = [Path](repeating: Path(), count: range.count + 1)
    var index = range.lowerBound
    while index < range.upperBound {
      let next = text.scalar(at: index).next
      extend(&paths, text, range, from: index, next: next)
      index = next
    }
    return ids(of: parts(paths, range), text)
  }

  private func extend(_ paths: inout [Path], _ text: [UInt8], _ range: Range<Int>, from start: Int, next: Int) {
    let (base, origin) = (range.lowerBound, Int32(start - range.lowerBound))
    let before = paths[start - base].score
    var hasCharacter = false
    var (node, index) = (0, start)
    while index < range.upperBound, let child = trie.child(node, text[index]) {
      (node, index) = (child, index + 1)
      guard let id = trie.value(node) else { continue }
      hasCharacter = hasCharacter || index == next
      let score = sum(scores[id], before)
      if paths[index - base].start < 0 || score > paths[index - base].score {
        paths[index - base] = Path(score: score, start: origin, id: Int32(id))
      }
    }
    if hasCharacter { return }
    let score = sum(unknownScore, before)
    if paths[next - base].start < 0 || score > paths[next - base].score {
      paths[next - base] = Path(score: score, start: origin, id: -1)
    }
  }

  @inline(__always)
  private func sum(_ score: Double, _ before: Double) -> Double {
    roundsSums ? Double(Float(score) + Float(before)) : score + before
  }

  /// The pieces from the left; neighbours that are unknown are one.
  private func parts(_ paths: [Path], _ range: Range<Int>) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var end = range.count
    var joins = false
    while end > 0 {
      let (start, id) = (Int(paths[end].start), paths[end].id)
      let isUnknown = id < 0 || UInt32(id) == unknownID
      if isUnknown, joins, let last = result.popLast() {
        result.append(range.lowerBound + start..<last.upperBound)
      } else {
        result.append(range.lowerBound + start..<range.lowerBound + end)
      }
      (joins, end) = (isUnknown, start)
    }
    return result.reversed()
  }

  private func ids(of parts: [Range<Int>], _ text: [UInt8]) -> [UInt32] {
    var ids: [UInt32] = []
    ids.reserveCapacity(parts.count)
    for piece in parts {
      if let id = trie.value(of: text[piece]) {
        ids.append(UInt32(id))
      } else if let bytes = byteIDs(text[piece]) {
        ids += bytes
      } else if let unknownID {
        ids.append(unknownID)
      }
    }
    return ids
  }

  private func byteIDs(_ bytes: ArraySlice<UInt8>) -> [UInt32]? {
    guard let byteTokens else { return nil }
    let ids = bytes.compactMap { byteTokens[Int($0)] }
    return ids.count == bytes.count ? ids : nil
  }
}

extension UnigramEncoder {
  /// Reads the `model` of a `tokenizer.json`.
  convenience init(_ field: JSONField) throws(TokenizerError) {
    let vocabulary = try field.required("vocab")
    guard case .array(let values) = vocabulary.value else { throw vocabulary.invalid("expected an array") }
    var pieces: [(ByteString, Double)] = []
    pieces.reserveCapacity(values.count)
    for (index, value) in values.enumerated() {
      guard case .array(let pair) = value, pair.count == 2, case .string(let piece) = pair[0],
        case .number(let score) = pair[1], score.isFinite
      else {
        throw JSONField(file: field.file, path: "\(vocabulary.path)[\(index)]", value: value)
          .invalid("expected a piece and its score")
      }
      pieces.append((ByteString(piece), score))
    }
    guard !pieces.isEmpty else { throw vocabulary.invalid("has no tokens") }
    guard pieces.count < 1 << 24 else { throw vocabulary.invalid("has more than 16777216 tokens") }
    var unknownID: UInt32?
    if let unknown = try field.optional("unk_id") {
      let id = try unknown.tokenID()
      guard id < pieces.count else { throw unknown.invalid("no token has id \(id)") }
      unknownID = id
    }
    self.init(
      pieces: pieces, unknownID: unknownID, fallsBackToBytes: try field.flag("byte_fallback", default: false))
  }
}
