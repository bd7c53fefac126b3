/// The places of a text where no merge of a byte-pair model can ever join, found before any merge is tried: cutting there changes
/// no id.
///
/// A token that lies across a place is the result of a merge and has the two characters beside it as neighbours. Where one of them
/// is a space or its mark "▁", the token is these two alone, or it has one more of the text's characters on one of its sides.
struct WordBorders: Sendable {
  /// Whether no merge takes what stands for characters that are no tokens: a character that is one has a border beside them.
  let isolatesOthers: Bool
  /// Whether, besides, each of them is written as tokens of its bytes: then they have borders between them, too.
  private let separatesOthers: Bool
  /// Pairs of characters within the results of merges, `left << 32 | right`: whether a pair is such a result itself, or may be
  /// in one whatever stands beside it.
  private let pairs: FlatTable<Bool>
  /// Three characters within the results of merges, a separator among the first or the last two of them.
  private let triples: FlatTable<Bool>
  private let characters: FlatTable<UInt32>
  /// What is between two frequent characters: `code of left << 8 | code of right`.
  private let frequent: [Border]

  private enum Border: UInt8 {
    case no, yes
    /// It depends on the characters beside the two.
    case asksTriples
  }

  /// Characters that have a code: ASCII, and "▁".
  private static let codeCount: UInt32 = 129
  private static let mark: UInt32 = 0x2581

  init(
    vocabulary: [ByteString: UInt32], merges: [UInt64: BytePairEncoder.Merge], characters: FlatTable<UInt32>,
    byteTokens: [UInt32?]?, unknownID: UInt32?
  ) {
    let bytes = Set((byteTokens ?? []).compactMap(\.self))
    let others = unknownID.map { bytes.union([$0]) } ?? bytes
    let isTaken = merges.keys.contains {
      others.contains(UInt32($0 >> 32)) || others.contains(UInt32(truncatingIfNeeded: $0))
    }
    // Without an unknown token, what is unknown leaves no trace, and its neighbours may join.
    isolatesOthers = !isTaken && (unknownID != nil || bytes.count == 256)
    separatesOthers = !isTaken && bytes.count == 256
    var neighbours = Neighbours()
    let results = Set(merges.values.map(\.result))
    for (token, id) in vocabulary where results.contains(id) { neighbours.insert(token.bytes) }
    (pairs, triples) = (FlatTable(neighbours.pairs), FlatTable(neighbours.triples))
    self.characters = characters
    var frequent = [Border](repeating: .no, count: Int(Self.codeCount << 8))
    for left in 0..<Self.codeCount {
      for right in 0..<Self.codeCount {
        frequent[Int(left << 8 | right)] = Self.border(
          Self.scalar(ofCode: left), Self.scalar(ofCode: right), pairs, characters,
          others: (isolatesOthers, separatesOthers))
      }
    }
    self.frequent = frequent
  }

  /// Characters that are neighbours within the results of merges.
  private struct Neighbours {
    var pairs: [UInt64: Bool] = [:]
    var triples: [UInt64: Bool] = [:]

    mutating func insert(_ token: [UInt8]) {
      let scalars = String(decoding: token, as: UTF8.self).unicodeScalars.map(\.value)
      for (left, right) in zip(scalars, scalars.dropFirst()) {
        let (key, isSpaced) = (
          UInt64(left) << 32 | UInt64(right), [left, right].contains(where: WordBorders.isSeparator)
        )
        pairs[key] = pairs[key] == true || !isSpaced || scalars.count == 2
      }
      for start in scalars.indices.dropLast(2) {
        let (first, second, third) = (scalars[start], scalars[start + 1], scalars[start + 2])
        if [first, second, third].contains(where: WordBorders.isSeparator) {
          triples[WordBorders.triple(first, second, third)] = true
        }
      }
    }
  }

  private static func isSeparator(_ scalar: UInt32) -> Bool { scalar == 0x20 || scalar == mark }

  @inline(__always)
  private static func triple(_ first: UInt32, _ second: UInt32, _ third: UInt32) -> UInt64 {
    UInt64(first) << 42 | UInt64(second) << 21 | UInt64(third)
  }

  @inline(__always)
  private static func code(of scalar: UInt32) -> UInt32 {
    scalar < 0x80 ? scalar : scalar == mark ? codeCount - 1 : codeCount
  }

  private static func scalar(ofCode code: UInt32) -> UInt32 { code < 0x80 ? code : mark }

  private static func border(
    _ left: UInt32, _ right: UInt32, _ pairs: FlatTable<Bool>, _ characters: FlatTable<UInt32>,
    others: (isolated: Bool, separated: Bool)
  ) -> Border {
    switch (characters[UInt64(left)] != nil, characters[UInt64(right)] != nil) {
    case (true, true):
      guard let isJoined = pairs[left, right] else { return .yes }
      return isJoined ? .no : .asksTriples
    case (false, false): return others.separated ? .yes : .no
    default: return others.isolated ? .yes : .no
    }
  }

  /// Cuts a part of a text at its borders.
  func words(_ text: [UInt8], _ range: Range<Int>) -> [Range<Int>] {
    guard !range.isEmpty else { return [] }
    var words: [Range<Int>] = []
    words.reserveCapacity(range.count / 4)
    var start = range.lowerBound
    // The character before the place, and the one before that; the first has none.
    var (before, index) = text.scalar(at: start)
    var second: UInt32?
    var codeBefore = Self.code(of: before)
    while index < range.upperBound {
      let (scalar, next) = text.scalar(at: index)
      let code = Self.code(of: scalar)
      var border =
        max(codeBefore, code) < Self.codeCount
        ? frequent[Int(codeBefore << 8 | code)]
        : Self.border(before, scalar, pairs, characters, others: (isolatesOthers, separatesOthers))
      if border == .asksTriples {
        let after = next < range.upperBound ? text.scalar(at: next).value : nil
        border = isInTriple(second, before, scalar, after) ? .no : .yes
      }
      if border == .yes {
        words.append(start..<index)
        start = index
      }
      (second, before, codeBefore, index) = (before, scalar, code, next)
    }
    words.append(start..<range.upperBound)
    return words
  }

  @inline(__always)
  private func isInTriple(_ second: UInt32?, _ before: UInt32, _ scalar: UInt32, _ after: UInt32?) -> Bool {
    if let second, triples[Self.triple(second, before, scalar)] != nil { return true }
    if let after, triples[Self.triple(before, scalar, after)] != nil { return true }
    return false
  }
}
