public import Foundation
internal import Kernels
internal import Transformer

extension ModelFolder {
  /// Writes the folder: it appears complete or not at all.
  ///
  /// - Parameters:
  ///   - folder: Its place.
  ///   - type: Element type of the parameters: float32, bfloat16 or float16.
  ///   - replacing: Whether a folder that is there is replaced.
  public func write(
    to folder: URL, as type: TensorType = .float32, replacing: Bool = false
  ) throws(CheckpointError) {
    try NewFolder.write(to: folder, replacing: replacing) { new throws(CheckpointError) in
      try write(into: &new, as: type)
    }
  }

  /// Writes the files of the model.
  func write(into folder: inout NewFolder, as type: TensorType) throws(CheckpointError) {
    try folder.write("config.json", ModelConfigurationFile.bytes(configuration, special, type: type))
    let tensors = ParameterLayout(configuration).entries.map { ($0.name, $0.shape, parameters.view($0)) }
    try folder.write("model.safetensors", tensors: tensors, type: type)
    for companion in companions {
      try folder.write(
        companion.lastPathComponent, InputFile.contents(of: companion, limit: 256 << 20))
    }
    if !companions.contains(where: { $0.lastPathComponent == "generation_config.json" }) {
      try folder.write("generation_config.json", generationConfiguration())
    }
  }

  private func generationConfiguration() throws(CheckpointError) -> Data {
    let ids = special.eosTokenIDs.map { JSONValue.integer(Int($0)) }
    var keys: [String: JSONValue] = ["do_sample": .boolean(false)]
    if let bos = special.bosTokenID { keys["bos_token_id"] = .integer(Int(bos)) }
    if let pad = special.padTokenID { keys["pad_token_id"] = .integer(Int(pad)) }
    if !ids.isEmpty { keys["eos_token_id"] = ids.count > 1 ? .list(ids) : ids[0] }
    return try JSONValue.object(keys).bytes()
  }

  /// SHA-256, in lower-case hex, over the architecture and the parameters as float32: the model's identity, whatever the type
  /// and the names in which a folder stores it.
  ///
  /// - Parameter rounding: How what answers is rounded, where it is not the parameters themselves: such a model is another one.
  public func digest(rounding: String? = nil) -> String {
    var digest = Digest()
    digest.add(Data("retort model 2\n".utf8))
    if let rounding { digest.add(Data("rounded to \(rounding)\n".utf8)) }
    // Keys in order; whole numbers, texts and lists of them are always written alike.
    if let keys = try? JSONValue.object(configuration.keys).bytes() { digest.add(keys) }
    let piece = 1 << 18
    let encoder = FloatDecoder.float32
    for start in stride(from: 0, to: parameters.count, by: piece) {
      digest.add(encoder.encode(parameters.view.window(start, min(piece, parameters.count - start))))
    }
    return digest.hex
  }
}
