import Checkpoints
import Foundation
package import Transformer

/// What a case's work costs by its mathematics: the least that any implementation has to compute and to read.
package struct EngineCost: Sendable, Hashable {
  /// Floating-point operations of one round's matrix products; 0 where they are not what bounds it.
  package let operations: Double
  /// Parameters that each new token of a single stream has to read; 0 in other cases.
  package let parametersPerToken: Double

  /// Parts of the names of embeddings, which are looked up and not multiplied with, and of heads, which are counted apart.
  private static let tables = ["embed", "wte", "wpe", "lm_head"]

  package init(_ model: ModelConfiguration, _ file: CaseFile) {
    let layout = ParameterLayout(model)
    let head = Double(model.vocabSize * model.embeddingWidth)
    let body = layout.entries.reduce(0.0) { sum, entry in
      let isTable = Self.tables.contains { entry.name.contains($0) }
      return entry.isMatrix && !isTable ? sum + Double(entry.count) : sum
    }
    // Causal attention: two products of T²/2 · width each, 2 operations for each of their terms.
    let squares = file.sequences.reduce(0.0) { $0 + Double($1.count * $1.count) }
    let attention = 2 * squares * Double(model.headCount * model.headWidth * model.layerCount)
    let forward = 2 * body * Double(file.tokenCount) + 2 * head * Double(file.positionCount) + attention
    switch file.suite {
    case .loss: (operations, parametersPerToken) = (3 * 2 * head * Double(file.positionCount), 0)
    // A backward pass has two products for each of the forward pass.
    case .train: (operations, parametersPerToken) = (3 * forward, 0)
    case .score: (operations, parametersPerToken) = (forward, 0)
    case .generate: (operations, parametersPerToken) = (0, file.sequences.count == 1 ? body + head : 0)
    case .machine: (operations, parametersPerToken) = (0, 0)
    }
  }

  /// A folder's architecture.
  static func configuration(of folder: URL) throws -> ModelConfiguration {
    try ModelFolder.architecture(of: folder).configuration
  }

  /// Bytes of one parameter.
  static func bytesPerParameter(_ form: String) -> Double? {
    // q8_0, and ours alike, keep a half-precision factor for each 32 bytes.
    ["float32": 4, "bfloat16": 2, "int8": 34.0 / 32][form]
  }
}
