import Foundation
import Kernels
import Testing

/// Attention of one sequence and its derivative in double, as the definition says it.
private struct Reference {
  let attention: Attention
  let length: Int
  /// `[length, projectedWidth]`
  let projected: [Double]
  private var width: Int { attention.headWidth }
  private var heads: Int { attention.headCount }

  private enum Part { case query, key, value }

  private func place(_ part: Part, _ head: Int, _ row: Int) -> Int {
    let columns = attention.columns
    let first =
      switch part {
      case .query: columns.queries + head * columns.stride
      case .key: columns.keys + head / attention.groupSize * columns.stride
      case .value: columns.values + head / attention.groupSize * columns.stride
      }
    return row * attention.projectedWidth + first
  }

  private func dot(_ a: Int, _ b: Int) -> Double {
    (0..<width).reduce(0) { $0 + projected[a + $1] * projected[b + $1] }
  }

  private func visible(_ row: Int) -> ClosedRange<Int> { max(0, row - (attention.window ?? row + 1) + 1)...row }

  /// The probabilities of what a row sees, and the slopes of the scores' cap.
  private func probabilities(_ head: Int, _ row: Int) -> [(key: Int, p: Double, slope: Double)] {
    let scores = visible(row).map { dot(place(.query, head, row), place(.key, head, $0)) * Double(attention.scale) }
    let capped = scores.map { score in attention.softCap.map { Double($0) * tanh(score / Double($0)) } ?? score }
    let weights = capped.map { exp($0 - (capped.max() ?? 0)) }
    let sum = weights.reduce(0, +)
    return visible(row).enumerated().map { index, key in
      let bend = attention.softCap.map { 1 - pow(tanh(scores[index] / Double($0)), 2) } ?? 1
      return (key, weights[index] / sum, bend)
    }
  }

  func output() -> [Double] {
    var result = [Double](repeating: 0, count: length * heads * width)
    for head in 0..<heads {
      for row in 0..<length {
        for (key, p, _) in probabilities(head, row) {
          for j in 0..<width { result[(row * heads + head) * width + j] += p * projected[place(.value, head, key) + j] }
        }
      }
    }
    return result
  }

  func gradient(_ dOutput: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: projected.count)
    for head in 0..<heads {
      for row in 0..<length {
        let seen = probabilities(head, row)
        let d = (row * heads + head) * width
        let dp = seen.map { seen in
          (0..<width).reduce(0) { $0 + dOutput[d + $1] * projected[place(.value, head, seen.key) + $1] }
        }
        let mean = zip(seen, dp).reduce(0) { $0 + $1.0.p * $1.1 }
        for ((key, p, slope), dp) in zip(seen, dp) {
          let ds = p * (dp - mean) * slope * Double(attention.scale)
          for j in 0..<width {
            result[place(.value, head, key) + j] += p * dOutput[d + j]
            result[place(.query, head, row) + j] += ds * projected[place(.key, head, key) + j]
            result[place(.key, head, key) + j] += ds * projected[place(.query, head, row) + j]
          }
        }
      }
    }
    return result
  }
}

/// Forward and backward pass over packed sequences.
private func pass(
  _ attention: Attention, _ lengths: [Int], _ values: [Float], _ gradients: [Float]
) -> (output: [Float], dProjected: [Float]) {
  let rows = lengths.reduce(0, +)
  var sequences: [Range<Int>] = []
  for length in lengths {
    let start = sequences.last?.upperBound ?? 0
    sequences.append(start..<start + length)
  }
  let projected = Matrix(view(values), rows: rows, columns: attention.projectedWidth)
  let output = Matrix(view(gradients.map { _ in .nan }), rows: rows, columns: attention.outputWidth)
  attention.forward(projected, into: output, sequences: sequences)
  let dProjected = Matrix(view(values.map { _ in .nan }), rows: rows, columns: attention.projectedWidth)
  attention.backward(
    Matrix(view(gradients), rows: rows, columns: attention.outputWidth), projected: projected, into: dProjected,
    sequences: sequences)
  return (output.view.array, dProjected.view.array)
}

@Suite("Attention")
struct AttentionTests {
  private static let kinds: [Attention] = [
    Attention(headCount: 2, keyValueHeadCount: 1, headWidth: 4),
    Attention(headCount: 1, keyValueHeadCount: 1, headWidth: 6, window: 1),
    Attention(headCount: 4, keyValueHeadCount: 2, headWidth: 16, window: 20),
    Attention(headCount: 2, keyValueHeadCount: 2, headWidth: 8, scale: 1, window: 33),
    Attention(headCount: 4, keyValueHeadCount: 1, headWidth: 24, softCap: 1.5),
    Attention(headCount: 2, keyValueHeadCount: 2, headWidth: 10, columns: .interleaved(width: 10)),
    Attention(headCount: 2, keyValueHeadCount: 1, headWidth: 80, softCap: 3, window: 7),
    Attention(headCount: 1, keyValueHeadCount: 1, headWidth: 160),
  ]

  @Test(
    "equals its definition in double, and so do its gradients, below and past one tile of rows",
    arguments: [[1], [2, 1, 3], [31, 32, 33], [100, 5]], kinds)
  func reference(lengths: [Int], attention: Attention) {
    let rows = lengths.reduce(0, +)
    let values = numbers(rows * attention.projectedWidth, spread: attention.headWidth > 30 ? 1 : 2)
    let gradients = numbers(rows * attention.outputWidth, spread: 1, seed: 2)
    let (output, dProjected) = pass(attention, lengths, values, gradients)
    var start = 0
    for length in lengths {
      func part(_ values: [Float], _ width: Int) -> ArraySlice<Float> {
        values[start * width..<(start + length) * width]
      }
      let reference = Reference(
        attention: attention, length: length, projected: part(values, attention.projectedWidth).map(Double.init))
      for (actual, expected) in zip(part(output, attention.outputWidth), reference.output()) {
        #expect(abs(Double(actual) - expected) < 1e-5)
      }
      let expected = reference.gradient(part(gradients, attention.outputWidth).map(Double.init))
      // Sums of some hundred numbers of the largest gradient's size.
      let scale = expected.map(abs).max() ?? 0
      for (actual, expected) in zip(part(dProjected, attention.projectedWidth), expected) {
        #expect(abs(Double(actual) - expected) < 1e-5 * (1 + scale))
      }
      start += length
    }
  }

  @Test("a sequence's bits do not depend on what stands beside it")
  func neighbours() {
    let attention = Attention(headCount: 4, keyValueHeadCount: 2, headWidth: 20, window: 40)
    let (values, gradients) = (
      numbers(170 * attention.projectedWidth), numbers(170 * attention.outputWidth, seed: 5)
    )
    let together = pass(attention, [70, 100], values, gradients)
    let alone = pass(
      attention, [100], Array(values[(70 * attention.projectedWidth)...]),
      Array(gradients[(70 * attention.outputWidth)...]))
    #expect(Array(together.output[(70 * attention.outputWidth)...]) == alone.output)
    #expect(Array(together.dProjected[(70 * attention.projectedWidth)...]) == alone.dProjected)
  }

  @Test("one query over pages equals the last row of a sequence", arguments: kinds)
  func pages(attention: Attention) {
    let length = 45
    let values = numbers(length * attention.projectedWidth, spread: 1)
    let (output, _) = pass(attention, [length], values, numbers(length * attention.outputWidth))
    let (projected, columns, width) = (view(values), attention.columns, attention.headWidth)
    let paged = PageAttention(attention)
    var table = PageTable(pageFloats: paged.layerFloats)
    for _ in 0..<3 { table.append(FloatStorage(count: paged.layerFloats).view) }
    for head in 0..<attention.keyValueHeadCount {
      for position in 0..<length {
        let row = position * attention.projectedWidth + head * columns.stride
        paged.store(
          key: projected.window(row + columns.keys, width), value: projected.window(row + columns.values, width),
          head: head, place: position % 16, in: table[position / 16], layer: 0)
      }
      let (first, count) = (head * attention.groupSize, attention.groupSize * width)
      let result = FloatStorage(count: count).view
      paged.attend(
        projected.window((length - 1) * attention.projectedWidth + columns.queries + first * columns.stride, count),
        head: head, pages: table, layer: 0, range: length - min(length, attention.window ?? length)..<length,
        into: result, scratch: FloatStorage(count: 48).view)
      for j in 0..<count {
        #expect(abs(result[j] - output[(length - 1) * attention.outputWidth + first * width + j]) < 4e-6)
      }
    }
  }
}
