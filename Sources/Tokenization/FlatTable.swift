/// Values by numbers, such as merges by pairs of tokens: one flat table with open addressing, made once.
struct FlatTable<Value: Sendable>: Sendable {
  private struct Slot {
    /// `free` where there is none.
    var key: UInt64
    var value: Value
  }

  /// Two ids, or two scalars, never make this key.
  private static var free: UInt64 { .max }

  /// As many as a power of two, at least half of them free; none in an empty table.
  private var slots: [Slot] = []
  /// Number of values.
  let count: Int

  init(_ values: [UInt64: Value]) {
    count = values.count
    guard let filler = values.first?.value else { return }
    precondition(values[Self.free] == nil, "the key of free slots")
    var size = 4
    while size < 2 * values.count { size *= 2 }
    slots = [Slot](repeating: Slot(key: Self.free, value: filler), count: size)
    for (key, value) in values { slots[index(of: key)] = Slot(key: key, value: value) }
  }

  /// Every value with its key, in no order.
  var entries: [(key: UInt64, value: Value)] {
    slots.compactMap { $0.key == Self.free ? nil : ($0.key, $0.value) }
  }

  @inline(__always)
  subscript(_ key: UInt64) -> Value? {
    if slots.isEmpty { return nil }
    let slot = slots[index(of: key)]
    return slot.key == key ? slot.value : nil
  }

  /// The value of a pair.
  @inline(__always)
  subscript(_ left: UInt32, _ right: UInt32) -> Value? { self[UInt64(left) << 32 | UInt64(right)] }

  /// Where a key stands, or the free slot where it would.
  @inline(__always)
  private func index(of key: UInt64) -> Int {
    let mask = slots.count - 1
    let mixed = (key ^ key >> 29) &* 0x9E37_79B9_7F4A_7C15
    var index = Int(truncatingIfNeeded: mixed >> 32) & mask
    while slots[index].key != key, slots[index].key != Self.free { index = (index + 1) & mask }
    return index
  }
}
