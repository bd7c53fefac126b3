internal import CWireColumns

/// Numbers as IEEE 754 binary16, two bytes each, little-endian.
package enum HalfColumn {
  /// Rounds to nearest; what is finite stays finite.
  package static func encode(_ numbers: [Float]) -> [UInt8] {
    unsafe column(byteCount: 2 * numbers.count) { unsafe rwc_write_halves(numbers, Int64(numbers.count), $0) }
  }

  /// Reads a whole column.
  package static func decode(_ column: [UInt8]) -> [Float] {
    unsafe floats(column) { unsafe append($0, column.count / 2, to: &$1) }
  }

  /// Adds `count` numbers of a column to an array.
  static func append(_ start: UnsafeMutablePointer<UInt8>?, _ count: Int, to numbers: inout [Float]) {
    guard let start = unsafe start else { return }
    unsafe appendBlocks(count, to: &numbers) { first, count, target in
      unsafe rwc_read_halves(start + 2 * first, Int64(count), target)
    }
  }
}

/// Log-probs of 14 bits each, without gaps.
package enum LogprobColumn {
  /// Bits of a log-prob.
  package static let bits = 14

  package static func byteCount(_ count: Int) -> Int { BitColumn.byteCount(count, bits: bits) }

  package static func encode(_ logprobs: [Float]) -> [UInt8] {
    unsafe column(byteCount: byteCount(logprobs.count)) {
      unsafe rwc_write_logprobs(logprobs, Int64(logprobs.count), $0)
    }
  }

  /// Reads `count` log-probs of a column that has as many.
  package static func decode(_ column: [UInt8], count: Int) -> [Float] {
    precondition(column.count >= byteCount(count), "\(count) log-probs of \(column.count) bytes")
    return unsafe floats(column) { unsafe append($0, count, to: &$1) }
  }

  /// Adds `count` log-probs of a column to an array.
  static func append(_ start: UnsafeMutablePointer<UInt8>?, _ count: Int, to numbers: inout [Float]) {
    guard let start = unsafe start else { return }
    unsafe appendBlocks(count, to: &numbers) { first, count, target in
      unsafe rwc_read_logprobs(start, Int64(first), Int64(count), target)
    }
  }
}

/// Numbers of a few bits each, without gaps.
package enum BitColumn {
  /// The fewest bits that hold every id of a vocabulary.
  package static func idBits(vocabSize: Int) -> Int {
    max(1, Int.bitWidth - (max(vocabSize, 1) - 1).leadingZeroBitCount)
  }

  package static func byteCount(_ count: Int, bits: Int) -> Int { Int(rwc_bit_column_bytes(Int64(count), Int32(bits))) }

  package static func encode(_ numbers: [UInt32], bits: Int) -> [UInt8] {
    unsafe column(byteCount: byteCount(numbers.count, bits: bits)) {
      unsafe rwc_write_bits(numbers, Int64(numbers.count), Int32(bits), $0)
    }
  }

  /// Reads `count` numbers of a column that has as many.
  package static func decode(_ column: [UInt8], count: Int, bits: Int) -> [UInt32] {
    precondition(column.count >= byteCount(count, bits: bits), "\(count) numbers of \(column.count) bytes")
    var column = column
    return unsafe column.withUnsafeMutableBufferPointer { unsafe decode($0.baseAddress, count, bits: bits) }
  }

  /// Reads `count` numbers of a column.
  static func decode(_ start: UnsafeMutablePointer<UInt8>?, _ count: Int, bits: Int) -> [UInt32] {
    guard let start = unsafe start, count > 0 else { return [] }
    return unsafe [UInt32](unsafeUninitializedCapacity: count) { buffer, filled in
      if let target = buffer.baseAddress { unsafe rwc_read_bits(start, Int64(count), Int32(bits), target) }
      filled = count
    }
  }

  /// The largest number; 0 where there are none.
  static func maximum(_ numbers: [UInt32]) -> UInt32 {
    unsafe numbers.withUnsafeBufferPointer { unsafe maximum($0.baseAddress, $0.count) }
  }

  /// The largest number; 0 where there are none.
  static func maximum(_ start: UnsafePointer<UInt32>?, _ count: Int) -> UInt32 {
    guard let start = unsafe start else { return 0 }
    return unsafe rwc_maximum(start, Int64(count))
  }
}

/// A column of so many bytes, all of which `write` writes; it is not called where there are none.
private func column(byteCount: Int, write: (UnsafeMutablePointer<UInt8>) -> Void) -> [UInt8] {
  guard byteCount > 0 else { return [] }
  return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
    if let start = buffer.baseAddress { unsafe write(start) }
    count = byteCount
  }
}

/// The numbers that `append` reads from a column.
private func floats(
  _ column: [UInt8], append: (UnsafeMutablePointer<UInt8>?, inout [Float]) -> Void
) -> [Float] {
  var (column, numbers) = (column, [Float]())
  unsafe column.withUnsafeMutableBufferPointer { unsafe append($0.baseAddress, &numbers) }
  return numbers
}

/// Adds `count` numbers to an array, which `read` writes block by block: a block stays in the nearest cache.
private func appendBlocks(
  _ count: Int, to numbers: inout [Float], read: (_ first: Int, _ count: Int, UnsafeMutablePointer<Float>) -> Void
) {
  let blockCount = 2048
  unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: blockCount) { buffer in
    guard let target = buffer.baseAddress else { return }
    for first in stride(from: 0, to: count, by: blockCount) {
      let count = min(blockCount, count - first)
      unsafe read(first, count, target)
      unsafe numbers.append(contentsOf: buffer[..<count])
    }
  }
}
