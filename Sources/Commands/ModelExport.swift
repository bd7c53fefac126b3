public import Checkpoints
public import Foundation
import Transformer

/// `retort export`: the model of a checkpoint, as a folder for other tools.
public struct ModelExport: Sendable {
  private let model: ModelFolder
  private let type: TensorType

  /// Reads a checkpoint or a model folder.
  ///
  /// - Parameters:
  ///   - adapters: A folder of PEFT's whose adapters are merged; nil: those that the checkpoint has, if any.
  ///   - dtype: Name of the element type to write: `F32`, `BF16` or `F16`.
  public init(checkpoint: URL, adapters: URL? = nil, dtype: String) throws {
    guard let type = TensorType(rawValue: dtype.uppercased()), [.float32, .bfloat16, .float16].contains(type) else {
      throw CommandError.badOption(name: "--dtype", value: dtype, expected: "F32, BF16 or F16")
    }
    self.type = type
    model = try ModelFolder.load(checkpoint, adapters: adapters)
  }

  /// Writes the folder; it appears complete or not at all.
  public func write(to folder: URL) throws(CheckpointError) { try model.write(to: folder, as: type) }

  /// What was written, for people.
  public var summary: String {
    "\(model.configuration.family.rawValue), \(model.parameters.count) parameters, \(type.rawValue)"
  }
}
