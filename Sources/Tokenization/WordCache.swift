import Synchronization

/// The ids of pieces met before. Bounded: when full, it starts again empty.
struct WordCache {
  static let maximumEntries = 1 << 16
  /// Longer pieces are not kept.
  static let maximumPieceLength = 64

  private struct Entry {
    let hash: UInt64
    let piece: Range<Int>
    let ids: Range<Int>
  }

  /// Indices of `entries` plus one, open addressing; 0 is free.
  private var slots: [Int32] = []
  private var entries: [Entry] = []
  private var pieces: [UInt8] = []
  private var allIDs: [UInt32] = []

  /// Appends the ids of `text[range]` to `ids`, computing them where they are not kept.
  mutating func append(
    _ text: [UInt8], _ range: Range<Int>, to ids: inout [UInt32], compute: ([UInt8], Range<Int>) -> [UInt32]
  ) {
    guard range.count <= Self.maximumPieceLength else {
      ids += compute(text, range)
      return
    }
    if slots.isEmpty { slots = [Int32](repeating: 0, count: 1 << 12) }
    let hash = Self.hash(text, range)
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let entry = entries[Int(slots[slot]) - 1]
      if entry.hash == hash, entry.piece.count == range.count, isEqual(entry.piece, text, range) {
        for index in entry.ids { ids.append(allIDs[index]) }
        return
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    let computed = compute(text, range)
    ids += computed
    insert(hash, text, range, computed)
  }

  private func isEqual(_ piece: Range<Int>, _ text: [UInt8], _ range: Range<Int>) -> Bool {
    for offset in 0..<range.count where pieces[piece.lowerBound + offset] != text[range.lowerBound + offset] {
      return false
    }
    return true
  }

  private mutating func insert(_ hash: UInt64, _ text: [UInt8], _ range: Range<Int>, _ computed: [UInt32]) {
    if entries.count >= Self.maximumEntries { self = WordCache() }
    let piece = pieces.count..<pieces.count + range.count
    entries.append(Entry(hash: hash, piece: piece, ids: allIDs.count..<allIDs.count + computed.count))
    pieces += text[range]
    allIDs += computed
    if 2 * entries.count > slots.count {
      slots = [Int32](repeating: 0, count: max(1 << 12, 2 * slots.count))
      for index in entries.indices { place(index) }
    } else {
      place(entries.count - 1)
    }
  }

  private mutating func place(_ index: Int) {
    var slot = Int(truncatingIfNeeded: entries[index].hash) & (slots.count - 1)
    while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = Int32(index) + 1
  }

  /// FNV-1a over the bytes, mixed.
  private static func hash(_ text: [UInt8], _ range: Range<Int>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in range { hash = (hash ^ UInt64(text[index])) &* 0x100_0000_01B3 }
    return hash ^ (hash >> 29)
  }
}

/// A cache that the copies of a tokenizer share.
final class SharedWordCache: Sendable {
  private let cache = Mutex(WordCache())

  /// Lends the cache; where another thread has it, an empty one.
  func withCache<Result>(_ body: (inout sending WordCache) -> sending Result) -> Result {
    if let result = cache.withLockIfAvailable(body) { return result }
    var own = WordCache()
    return body(&own)
  }
}
