import Foundation

/// The `precompiled_charsmap` of SentencePiece models: what strings of few characters become.
///
/// The bytes hold the size of a trie, the trie as a double array (Darts-clone), and the replacements, each ended by a
/// zero byte. Nothing in them is trusted: each index is checked before it is followed.
struct CharacterMap: Sendable {
  private let units: [UInt32]
  private let replacements: [UInt8]
  /// Bytes of the longest replacement.
  let longestReplacement: Int

  /// Reads the map; nil where the sizes do not fit.
  init?(bytes: [UInt8]) {
    guard bytes.count >= 4 else { return nil }
    let size = bytes[..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard size % 4 == 0, size > 0, size <= bytes.count - 4 else { return nil }
    units = stride(from: 4, to: 4 + size, by: 4).map { start in
      bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
    replacements = Array(bytes[(4 + size)...])
    guard String(validating: replacements, as: UTF8.self) != nil else { return nil }
    longestReplacement = replacements.split(separator: 0).map(\.count).max() ?? 0
  }

  /// Reads the Base64 text of `tokenizer.json`.
  init(_ field: JSONField) throws(TokenizerError) {
    guard let data = Data(base64Encoded: try field.string()) else { throw field.invalid("not Base64") }
    guard let map = CharacterMap(bytes: Array(data)) else { throw field.invalid("not a map of SentencePiece") }
    self = map
  }

  /// The prefixes of `text[start..<end]` that have a replacement: the offset of each, and where the prefix ends.
  private func matches(_ text: [UInt8], from start: Int, to end: Int, _ body: (_ value: Int, _ end: Int) -> Bool) {
    var position = offset(units[0])
    for index in start..<end {
      let byte = text[index]
      guard byte != 0 else { return }
      position ^= Int(byte)
      guard position < units.count else { return }
      let unit = units[position]
      guard unit & (1 << 31 | 0xFF) == UInt32(byte) else { return }
      position ^= offset(unit)
      guard position < units.count else { return }
      if unit >> 8 & 1 == 1, !body(Int(units[position] & 0x7FFF_FFFF), index + 1) { return }
    }
  }

  private func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << ((unit & 1 << 9) >> 6)) }

  private func replacement(at offset: Int) -> ArraySlice<UInt8>? {
    guard offset < replacements.count else { return nil }
    let end = replacements[offset...].firstIndex(of: 0) ?? replacements.count
    return replacements[offset..<end]
  }

  /// What the shortest known prefix of the part becomes, as `tokenizers` takes it for the whole part.
  private func shortest(_ text: [UInt8], _ part: Range<Int>) -> ArraySlice<UInt8>? {
    var found: Int?
    matches(text, from: part.lowerBound, to: part.upperBound) { value, _ in
      found = value
      return false
    }
    return found.flatMap { replacement(at: $0) }
  }

  /// What the longest known prefix becomes, and where it ends, as SentencePiece takes it.
  func longest(_ text: [UInt8], from start: Int) -> (replacement: ArraySlice<UInt8>, end: Int)? {
    var found: (Int, Int)?
    matches(text, from: start, to: text.count) { value, end in
      found = (value, end)
      return true
    }
    return found.flatMap { value, end in replacement(at: value).map { ($0, end) } }
  }

  /// Maps grapheme clusters of under six bytes where the map knows them, and else their characters.
  func normalize(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      // ASCII that other ASCII follows is a cluster of its own, but for CR LF.
      if text[index] < 0x80, index + 1 == text.count || text[index + 1] < 0x80, text[index] != 0x0D {
        append(text, index..<index + 1, to: &result)
        index += 1
        continue
      }
      var end = index + 1
      while end < text.count, text[end] >= 0x80 || text[end - 1] >= 0x80 || text[end - 1] == 0x0D { end += 1 }
      // The last ASCII of the run may have marks of the next; it never has here, since ASCII follows it.
      appendClusters(text, index..<end, to: &result)
      index = end
    }
    return result
  }

  private func appendClusters(_ text: [UInt8], _ range: Range<Int>, to result: inout [UInt8]) {
    var start = range.lowerBound
    for cluster in String(decoding: text[range], as: UTF8.self) {
      let end = start + cluster.utf8.count
      append(text, start..<end, to: &result)
      start = end
    }
  }

  private func append(_ text: [UInt8], _ cluster: Range<Int>, to result: inout [UInt8]) {
    if cluster.count < 6, let mapped = shortest(text, cluster) {
      result += mapped
      return
    }
    var index = cluster.lowerBound
    while index < cluster.upperBound {
      let next = text.scalar(at: index).next
      result += shortest(text, index..<next) ?? text[index..<next]
      index = next
    }
  }
}
