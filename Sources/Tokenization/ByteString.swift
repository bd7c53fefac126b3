/// Bytes as a key: two are equal where every byte is, unlike `String`, which calls "é" and "e" + U+0301 equal.
struct ByteString: Hashable, Sendable {
  let bytes: [UInt8]

  init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  init(_ text: String) { bytes = Array(text.utf8) }

  func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}

extension [UInt8] {
  /// The scalar that begins at `index`, and the index after it. The array is valid UTF-8 and `index` begins a scalar.
  @inline(__always)
  func scalar(at index: Int) -> (value: UInt32, next: Int) {
    let first = UInt32(self[index])
    if first < 0x80 { return (first, index + 1) }
    if first < 0xE0 { return ((first & 0x1F) << 6 | continuation(index + 1), index + 2) }
    if first < 0xF0 {
      return ((first & 0x0F) << 12 | continuation(index + 1) << 6 | continuation(index + 2), index + 3)
    }
    let high = (first & 0x07) << 18 | continuation(index + 1) << 12
    return (high | continuation(index + 2) << 6 | continuation(index + 3), index + 4)
  }

  @inline(__always)
  private func continuation(_ index: Int) -> UInt32 { UInt32(self[index] & 0x3F) }

  /// The index where the scalar before `index` begins.
  func indexBefore(_ index: Int) -> Int {
    var start = index - 1
    while start > 0, self[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }

  /// Whether `other` stands at `index`.
  func matches(_ other: [UInt8], at index: Int) -> Bool {
    guard index + other.count <= count else { return false }
    for offset in other.indices where self[index + offset] != other[offset] { return false }
    return true
  }

  /// Every occurrence of `old`, from the left, replaced by `new`. An empty `old` occurs nowhere.
  func replacing(_ old: [UInt8], with new: [UInt8]) -> [UInt8] {
    guard let first = old.first, contains(first) else { return self }
    if old.count == 1 { return replacing(first, with: new) }
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var index = 0
    while index < count {
      if self[index] == first, matches(old, at: index) {
        result += new
        index += old.count
      } else {
        result.append(self[index])
        index += 1
      }
    }
    return result
  }

  private func replacing(_ old: UInt8, with new: [UInt8]) -> [UInt8] {
    let found = reduce(0) { $1 == old ? $0 + 1 : $0 }
    let size = count - found + found * new.count
    return [UInt8](unsafeUninitializedCapacity: size) { result, initializedCount in
      for byte in self {
        if byte == old {
          for byte in new {
            result[initializedCount] = byte
            initializedCount += 1
          }
        } else {
          result[initializedCount] = byte
          initializedCount += 1
        }
      }
    }
  }
}
