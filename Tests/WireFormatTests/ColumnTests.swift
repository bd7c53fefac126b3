import Foundation
import Sequences
import Testing
import WireFormat

@Suite("Columns of numbers in few bytes")
struct ColumnTests {
  /// Numbers of every size and sign, the special ones among them.
  private static func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var source = SeededGenerator(seed: seed)
    let special: [Float] = [
      0, -0.0, 1, -1, .infinity, -.infinity, 65504, -65504, 65519, 65520, -70000, .greatestFiniteMagnitude,
      0x1p-14, 0x1p-24, 0x1p-25, 0x1.8p-25, -0x1p-26, .leastNonzeroMagnitude, 1.00048828125, 1.0014648,
    ]
    return special + (0..<count).map { _ in Float(bitPattern: UInt32.random(in: .min ... .max, using: &source)) }
  }

  @Test("every binary16 number is read as it is and written back")
  func everyHalf() {
    let bytes = (0...UInt16.max).flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    let numbers = HalfColumn.decode(bytes)
    for (code, number) in numbers.enumerated() {
      let expected = Float(Float16(bitPattern: UInt16(code)))
      #expect(number == expected || (number.isNaN && expected.isNaN), "code \(code)")
    }
    let finite = numbers.filter { !$0.isNaN }
    #expect(HalfColumn.decode(HalfColumn.encode(finite)).map(\.bitPattern) == finite.map(\.bitPattern))
    #expect(HalfColumn.decode(HalfColumn.encode([.nan, 1]))[0].isNaN)
  }

  @Test("numbers are rounded to nearest, ties to even, and stay finite", arguments: 0..<8 as Range<UInt64>)
  func rounding(seed: UInt64) {
    // A count that is no multiple of a vector: both the vector loop and what is left after it.
    let numbers = Self.numbers(5003, seed: seed)
    for (number, code) in zip(numbers, HalfColumn.decode(HalfColumn.encode(numbers))) {
      let clamped = number.isFinite ? min(max(number, -65504), 65504) : number
      let expected = Float(Float16(clamped))
      #expect(code == expected || (code.isNaN && expected.isNaN), "\(number)")
    }
  }

  @Test("rounding keeps the order", arguments: 0..<4 as Range<UInt64>)
  func order(seed: UInt64) {
    let sorted = Self.numbers(4000, seed: seed).filter { !$0.isNaN }.sorted()
    let halves = HalfColumn.decode(HalfColumn.encode(sorted))
    let logprobs = LogprobColumn.decode(LogprobColumn.encode(sorted), count: sorted.count)
    for numbers in [halves, logprobs] { #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 <= $1 }) }
  }

  @Test("a 14-bit log-prob is within 2⁻¹¹ of itself or 2⁻¹⁷")
  func logprobs() {
    var source = SeededGenerator(seed: 3)
    let numbers = (0..<20_000).map { _ in -Float(exp(Double.random(in: -20...5.5, using: &source))) }
    let read = LogprobColumn.decode(LogprobColumn.encode(numbers), count: numbers.count)
    for (number, found) in zip(numbers, read) {
      #expect(abs(Double(found) - Double(number)) <= max(Double(-number) * 0x1p-11, 0x1p-17), "\(number)")
    }
    let special: [Float] = [0, 1e-8, .infinity, -256, -257, -1e30, -.infinity]
    #expect(
      LogprobColumn.decode(LogprobColumn.encode(special), count: 7) == [0, 0, 0, -256, -256, -256, -.infinity])
    #expect(LogprobColumn.decode(LogprobColumn.encode([.nan]), count: 1)[0].isNaN)
  }

  @Test("the documented codes: -256 times a binary16, lowest bits first")
  func documentedCodes() {
    // -1 is 2^-8 of -256: binary16 0x1C00. -infinity is 16383. 14 bits each, the first lowest.
    let bits = UInt64(0x1C00) | UInt64(16383) << 14
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
    #expect(LogprobColumn.encode([-1, -.infinity]) == bytes)
  }

  @Test("numbers of any number of bits stand one after another, lowest bits first", arguments: 1...32)
  func bitColumns(bits: Int) {
    var source = SeededGenerator(seed: UInt64(bits))
    for count in [0, 1, 2, 7, 8, 9, 31, 64, 67] {
      let numbers = (0..<count).map { _ in UInt32.random(in: 0...UInt32(UInt64(1) << bits - 1), using: &source) }
      let packed = BitColumn.encode(numbers, bits: bits)
      // The definition, bit by bit.
      var expected = [UInt8](repeating: 0, count: (count * bits + 7) / 8)
      for (index, number) in numbers.enumerated() {
        for bit in 0..<bits where number >> bit & 1 == 1 {
          expected[(index * bits + bit) / 8] |= 1 << ((index * bits + bit) % 8)
        }
      }
      #expect(packed == expected)
      #expect(BitColumn.decode(packed, count: count, bits: bits) == numbers)
    }
  }

  @Test("an id takes the fewest bits that hold every id")
  func idBits() {
    let sizes = [1, 2, 3, 256, 257, 2048, 131_072, 131_073, 151_936, 262_144]
    #expect(sizes.map { BitColumn.idBits(vocabSize: $0) } == [1, 1, 2, 8, 9, 11, 17, 18, 18, 18])
  }
}
