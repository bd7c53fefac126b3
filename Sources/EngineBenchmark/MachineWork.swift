import Kernels

/// What the machine can do: the bounds that shares are taken of. Each rate is the best of several short tries in a round.
final class MachineWork: EngineWork {
  /// Names of the rates.
  static let float32Products = "float32_products", bfloat16Products = "bfloat16_products"
  static let readBandwidth = "read_bandwidth"

  /// The rate of products that bounds a precision.
  static func productsName(_ form: String) -> String? {
    ["float32": float32Products, "bfloat16": bfloat16Products, "compiled": bfloat16Products][form]
  }

  /// Rows and columns of the factors.
  private static let side = 1024
  /// Products of a try on each thread.
  private static let productsPerThread = 4
  /// Floats that are read for the bandwidth: far more than caches hold.
  private static let readCount = 1 << 27
  /// Tries of each rate in a round.
  private static let tries = 5

  private let factors = FloatStorage(count: 2 * side * side).view
  private let rounded = BFloat16Storage(count: 2 * side * side).view
  private let products = FloatStorage(count: ComputePool.threadCount * side * side).view
  private let memory = FloatStorage(count: readCount).view
  private var checksum: UInt32 = 0

  init() {
    factors.fill(0.5)
    rounded.roundInParallel(factors)
    memory.fill(1)
  }

  func round() -> WorkerRound {
    let side = Self.side
    let part = side * side
    let (seconds, rates) = timed {
      var rates = [
        Self.float32Products: multiply(
          Matrix(factors.window(0, part), rows: side, columns: side),
          Matrix(factors.window(part, part), rows: side, columns: side)),
        Self.readBandwidth: best(Double(memory.count * 4)) { checksum &+= read() },
      ]
      if OneDNN.failure == nil {
        rates[Self.bfloat16Products] = multiply(
          BFloat16Matrix(rounded.window(0, part), rows: side, columns: side),
          BFloat16Matrix(rounded.window(part, part), rows: side, columns: side))
      }
      return rates
    }
    // What is read is answered, or a compiler might leave it unread.
    return WorkerRound(seconds: seconds, tokens: 0, peakBytes: 0, values: [Double(checksum)], rates: rates)
  }

  /// The best rate of some tries.
  private func best(_ amount: Double, _ body: () -> Void) -> Double {
    (0..<Self.tries).map { _ in amount / timed(body).seconds }.max() ?? 0
  }

  /// Operations a second of products on all threads at once, each with a result of its own.
  private func multiply<Factor: MatrixFactor>(_ a: Factor, _ b: Factor) -> Double {
    let (products, side, count) = (products, Self.side, Self.productsPerThread)
    let operations = 2 * Double(side * side * side * ComputePool.threadCount * count)
    return best(operations) {
      ComputePool.forEach(ComputePool.threadCount) { thread in
        let result = Matrix(products.window(thread * side * side, side * side), rows: side, columns: side)
        for _ in 0..<count { Factor.multiplyOnThread(a, b, into: result, keep: 0) }
      }
    }
  }

  /// Reads all of a large array once, each thread a part. Returns a sum of its bits.
  private func read() -> UInt32 {
    let (memory, threads) = (memory, ComputePool.threadCount)
    let part = memory.count / threads
    return ComputePool.map(threads) { Self.sum(of: memory.window($0 * part, part)) }.reduce(0, &+)
  }

  private static func sum(of view: FloatView) -> UInt32 {
    view.withSpan { floats in
      unsafe floats.bytes.withUnsafeBytes { bytes in
        var sums = (SIMD16<UInt32>.zero, SIMD16<UInt32>.zero, SIMD16<UInt32>.zero, SIMD16<UInt32>.zero)
        for offset in stride(from: 0, to: bytes.count - 255, by: 256) {
          sums.0 &+= unsafe bytes.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt32>.self)
          sums.1 &+= unsafe bytes.loadUnaligned(fromByteOffset: offset + 64, as: SIMD16<UInt32>.self)
          sums.2 &+= unsafe bytes.loadUnaligned(fromByteOffset: offset + 128, as: SIMD16<UInt32>.self)
          sums.3 &+= unsafe bytes.loadUnaligned(fromByteOffset: offset + 192, as: SIMD16<UInt32>.self)
        }
        return (sums.0 &+ sums.1 &+ sums.2 &+ sums.3).wrappedSum()
      }
    }
  }
}
