import Synchronization

/// The ids of pieces met before, in a table of bounded size: where a piece finds no place near its own, it takes that of another.
struct WordCache {
  /// Pieces that are kept at most.
  static let maximumEntries = 1 << 16
  /// Longer pieces are not kept.
  static let maximumPieceLength = 64
  /// Ids, and bytes of long pieces, that are kept at most; then the table starts again empty.
  private static let maximumStored = 1 << 21
  private static let firstSize = 1 << 11
  /// Slots that a piece may stand in.
  private static let reach = 8

  /// A piece as two words: up to 15 bytes themselves, else their hash and where they stand.
  private struct Key {
    /// Bytes 0 to 7, or the hash.
    var low: UInt64 = 0
    /// The length in the top byte, above bytes 8 to 14 or the place in `pieces`. 0: none.
    var high: UInt64 = 0

    var length: Int { Int(high >> 56) }
    var isLong: Bool { length > 15 }
    var place: Int { Int(high & 0xFFFF_FFFF) }

    @inline(__always)
    var hash: UInt64 {
      let part = isLong ? high >> 56 : high
      var hash = low &* 0x9E37_79B9_7F4A_7C15 ^ part &* 0xC2B2_AE3D_27D4_EB4F
      hash = (hash ^ hash >> 29) &* 0xBF58_476D_1CE4_E5B9
      return hash ^ hash >> 32
    }
  }

  private struct Entry {
    var key = Key()
    /// The id where there is one, else where the ids begin in `manyIDs`.
    var first: UInt32 = 0
    var count: UInt32 = 0
  }

  /// As many as a power of two, and `reach` more.
  private var entries: [Entry] = []
  private var entryCount = 0
  /// Bytes of long pieces.
  private var pieces: [UInt8] = []
  /// Ids of pieces that have not one id.
  private var manyIDs: [UInt32] = []

  /// Appends the ids of `text[range]` to `ids`; where they are not kept, `compute` appends them.
  @inline(__always)
  mutating func append(
    _ text: [UInt8], _ range: Range<Int>, to ids: inout [UInt32], compute: (inout [UInt32]) -> Void
  ) {
    if range.isEmpty { return }
    guard range.count <= Self.maximumPieceLength else { return compute(&ids) }
    if entries.isEmpty { entries = [Entry](repeating: Entry(), count: Self.firstSize + Self.reach) }
    let key = Self.key(text, range)
    let home = Int(truncatingIfNeeded: key.hash) & (entries.count - Self.reach - 1)
    for index in home..<home + Self.reach {
      let entry = entries[index]
      if entry.key.high == 0 { break }
      guard entry.key.low == key.low, isEqual(entry.key, key, text, range) else { continue }
      if entry.count == 1 {
        ids.append(entry.first)
      } else {
        for place in Int(entry.first)..<Int(entry.first + entry.count) { ids.append(manyIDs[place]) }
      }
      return
    }
    let before = ids.count
    compute(&ids)
    insert(key, text, range, ids[before...])
  }

  @inline(__always)
  private static func key(_ text: [UInt8], _ range: Range<Int>) -> Key {
    var key = Key(low: 0, high: UInt64(range.count) << 56)
    if range.count > 15 {
      key.low = hash(text, range)
      return key
    }
    var shift: UInt64 = 0
    for index in range.lowerBound..<min(range.lowerBound + 8, range.upperBound) {
      key.low |= UInt64(text[index]) &<< shift
      shift &+= 8
    }
    shift = 0
    for index in min(range.lowerBound + 8, range.upperBound)..<range.upperBound {
      key.high |= UInt64(text[index]) &<< shift
      shift &+= 8
    }
    return key
  }

  @inline(__always)
  private func isEqual(_ kept: Key, _ key: Key, _ text: [UInt8], _ range: Range<Int>) -> Bool {
    if !key.isLong { return kept.high == key.high }
    guard kept.length == key.length else { return false }
    for offset in 0..<range.count where pieces[kept.place + offset] != text[range.lowerBound + offset] { return false }
    return true
  }

  private mutating func insert(_ key: Key, _ text: [UInt8], _ range: Range<Int>, _ computed: ArraySlice<UInt32>) {
    if pieces.count + range.count > Self.maximumStored || manyIDs.count + computed.count > Self.maximumStored {
      self = WordCache()
      entries = [Entry](repeating: Entry(), count: Self.firstSize + Self.reach)
    }
    var entry = Entry(key: key, first: computed.first ?? 0, count: UInt32(computed.count))
    if key.isLong {
      entry.key.high |= UInt64(pieces.count)
      pieces += text[range]
    }
    if computed.count != 1 {
      entry.first = UInt32(manyIDs.count)
      manyIDs += computed
    }
    let size = entries.count - Self.reach
    if 2 * entryCount >= size, size < 2 * Self.maximumEntries { grow() }
    place(entry)
  }

  private mutating func grow() {
    let old = entries
    entries = [Entry](repeating: Entry(), count: 2 * (old.count - Self.reach) + Self.reach)
    entryCount = 0
    for entry in old where entry.key.high != 0 { place(entry) }
  }

  /// Puts an entry where one is free near its home, or else at its home in place of what stands there.
  private mutating func place(_ entry: Entry) {
    let home = Int(truncatingIfNeeded: entry.key.hash) & (entries.count - Self.reach - 1)
    if let free = (home..<home + Self.reach).first(where: { entries[$0].key.high == 0 }) {
      entries[free] = entry
      entryCount += 1
    } else {
      entries[home] = entry
    }
  }

  /// FNV-1a over the bytes.
  private static func hash(_ text: [UInt8], _ range: Range<Int>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in range { hash = (hash ^ UInt64(text[index])) &* 0x100_0000_01B3 }
    return hash
  }
}

/// Caches that the copies of a tokenizer share: as many as threads have encoded at once.
final class SharedWordCaches: Sendable {
  /// Caches that are kept at most.
  private static let maximumCount = 16

  private let caches = Mutex<[WordCache]>([])

  /// Lends a cache that no other thread has.
  func withCache(_ body: (inout WordCache) -> Void) {
    var cache = caches.withLock { $0.popLast() } ?? WordCache()
    body(&cache)
    caches.withLock { [cache] in if $0.count < Self.maximumCount { $0.append(cache) } }
  }
}
