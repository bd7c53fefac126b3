import Foundation
import Kernels
import Testing

@Suite("Matrix products")
struct MatrixTests {
  @Test(
    "equal their definition, for every transposition, with strides, scale and old values",
    arguments: [
      (1, 1, 1), (3, 5, 7), (17, 33, 65), (1, 128, 64), (64, 1, 9),
    ], [false, true])
  func product(shape: (Int, Int, Int), transposes: Bool) {
    let (m, n, k) = shape
    let a =
      transposes
      ? Matrix(view(numbers(k * m)), rows: k, columns: m)
      : Matrix(view(numbers(m * (k + 2))), rows: m, columns: k, stride: k + 2)
    let b =
      transposes
      ? Matrix(view(numbers(n * (k + 1), seed: 2)), rows: n, columns: k, stride: k + 1)
      : Matrix(view(numbers(k * n, seed: 2)), rows: k, columns: n)
    let old = numbers(m * (n + 3), seed: 3)
    let output = view(old)
    Matrix.multiply(
      transposes ? a.transposed : a, transposes ? b.transposed : b,
      into: Matrix(output, rows: m, columns: n, stride: n + 3), scale: 0.5, keep: 2)
    for i in 0..<m {
      for j in 0..<n {
        var sum = 0.0
        for p in 0..<k {
          let left = transposes ? a.view[p * m + i] : a.view[i * (k + 2) + p]
          let right = transposes ? b.view[j * (k + 1) + p] : b.view[p * n + j]
          sum += Double(left) * Double(right)
        }
        let expected = 0.5 * sum + 2 * Double(old[i * (n + 3) + j])
        #expect(abs(Double(output[i * (n + 3) + j]) - expected) < 1e-5 * Double(k).squareRoot())
      }
      for j in n..<n + 3 { #expect(output[i * (n + 3) + j] == old[i * (n + 3) + j]) }
    }
  }

  @Test("what was there before is not read when nothing of it is kept")
  func overwritesNaN() {
    let output = view([.nan])
    Matrix.multiply(
      Matrix(view([2, 3]), rows: 1, columns: 2), Matrix(view([4, 5]), rows: 2, columns: 1),
      into: Matrix(output, rows: 1, columns: 1))
    #expect(output[0] == 23)
  }

  @Test("the library says which kernels it uses")
  func coreType() {
    #expect(BLAS.failure == nil)
    #expect(!BLAS.coreType.isEmpty && BLAS.version.contains("OpenBLAS"))
    if kernelForm == "avx512", ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] == nil {
      #expect(BLAS.coreType.lowercased() == "skylakex")
    }
  }
}
