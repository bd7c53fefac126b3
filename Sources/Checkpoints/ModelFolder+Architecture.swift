public import Foundation
internal import Transformer

extension ModelFolder {
  /// Reads the bytes of a `config.json`, and nothing else.
  package static func checkConfiguration(_ bytes: [UInt8]) throws(CheckpointError) {
    _ = try ModelConfigurationFile(Data(bytes), path: "config.json")
  }

  /// A folder's architecture, special ids and companions, with zeros for parameters: what a new model begins from.
  ///
  /// Only `config.json` has to be there.
  /// - Throws: ``CheckpointError``, which names the file and the key.
  public static func architecture(of folder: URL) throws(CheckpointError) -> ModelFolder {
    let file = try configurationFile(of: folder)
    let companions = companions(in: folder)
    return ModelFolder(
      configuration: file.configuration,
      parameters: ParameterBuffer(count: ParameterLayout(file.configuration).count),
      special: try special(file, companions), companions: companions)
  }
}
