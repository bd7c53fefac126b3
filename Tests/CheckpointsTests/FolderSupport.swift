import Checkpoints
import Foundation
import Kernels
import Sequences
import Transformer

/// A folder of a test's own, removed with it.
final class TemporaryFolder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "checkpoints-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Writes a file of the folder.
  @discardableResult
  func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> URL {
    let file = url.appending(path: name)
    try Data(bytes).write(to: file)
    return file
  }

  /// All names in the folder, hidden ones included.
  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: url.path(percentEncoded: false)).sorted() }
  }
}

/// The models and files that are shared between projects, beside the checkout or at RETORT_DATA.
enum SharedData {
  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["RETORT_DATA"] { return URL(filePath: path) }
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return root.appending(path: "../shared/data").standardizedFileURL
  }()
  static let isPresent = FileManager.default.fileExists(atPath: folder.path(percentEncoded: false))
}

/// The bytes of a safetensors file with any header.
func safetensors(_ header: String, data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
  let json = Array(header.utf8)
  let count = length ?? UInt64(json.count)
  return (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + json + data
}

/// A small model of each family with random parameters; the numbers of every second are exact in 16 bits.
func smallModel(_ family: ModelConfiguration.Family, tied: Bool = true, exact: Bool = false) throws -> ModelFolder {
  let configuration = try ModelConfiguration(
    family: family, vocabSize: 7, width: 8, layerCount: 2, headCount: 2,
    keyValueHeadCount: family == .llama ? 1 : nil, feedForwardWidth: 12, contextLength: 16, tiesWordEmbeddings: tied)
  let parameters = ParameterBuffer(count: ParameterLayout(configuration).count)
  var generator = SeededGenerator(seed: 7)
  for index in 0..<parameters.count {
    let value = Float.random(in: -1...1, using: &generator)
    parameters.view[index] = exact ? (value * 128).rounded() / 128 : value
  }
  return ModelFolder(
    configuration: configuration, parameters: parameters,
    special: SpecialTokens(bosTokenID: 1, eosTokenIDs: [2], padTokenID: 0))
}

/// The sizes of a small model of any family, under the names of all.
var sizeKeys: [String: Any] {
  [
    "vocab_size": 7, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 8,
    "num_key_value_heads": 1, "max_position_embeddings": 16, "n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 16,
    "num_layers": 2, "num_heads": 2, "attention_layers": ["global", "local"], "ffn_dim": 8, "head_dim": 8,
  ]
}
