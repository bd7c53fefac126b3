import Foundation
import Kernels
import Testing

/// Attention and its derivative in double, as the definition says it.
private struct Reference {
  let length, heads, keyValueHeads, width: Int
  let projected: [Double]
  private var stride: Int { (heads + 2 * keyValueHeads) * width }

  private func place(_ part: Int, _ head: Int, _ row: Int) -> Int {
    let column = part == 0 ? head : heads + (part - 1) * keyValueHeads + head / (heads / keyValueHeads)
    return row * stride + column * width
  }

  private func dot(_ a: Int, _ b: Int) -> Double {
    (0..<width).reduce(0) { $0 + projected[a + $1] * projected[b + $1] }
  }

  private func probabilities(_ head: Int, _ row: Int) -> [Double] {
    let scores = (0...row).map { dot(place(0, head, row), place(1, head, $0)) / Double(width).squareRoot() }
    let largest = scores.max() ?? 0
    let weights = scores.map { exp($0 - largest) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  func output() -> [Double] {
    var result = [Double](repeating: 0, count: length * heads * width)
    for head in 0..<heads {
      for row in 0..<length {
        for (key, p) in probabilities(head, row).enumerated() {
          for j in 0..<width { result[(row * heads + head) * width + j] += p * projected[place(2, head, key) + j] }
        }
      }
    }
    return result
  }

  func gradient(_ dOutput: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: projected.count)
    for head in 0..<heads {
      for row in 0..<length {
        let p = probabilities(head, row)
        let d = (row * heads + head) * width
        let dp = (0...row).map { key in
          (0..<width).reduce(0) { $0 + dOutput[d + $1] * projected[place(2, head, key) + $1] }
        }
        let mean = zip(p, dp).reduce(0) { $0 + $1.0 * $1.1 }
        for key in 0...row {
          let ds = p[key] * (dp[key] - mean) / Double(width).squareRoot()
          for j in 0..<width {
            result[place(2, head, key) + j] += p[key] * dOutput[d + j]
            result[place(0, head, row) + j] += ds * projected[place(1, head, key) + j]
            result[place(1, head, key) + j] += ds * projected[place(0, head, row) + j]
          }
        }
      }
    }
    return result
  }
}

@Suite("Attention")
struct AttentionTests {
  @Test(
    "equals its definition in double, and so do its gradients, below and past one block of rows",
    arguments: [
      (1, 2, 1, 4), (2, 1, 1, 6), (40, 4, 2, 16), (128, 2, 2, 8), (129, 2, 1, 8), (300, 4, 1, 4),
    ])
  func reference(length: Int, heads: Int, keyValueHeads: Int, width: Int) {
    let attention = Attention(headCount: heads, keyValueHeadCount: keyValueHeads, headWidth: width)
    let values = numbers(length * attention.projectedWidth)
    let gradients = numbers(length * attention.outputWidth, spread: 1, seed: 2)
    let reference = Reference(
      length: length, heads: heads, keyValueHeads: keyValueHeads, width: width, projected: values.map(Double.init))
    let projected = Matrix(view(values), rows: length, columns: attention.projectedWidth)
    let output = Matrix(view(gradients.map { _ in .nan }), rows: length, columns: attention.outputWidth)
    let scratch = FloatStorage(count: attention.scratchCount(length)).view
    attention.forward(projected, into: output, scratch: scratch)
    for (actual, expected) in zip(output.view.array, reference.output()) {
      #expect(abs(Double(actual) - expected) < 5e-6)
    }
    let dProjected = Matrix(view(values.map { _ in .nan }), rows: length, columns: attention.projectedWidth)
    attention.backward(
      Matrix(view(gradients), rows: length, columns: attention.outputWidth), projected: projected, into: dProjected,
      scratch: scratch)
    for (actual, expected) in zip(dProjected.view.array, reference.gradient(gradients.map(Double.init))) {
      #expect(abs(Double(actual) - expected) < 2e-5 * (1 + abs(expected)))
    }
  }
}
