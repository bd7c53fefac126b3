import Kernels
import Sequences

/// Which elements of adapters' inputs count as 0 in a pass: a function of the seed, the adapter, the sequence's place in the optimizer
/// batch, the position in it and the column. So neither micro-batches nor threads change it, and the backward pass, and what
/// it computes again, find the same.
public struct AdapterDropout: Sendable, Hashable {
  /// Of the run and the step.
  public let seed: UInt64
  /// Place of the pass's first sequence in the optimizer batch.
  public let firstSequence: Int

  /// Makes the choice of a pass.
  public init(seed: UInt64, firstSequence: Int) { (self.seed, self.firstSequence) = (seed, firstSequence) }

  /// Multiplies the rows `[N, width]` by 0 or by `1 / (1 − probability)`.
  func apply(to rows: FloatView, width: Int, sequences: [Range<Int>], adapter: Int, probability: Double) {
    let threshold = UInt64(probability * 0x1p32)
    let factor = Float(1 / (1 - probability))
    ComputePool.forEach(sequences.count) { index in
      for (position, row) in sequences[index].enumerated() {
        var generator = SeededGenerator(
          seed: seed, path: UInt64(adapter), UInt64(firstSequence + index), UInt64(position))
        rows.window(row * width, width).withMutableSpan { values in
          for column in values.indices {
            values[column] = generator.next() >> 32 < threshold ? 0 : values[column] * factor
          }
        }
      }
    }
  }
}
