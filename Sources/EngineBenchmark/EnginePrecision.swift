import Kernels

/// How the engine's numbers are kept.
public enum EnginePrecision: String, Sendable, Codable, CaseIterable {
  /// The reproducible mode.
  case float32
  /// Factors of products in bfloat16, sums in float32.
  case bfloat16
  /// Weights of generation in eight bits.
  case int8

  /// Those that a suite can be measured in on this machine.
  static func available(for suite: EngineSuite) -> [EnginePrecision] {
    switch suite {
    case .loss, .train: [.float32, .bfloat16].filter { $0.products.failure == nil || $0 == .float32 }
    case .generate: [.float32, .bfloat16, .int8]
    case .score: [.float32, .bfloat16]
    case .machine: [.float32]
    }
  }

  /// The precision of large products.
  var products: ProductPrecision {
    switch self {
    case .float32, .int8: .float32
    case .bfloat16: .bfloat16
    }
  }

  /// How generation keeps weights.
  var weights: WeightFormat {
    switch self {
    case .float32: .float32
    case .bfloat16: .bfloat16
    case .int8: .int8
    }
  }
}

/// Which code computes in this process.
enum ComputePath {
  /// Precision, libraries with their kernels, our own loops' form, threads.
  static func text(_ precision: EnginePrecision, suite: EngineSuite) -> String {
    let library =
      switch (suite, precision.products) {
      // What answers reads packed weights by products of our own.
      case (.generate, _), (.score, _): "panels \(decodeForm)"
      case (_, .float32): "OpenBLAS \(BLAS.coreType)"
      case (_, .bfloat16): "oneDNN \(OneDNN.version) \(OneDNN.instructions)"
      }
    return "\(precision.rawValue), \(library), loops \(kernelForm), \(ComputePool.threadCount) threads"
  }
}
