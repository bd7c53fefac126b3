/// Byte strings by their prefixes: nodes in one flat table, keyed by node and byte.
struct ByteTrie: Sendable {
  /// `node << 8 | byte`, plus one; 0 is free. As many slots as a power of two, at least half of them free.
  private var keys: [UInt64]
  private var children: [Int32]
  /// The value that ends at each node; −1 where none does.
  private var values: [Int32] = [-1]

  init() { (keys, children) = ([UInt64](repeating: 0, count: 64), [Int32](repeating: 0, count: 64)) }

  mutating func insert(_ bytes: some Sequence<UInt8>, value: Int) {
    var node = 0
    for byte in bytes { node = child(node, byte) ?? addChild(node, byte) }
    values[node] = Int32(value)
  }

  @inline(__always)
  private func slot(_ key: UInt64) -> Int {
    let mask = keys.count - 1
    var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 24) & mask
    while keys[slot] != 0, keys[slot] != key { slot = (slot + 1) & mask }
    return slot
  }

  /// The node that a byte leads to.
  @inline(__always)
  func child(_ node: Int, _ byte: UInt8) -> Int? {
    let slot = slot(UInt64(node) << 8 | UInt64(byte) + 1)
    return keys[slot] == 0 ? nil : Int(children[slot])
  }

  /// The value that ends at a node.
  @inline(__always)
  func value(_ node: Int) -> Int? { values[node] < 0 ? nil : Int(values[node]) }

  /// The value of a byte string.
  func value(of bytes: some Sequence<UInt8>) -> Int? {
    var node = 0
    for byte in bytes {
      guard let child = child(node, byte) else { return nil }
      node = child
    }
    return value(node)
  }

  private mutating func addChild(_ node: Int, _ byte: UInt8) -> Int {
    if 2 * values.count >= keys.count { grow() }
    let (new, key) = (values.count, UInt64(node) << 8 | UInt64(byte) + 1)
    values.append(-1)
    let slot = slot(key)
    (keys[slot], children[slot]) = (key, Int32(new))
    return new
  }

  private mutating func grow() {
    let entries = zip(keys, children).filter { $0.0 != 0 }
    keys = [UInt64](repeating: 0, count: 2 * keys.count)
    children = [Int32](repeating: 0, count: keys.count)
    for (key, child) in entries {
      let slot = slot(key)
      (keys[slot], children[slot]) = (key, child)
    }
  }
}
