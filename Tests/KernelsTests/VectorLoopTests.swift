import Foundation
import Kernels
import Testing

/// A window on fresh floats.
func view(_ values: [Float]) -> FloatView {
  let storage = FloatStorage(count: values.count)
  for (index, value) in values.enumerated() { storage.view[index] = value }
  return storage.view
}

/// Numbers in -spread...spread, the same each time.
func numbers(_ count: Int, spread: Float = 2, seed: UInt64 = 1) -> [Float] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (Float(state >> 40) / Float(1 << 24) * 2 - 1) * spread
  }
}

@Suite("Vector loops")
struct VectorLoopTests {
  @Test("exp is within two units in the last place from -87 to 88, and 0, infinity or NaN outside")
  func exponential() {
    let x = stride(from: Float(-87.2), through: 88.7, by: 0.0137).map(\.self)
    let y = view(x)
    Elementwise.exponential(view(x), into: y)
    for (index, value) in x.enumerated() {
      let expected = exp(Double(value))
      #expect(abs(Double(y[index]) - expected) <= 2 * Double(Float(expected).ulp), "exp(\(value))")
    }
    let special = view([-.infinity, -1000, 1000, .infinity, .nan, 0])
    Elementwise.exponential(special, into: special)
    #expect(special.array.prefix(4) == [0, 0, .infinity, .infinity] && special[4].isNaN && special[5] == 1)
  }

  @Test("log-sum-exp and entropy equal their definitions in double", arguments: [1, 3, 16, 17, 100, 2049])
  func logSumExp(count: Int) {
    let x = numbers(count, spread: 9)
    let largest = Double(x.max() ?? 0)
    let lse = largest + log(x.reduce(0) { $0 + exp(Double($1) - largest) })
    #expect(abs(Softmax.logSumExp(view(x)) - lse) < 1e-7 * (1 + abs(lse)))
    let entropy = -x.reduce(0) { $0 + exp(Double($1) - lse) * (Double($1) - lse) }
    #expect(abs(Softmax.entropy(view(x), logSumExp: lse) - entropy) < 1e-6 * (1 + entropy))
    #expect(Elementwise.maximum(view(x)) == x.max())
  }

  @Test("log-sum-exp moves with its elements; of nothing but -infinity it is -infinity")
  func shiftInvariance() {
    let x = numbers(50)
    let moved = Softmax.logSumExp(view(x.map { $0 + 512 }))
    #expect(abs(moved - 512 - Softmax.logSumExp(view(x.map { $0 + 512 - 512 }))) < 1e-4)
    #expect(Softmax.logSumExp(view([-.infinity, -.infinity])) == -.infinity)
    #expect(Softmax.logSumExp(view([1, .nan])).isNaN)
  }

  @Test("the log-probs of equal logits are exact")
  func uniform() {
    #expect(abs(Softmax.logSumExp(view([Float](repeating: 3, count: 1000))) - (3 + log(1000))) < 1e-12)
    #expect(abs(Softmax.entropy(view([0, 0, 0, 0]), logSumExp: log(4)) - log(4)) < 1e-7)
  }

  /// The nonlinearities in double.
  private static func value(_ activation: Activation, _ x: Double) -> Double {
    switch activation {
    case .silu: x / (1 + exp(-x))
    case .tanhGELU: x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .gelu: x / 2 * erfc(-x / 2.0.squareRoot())
    case .relu: max(x, 0)
    }
  }

  @Test(
    "activations, plain and gated, equal their definitions, and their gradients central differences",
    arguments: Activation.allCases, [5, 16, 33])
  func activations(activation: Activation, d: Int) {
    let (x, dy) = (numbers(4 * d, spread: 6), numbers(2 * d, seed: 2))
    let (y, dx, z, dz) = (view(numbers(2 * d)), view(numbers(4 * d)), view(x), view(x))
    activation.applyGated(view(x), width: d, into: y)
    activation.backwardGated(view(dy), x: view(x), width: d, into: dx)
    activation.apply(view(x), width: 2 * d, into: z)
    activation.backward(view([Float](repeating: 1, count: 4 * d)), x: view(x), width: 2 * d, into: dz)
    func f(_ x: Double) -> Double { Self.value(activation, x) }
    func slope(_ x: Double) -> Double { (f(x + 1e-5) - f(x - 1e-5)) / 2e-5 }
    for (index, x) in x.enumerated() {
      #expect(abs(Double(z[index]) - f(Double(x))) < 2e-6, "f(\(x))")
      #expect(abs(Double(dz[index]) - slope(Double(x))) < 4e-6, "slope at \(x)")
    }
    for index in 0..<2 * d {
      let place = index / d * 2 * d + index % d
      let (gate, up, dy) = (Double(x[place]), Double(x[place + d]), Double(dy[index]))
      #expect(abs(Double(y[index]) - f(gate) * up) < 1e-5)
      #expect(abs(Double(dx[place]) - dy * up * slope(gate)) < 4e-5)
      #expect(abs(Double(dx[place + d]) - dy * f(gate)) < 1e-5)
    }
  }

  @Test(
    "a soft cap is cap · tanh(x / cap), far from and near zero, and its gradient the derivative", arguments: [30, 1.5])
  func softCap(cap: Float) {
    let x = numbers(100, spread: 90) + numbers(100, spread: 0.01)
    let (y, dy) = (view(x), view([Float](repeating: 2, count: 200)))
    Elementwise.softCap(y, cap: cap)
    Elementwise.softCapBackward(dy, y: y, cap: cap)
    for (index, x) in x.enumerated() {
      let t = tanh(Double(x) / Double(cap))
      #expect(abs(Double(y[index]) - Double(cap) * t) < 5e-7 * abs(Double(cap) * t) + 1e-12)
      #expect(abs(Double(dy[index]) - 2 * (1 - t * t)) < 1e-6)
    }
  }

  @Test("a norm's sums over rows do not depend on which segments are summed together")
  func segments() {
    let (d, rows) = (40, 300)
    let (x, dy, weight) = (numbers(rows * d), numbers(rows * d, seed: 2), numbers(d, seed: 3))
    let (y, rstd, mean) = (view(x), view(numbers(rows)), view(numbers(rows)))
    Norms.rms(view(x), weight: view(weight), shift: 1, epsilon: 1e-5, into: y, rstd: rstd)
    Norms.layer(view(x), weight: view(weight), bias: view(weight), epsilon: 1e-5, into: y, mean: mean, rstd: rstd)
    func sums(_ passes: [[Range<Int>]]) -> [Float] {
      let (dWeight, dBias, scaled) = (view(weight), view(weight), view(weight))
      for segments in passes {
        let (first, end) = (segments[0].lowerBound, segments[segments.count - 1].upperBound)
        func part(_ values: [Float]) -> FloatView { view(Array(values[first * d..<end * d])) }
        let local = segments.map { $0.lowerBound - first..<$0.upperBound - first }
        Norms.layerBackward(
          part(dy), x: part(x), weight: view(weight), mean: mean.window(first, end - first),
          rstd: rstd.window(first, end - first), addingTo: part(x), dWeight: dWeight, dBias: dBias, segments: local)
        Norms.rmsBackward(
          part(dy), x: part(x), weight: view(weight), shift: 1, rstd: rstd.window(first, end - first),
          addingTo: part(x), dWeight: scaled, segments: local)
      }
      return dWeight.array + dBias.array + scaled.array
    }
    let together = sums([[0..<90, 90..<200, 200..<300]])
    #expect(together == sums([[0..<90], [90..<200], [200..<300]]))
    #expect(together == sums([[0..<90, 90..<200], [200..<300]]))
    let whole = sums([[0..<300]])
    for (one, other) in zip(together, whole) { #expect(abs(one - other) < 1e-4 * (1 + abs(one))) }
  }

  @Test("norms have mean 0 and deviation 1, or root mean square 1, before weight and bias", arguments: [8, 24, 129])
  func norms(d: Int) {
    let (x, weight, bias) = (numbers(3 * d, spread: 4), numbers(d, seed: 2), numbers(d, seed: 3))
    let (y, z, mean, rstd) = (view(x), view(x), view([0, 0, 0]), view([0, 0, 0]))
    Norms.layer(view(x), weight: view(weight), bias: view(bias), epsilon: 1e-5, into: y, mean: mean, rstd: rstd)
    Norms.rms(view(x), weight: view(weight), epsilon: 1e-5, into: z, rstd: view([0, 0, 0]))
    for row in 0..<3 {
      let values = x[row * d..<(row + 1) * d].map(Double.init)
      let average = values.reduce(0, +) / Double(d)
      let variance = values.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(d)
      let square = values.reduce(0) { $0 + $1 * $1 } / Double(d)
      for j in 0..<d {
        let (w, b) = (Double(weight[j]), Double(bias[j]))
        #expect(abs(Double(y[row * d + j]) - ((values[j] - average) / (variance + 1e-5).squareRoot() * w + b)) < 5e-6)
        #expect(abs(Double(z[row * d + j]) - values[j] / (square + 1e-5).squareRoot() * w) < 5e-6)
      }
    }
  }

  @Test("turning back undoes a turn, and a turn keeps lengths and relative angles")
  func rotary() {
    var rotary = Rotary(frequencies: [1, 0.1, 0.01])
    rotary.reserve(40)
    let original = numbers(2 * 14)
    let rows = view(original)
    let matrix = Matrix(rows, rows: 2, columns: 14)
    rotary.rotate(matrix, heads: 2, positions: [3, 17])
    #expect(rows[12] == original[12] && rows[27] == original[27])
    let (a, b) = (Double(original[0]), Double(original[3]))
    #expect(abs(Double(rows[0]) - (a * cos(3.0) - b * sin(3.0))) < 1e-6)
    #expect(abs(Double(rows[3]) - (b * cos(3.0) + a * sin(3.0))) < 1e-6)
    rotary.rotate(matrix, heads: 2, positions: [3, 17], backwards: true)
    for (one, other) in zip(rows.array, original) { #expect(abs(one - other) < 1e-6) }
    func product(_ first: Int32, _ second: Int32) -> Double {
      let pair = view(Array(original[0..<6]) + Array(original[14..<20]))
      rotary.rotate(Matrix(pair, rows: 2, columns: 6), heads: 1, positions: [first, second])
      return (0..<6).reduce(0) { $0 + Double(pair[$1]) * Double(pair[6 + $1]) }
    }
    #expect(abs(product(2, 9) - product(22, 29)) < 1e-5)
  }
}

@Suite("Selection")
struct SelectionTests {
  @Test("the largest come first, and of equal ones the smaller index", arguments: [0, 1, 2, 5, 40, 200])
  func top(count: Int) {
    let x = numbers(200).map { ($0 * 4).rounded() / 4 }
    let expected = x.indices.sorted { x[$0] > x[$1] || (x[$0] == x[$1] && $0 < $1) }.prefix(count)
    #expect(Selection.top(count, of: view(x)) == Array(expected))
  }
}
