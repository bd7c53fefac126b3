internal import Kernels
internal import Transformer

/// Buffers for sums of gradients, used again from step to step.
final class GradientPool {
  private let make: () -> ParameterBuffer
  private var free: [ParameterBuffer] = []

  init(_ make: @escaping () -> ParameterBuffer) { self.make = make }

  /// Zeros.
  func take() -> ParameterBuffer {
    guard let buffer = free.popLast() else { return make() }
    buffer.learning.view.fillInParallel(0)
    return buffer
  }

  /// Takes a buffer back.
  func give(_ buffer: ParameterBuffer) { free.append(buffer) }
}
