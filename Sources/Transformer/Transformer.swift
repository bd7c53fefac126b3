import Foundation
import Kernels
public import Sequences

/// A decoder-only transformer: the arithmetic of its forward and backward passes over packed sequences.
///
/// N is the number of packed rows of a batch, D the width, V the rows of the head. What the blocks do is in
/// ``BlockDescription``. Products, attention and loops over rows are cut into pieces by shape alone, and run on the compute
/// pool: one pass at a time uses all cores.
public struct Transformer: Sendable {
  /// The architecture.
  public let configuration: ModelConfiguration
  /// Where each tensor stands in a ``ParameterBuffer``.
  public let layout: ParameterLayout
  let plan: ModelPlan

  /// Makes the arithmetic of a model.
  public init(_ configuration: ModelConfiguration) {
    self.configuration = configuration
    layout = ParameterLayout(configuration)
    plan = ModelPlan(configuration, layout)
  }

  /// Whether matrices of projections are stored `[in, out]`, as GPT-2's `Conv1D` has them.
  public var storesInputsFirst: Bool { configuration.family.names.isInputMajor }

  /// Sets fresh parameters: N(0, 0.02²), those of projections onto the residual stream divided by √(2L), norms 1, biases 0.
  public func initialize(_ parameters: ParameterBuffer, using generator: inout some RandomNumberGenerator) {
    precondition(parameters.count == layout.count, "\(parameters.count) parameters of \(layout.count)")
    let names = configuration.family.names
    // A norm's weight that changes nothing.
    let unitNormWeight: Float = if case .rms(let shift) = configuration.block.norm { 1 - shift } else { 1 }
    let residual = 0.02 / Double(2 * configuration.layerCount).squareRoot()
    for entry in layout.entries {
      let view = parameters.view(entry)
      guard entry.isMatrix else {
        view.fill(entry.name.hasSuffix(".bias") ? 0 : unitNormWeight)
        continue
      }
      let isResidual = [names.attentionOutput, names.feedForwardOutput].contains {
        entry.name.hasSuffix(".\($0).weight")
      }
      for index in 0..<view.count { view[index] = Float(normal(using: &generator) * (isResidual ? residual : 0.02)) }
    }
  }

  /// Checks that a batch can be read: ids of the vocabulary, lengths within the context, a prompt for each sequence.
  public func check(_ batch: SequenceBatch, vocabSize: Int) throws(ModelError) {
    for (index, length) in batch.sequenceLengths.enumerated() {
      guard length <= configuration.contextLength else {
        throw .sequenceTooLong(length: length, contextLength: configuration.contextLength)
      }
      guard batch.promptLengths[index] > 0 else { throw .emptyPrompt(sequence: index) }
    }
    let limit = min(vocabSize, configuration.vocabSize)
    for token in batch.tokenIDs where token >= limit { throw .tokenOutOfRange(token: token, vocabSize: limit) }
  }
}

/// A standard normal number, by Box and Muller's method.
private func normal(using generator: inout some RandomNumberGenerator) -> Double {
  let radius = Double(generator.next() >> 11) * 0x1p-53
  let angle = Double(generator.next() >> 11) * 0x1p-53
  return (-2 * log(1 - radius)).squareRoot() * cos(2 * .pi * angle)
}
