import Foundation
import Kernels
import Testing

@Suite("Attention over pages")
struct PageAttentionTests {
  /// A sequence of random keys and values in pages that hold other numbers at first.
  private struct Fixture {
    let attention: PageAttention
    let (keys, values): ([Float], [Float])
    let length: Int
    var table: PageTable

    init(_ attention: PageAttention, length: Int, layers: Int = 2, seed: UInt64 = 1, round: (Float) -> Float = { $0 }) {
      self.attention = attention
      self.length = length
      let width = attention.headWidth
      keys = numbers(length * width, seed: seed).map(round)
      values = numbers(length * width, seed: seed + 1).map(round)
      table = PageTable(pageFloats: layers * attention.layerFloats)
      for _ in 0..<(length + 15) / 16 {
        let page = FloatStorage(count: table.pageFloats).view
        page.fill(.nan)
        table.append(page)
      }
      for position in 0..<length {
        attention.store(
          key: view(Array(keys[position * width..<(position + 1) * width])),
          value: view(Array(values[position * width..<(position + 1) * width])), head: 1, place: position % 16,
          in: table[position / 16], layer: 1)
      }
    }

    func attend(_ queries: [Float], _ range: Range<Int>) -> [Float] {
      let output = FloatStorage(count: queries.count).view
      attention.attend(
        view(queries), head: 1, pages: table, layer: 1, range: range, into: output,
        scratch: FloatStorage(count: (range.upperBound + 15) / 16 * 16).view)
      return output.array
    }

    /// In double.
    func expected(_ query: ArraySlice<Float>, _ range: Range<Int>) -> [Double] {
      let width = attention.headWidth
      let scores = range.map { position in
        let score =
          Double(attention.scale)
          * zip(query, keys[position * width..<(position + 1) * width]).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        return attention.cap.map { Double($0) * tanh(score / Double($0)) } ?? score
      }
      let weights = scores.map { exp($0 - (scores.max() ?? 0)) }
      let sum = weights.reduce(0, +)
      return (0..<width).map { column in
        zip(range, weights).reduce(0) { $0 + $1.1 / sum * Double(values[$1.0 * width + column]) }
      }
    }
  }

  @Test(
    "equals double arithmetic for any width, window and cap; places of other sequences are not read",
    arguments: [4, 8, 64, 80, 128, 6],
    [(0..<1, nil as Float?), (0..<16, nil), (0..<17, 3), (5..<60, nil), (40..<77, 5), (0..<77, nil)])
  func values(width: Int, place: (Range<Int>, Float?)) {
    let attention = PageAttention(headCount: 6, keyValueHeadCount: 2, headWidth: width, cap: place.1)
    let fixture = Fixture(attention, length: place.0.upperBound)
    let queries = numbers(3 * width, seed: 9)
    let actual = fixture.attend(queries, place.0)
    for query in 0..<3 {
      let expected = fixture.expected(queries[query * width..<(query + 1) * width], place.0)
      for (index, value) in expected.enumerated() {
        #expect(abs(Double(actual[query * width + index]) - value) < 3e-6 * (1 + abs(value)))
      }
    }
  }

  @Test("rounded keys and values give what they give as floats, to the bit", arguments: [4, 8, 64, 80, 6], [17, 77])
  func rounded(width: Int, length: Int) {
    func attend(_ isRounded: Bool, _ round: (Float) -> Float) -> [Float] {
      let attention = PageAttention(headCount: 6, keyValueHeadCount: 2, headWidth: width, isRounded: isRounded)
      return Fixture(attention, length: length, round: round).attend(numbers(3 * width, seed: 9), 3..<length)
    }
    func nearest(_ value: Float) -> Float {
      let bits = value.bitPattern
      return Float(bitPattern: (bits + 0x7fff + (bits >> 16) & 1) & 0xffff_0000)
    }
    let exact = attend(false) { $0 }
    #expect(attend(true) { $0 } == attend(false, nearest))
    #expect(attend(true) { $0 } != exact)
    #expect(zip(attend(true) { $0 }, exact).allSatisfy { abs($0 - $1) < 0.03 })
  }

  @Test("positions after the range change no bit")
  func laterPositions() {
    let attention = PageAttention(headCount: 2, keyValueHeadCount: 2, headWidth: 32)
    let (short, long) = (Fixture(attention, length: 70), Fixture(attention, length: 75))
    let queries = numbers(32)
    // Both fixtures hold their own numbers: only the range's may count.
    let same = Fixture(attention, length: 70)
    #expect(short.attend(queries, 0..<70) == same.attend(queries, 0..<70))
    #expect(long.attend(queries, 0..<33).allSatisfy { $0.isFinite })
    #expect(long.attend(queries, 0..<33) == Fixture(attention, length: 75).attend(queries, 0..<33))
  }
}
