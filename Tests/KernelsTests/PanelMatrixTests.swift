import Kernels
import Testing

@Suite("Packed panels")
struct PanelMatrixTests {
  /// Widths that fill panels and that do not, odd ones among them.
  static let shapes = [(1, 1), (5, 64), (16, 65), (33, 130), (384, 200), (513, 64)]

  private static func bfloat16(_ value: Float) -> Double {
    let bits = value.bitPattern
    return Double(Float(bitPattern: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) & 0xFFFF_0000))
  }

  private static func packed(_ weights: [Float], _ k: Int, _ n: Int, _ format: WeightFormat, outputMajor: Bool = true)
    -> PanelMatrix
  {
    let matrix = PanelMatrix(inputWidth: k, outputWidth: n, format: format)
    matrix.pack(view(weights), isOutputMajor: outputMajor)
    return matrix
  }

  @Test(
    "products are those of double arithmetic, within the format's rounding", arguments: WeightFormat.allCases, shapes)
  func products(format: WeightFormat, shape: (k: Int, n: Int)) {
    let (k, n, m) = (shape.k, shape.n, 7)
    let (x, w, bias) = (numbers(m * k), numbers(n * k, seed: 2), numbers(n, seed: 3))
    let y = FloatStorage(count: m * n).view
    PanelMatrixTests.packed(w, k, n, format).multiply(view(x), rows: m, into: y, bias: view(bias))
    for row in 0..<m {
      for column in 0..<n {
        let weights = w[column * k..<(column + 1) * k]
        let inputs = x[row * k..<(row + 1) * k]
        var (sum, sizes) = (Double(bias[column]), 0.0)
        for (input, weight) in zip(inputs, weights) {
          let isRounded = format == .bfloat16
          let product = isRounded ? Self.bfloat16(input) * Self.bfloat16(weight) : Double(input) * Double(weight)
          sum += product
          sizes += abs(Double(input))
        }
        // Sums of k floats; int8 adds half a step of the column's largest weight for each input.
        let step = format == .int8 ? Double(weights.map(abs).max() ?? 0) / 254 : 0
        let tolerance = 1e-6 * (4 * sizes + 1) + step * sizes * 1.0001
        #expect(abs(Double(y[row * n + column]) - sum) <= tolerance, "[\(row), \(column)]")
      }
    }
  }

  @Test("a row's bits do not depend on the rows beside it", arguments: WeightFormat.allCases, shapes)
  func rowsAlone(format: WeightFormat, shape: (k: Int, n: Int)) {
    let (k, n) = (shape.k, shape.n)
    let matrix = PanelMatrixTests.packed(numbers(n * k, seed: 2), k, n, format)
    let x = numbers(67 * k)
    let all = FloatStorage(count: 67 * n).view
    matrix.multiply(view(x), rows: 67, into: all)
    for (first, count) in [(0, 1), (66, 1), (3, 2), (10, 3), (1, 4), (30, 5), (5, 8), (0, 64)] {
      let part = FloatStorage(count: count * n).view
      matrix.multiply(view(Array(x[first * k..<(first + count) * k])), rows: count, into: part)
      #expect(part.array == all.window(first * n, count * n).array, "rows \(first) + \(count)")
    }
  }

  @Test("both orders of storage give the same panels, and adding adds", arguments: WeightFormat.allCases)
  func storageOrders(format: WeightFormat) {
    let (k, n, m) = (37, 75, 3)
    let w = numbers(n * k, seed: 2)
    let turned = (0..<n * k).map { w[($0 % n) * k + $0 / n] }
    let (one, other) = (
      PanelMatrixTests.packed(w, k, n, format), PanelMatrixTests.packed(turned, k, n, format, outputMajor: false)
    )
    let (x, first, second) = (view(numbers(m * k)), FloatStorage(count: m * n).view, FloatStorage(count: m * n).view)
    one.multiply(x, rows: m, into: first)
    other.multiply(x, rows: m, into: second)
    #expect(first.array == second.array)
    second.fill(0.25)
    other.multiply(x, rows: m, into: second, adding: true)
    #expect(second.array == first.array.map { 0.25 + $0 })
  }

  @Test("inside a piece of the pool's work, on one thread, the bits are the same", arguments: WeightFormat.allCases)
  func threads(format: WeightFormat) {
    let (k, n, m) = (96, 700, 5)
    let (w, x) = (numbers(n * k, seed: 2), numbers(m * k))
    @Sendable func product() -> [Float] {
      let y = FloatStorage(count: m * n).view
      PanelMatrixTests.packed(w, k, n, format).multiply(view(x), rows: m, into: y)
      return y.array
    }
    let inside = ComputePool.map(2) { _ in product() }
    let outside = product()
    #expect(inside == [outside, outside])
  }

  @Test("int8 keeps every whole number of a column whose largest is 127, and columns of zeros")
  func exactInt8() {
    let w = (-127...127).map { Float($0) }
    let matrix = PanelMatrixTests.packed(w + [Float](repeating: 0, count: 255), 255, 2, .int8)
    for index in [0, 1, 100, 127, 254] {
      var x = [Float](repeating: 0, count: 255)
      x[index] = 1
      let y = FloatStorage(count: 2).view
      matrix.multiply(view(x), rows: 1, into: y)
      #expect(y.array == [w[index], 0])
    }
    #expect(matrix.byteCount < 255 * 64 + 64 * 4 + 1)
  }
}
