import CHeapUse
import Kernels
import Testing

/// A product's factors and result for one shape, in one precision.
private struct Case {
  let rows: Int
  let width: Int
  let n: Int
  let precision: ProductPrecision
  let x: FloatView
  let weight: FloatView

  init(_ rows: Int, _ width: Int, _ n: Int, _ precision: ProductPrecision) {
    (self.rows, self.width, self.n, self.precision) = (rows, width, n, precision)
    (x, weight) = (view(numbers(rows * width)), view(numbers(width * n, seed: 2)))
  }

  /// x of some rows, in the precision.
  func input(_ range: Range<Int>) -> ProductRows { take(x.window(range.lowerBound * width, range.count * width)) }

  func take(_ floats: FloatView) -> ProductRows {
    guard precision == .bfloat16 else { return .float32(floats) }
    let rounded = BFloat16Storage(count: floats.count).view
    rounded.round(floats)
    return .bfloat16(rounded)
  }

  /// W, stored `[width, n]`, or `[n, width]` and transposed.
  func factor(transposed: Bool) -> WeightMatrix {
    let (first, second) = transposed ? (n, width) : (width, n)
    let rounded = BFloat16Storage(count: weight.count).view
    rounded.round(weight)
    let matrix = WeightMatrix(
      Matrix(weight, rows: first, columns: second), rounded: BFloat16Matrix(rounded, rows: first, columns: second))
    return transposed ? matrix.transposed : matrix
  }

  /// One element of `x W` from the rounded factors, in double.
  func expected(_ i: Int, _ j: Int, transposed: Bool) -> Double {
    func value(_ view: FloatView, _ index: Int) -> Double {
      guard precision == .bfloat16 else { return Double(view[index]) }
      let one = BFloat16Storage(count: 1).view
      one.round(view.window(index, 1))
      return Double(one[0])
    }
    return (0..<width).reduce(0) {
      $0 + value(x, i * width + $1) * value(weight, transposed ? j * width + $1 : $1 * n + j)
    }
  }
}

private let precisions = ProductPrecision.allCases.filter { $0.failure == nil }

@Suite("Products cut into pieces")
struct ProductTests {
  @Test(
    "equal the sum over the rounded factors, added to what was there", arguments: precisions,
    [(1, 3, 5), (300, 20, 17), (33, 64, 520), (2, 4100, 130)])
  func equalsDefinition(_ precision: ProductPrecision, _ shape: (Int, Int, Int)) {
    let one = Case(shape.0, shape.1, shape.2, precision)
    for transposed in [false, true] {
      let output = view(Array(repeating: 1, count: one.rows * one.n))
      one.input(0..<one.rows).multiply(
        one.factor(transposed: transposed), into: output, rowGroups: [0..<one.rows], keep: 1)
      for i in 0..<one.rows {
        for j in stride(from: i % 7, to: one.n, by: 7) {
          let error = abs(Double(output[i * one.n + j]) - 1 - one.expected(i, j, transposed: transposed))
          #expect(error < 2e-6 * Double(one.width).squareRoot() + 1e-6, "[\(i), \(j)]")
        }
      }
    }
  }

  @Test("rows of a group have the same bits whatever other groups there are", arguments: precisions)
  func groupsStandAlone(_ precision: ProductPrecision) {
    let one = Case(700, 96, 600, precision)
    let groups = [0..<1, 1..<20, 20..<21, 21..<500, 500..<700]
    let together = view(Array(repeating: 0, count: one.rows * one.n))
    one.input(0..<one.rows).multiply(one.factor(transposed: true), into: together, rowGroups: groups)
    for group in groups {
      let alone = view(Array(repeating: 0, count: group.count * one.n))
      one.input(group).multiply(one.factor(transposed: true), into: alone, rowGroups: [0..<group.count])
      #expect(alone.array == together.window(group.lowerBound * one.n, group.count * one.n).array)
    }
  }

  @Test("a matrix's gradient is the sum over its groups, added one after another", arguments: precisions)
  func gradient(_ precision: ProductPrecision) {
    let one = Case(420, 37, 530, precision)
    let dy = view(numbers(one.rows * one.n, seed: 3))
    let groups = [0..<200, 200..<201, 201..<420]
    func sum(_ groups: [Range<Int>], into output: FloatView) {
      one.take(dy).addTransposedProduct(
        one.input(0..<one.rows), to: Matrix(output, rows: one.n, columns: one.width), rowGroups: groups)
    }
    let (whole, parts) = (view(numbers(one.n * one.width, seed: 4)), view(numbers(one.n * one.width, seed: 4)))
    sum(groups, into: whole)
    for group in groups { sum([group], into: parts) }
    #expect(whole.array == parts.array)
    let start = numbers(one.n * one.width, seed: 4)
    let dyRounded = Case(one.rows, one.n, 1, precision)
    for (j, k) in [(0, 0), (255, 3), (256, 36), (529, 20)] {
      let value = (0..<one.rows).reduce(0.0) { total, row in
        total + rounded(dy[row * one.n + j], dyRounded.precision) * rounded(one.x[row * one.width + k], precision)
      }
      #expect(abs(Double(whole[j * one.width + k]) - Double(start[j * one.width + k]) - value) < 1e-4)
    }
  }

  private func rounded(_ value: Float, _ precision: ProductPrecision) -> Double {
    guard precision == .bfloat16 else { return Double(value) }
    let one = BFloat16Storage(count: 1).view
    one.round(view([value]))
    return Double(one[0])
  }

  @Test("says why bfloat16 cannot be had, or with what instructions it is computed")
  func reports() {
    if let failure = ProductPrecision.bfloat16.failure {
      #expect(failure.contains("float32"))
    } else {
      #expect(OneDNN.instructions.contains("avx512_core") && OneDNN.version.hasPrefix("2."))
    }
  }

  @Test(
    "are in bfloat16 wherever the processor has its instructions, newer ones included",
    arguments: [
      (0xE7, "avx512_core_bf16"), (0x3E7, "avx512_core_amx"), (0x7E7, "isa_0x7e7"), (0x67, nil), (0x407, nil), (0, nil),
    ] as [(UInt32, String?)])
  func instructions(_ mask: UInt32, _ name: String?) { #expect(OneDNN.name(ofInstructions: mask) == name) }

  /// In a process of its own, since it measures the heap.
  @Test(
    "leave nothing behind when their thread ends",
    .enabled(if: precisions.contains(.bfloat16), "no bfloat16 products here"))
  func endedThreads() async {
    await #expect(processExitsWith: .success) {
      /// A thread keeps a table of 32 KiB and some KiB for each shape.
      @Sendable func runThreads() async throws {
        for _ in 0..<60 {
          try await ComputePool.run {
            for rows in 1...8 {
              let x = BFloat16Matrix(BFloat16Storage(count: rows * 32).view, rows: rows, columns: 32)
              let weight = BFloat16Matrix(BFloat16Storage(count: 32 * 32).view, rows: 32, columns: 32)
              let output = Matrix(FloatStorage(count: rows * 32).view, rows: rows, columns: 32)
              BFloat16Matrix.multiplyOnThread(x, weight, into: output, keep: 0)
            }
          }
        }
      }
      try await runThreads()
      let before = heap_bytes_in_use()
      try await runThreads()
      #expect(heap_bytes_in_use() < before + 512 << 10)
    }
  }
}

@Suite("bfloat16")
struct BFloat16Tests {
  @Test(
    "is the nearest one, ties to even",
    arguments: [
      (1, 1), (-2.5, -2.5), (0x1.01p0, 0x1.00p0), (0x1.03p0, 0x1.04p0), (0x1.0101p0, 0x1.02p0), (0, 0),
      (.infinity, .infinity), (.greatestFiniteMagnitude, .infinity), (0x1p-133, 0x1p-133), (-0x1.fffp-1, -1),
    ] as [(Float, Float)])
  func rounds(_ value: Float, _ expected: Float) { #expect(round(value) == expected) }

  @Test("keeps NaN, whatever its bits", arguments: [0x7F80_0001, 0x7FFF_FFFF, 0xFFC0_0000] as [UInt32])
  func keepsNaN(_ bits: UInt32) { #expect(round(Float(bitPattern: bits)).isNaN) }

  private func round(_ value: Float) -> Float {
    // More than a vector's worth, so that the loop's body and its end are both seen.
    let rounded = BFloat16Storage(count: 37).view
    rounded.round(view(Array(repeating: value, count: 37)))
    #expect(rounded[0].bitPattern == rounded[36].bitPattern)
    return rounded[0]
  }
}
