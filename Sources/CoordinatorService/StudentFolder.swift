internal import Foundation
internal import Recipes

/// The student's folder at a run's start.
enum StudentFolder {
  /// Why a folder cannot be the start.
  enum Problem: Error, CustomStringConvertible {
    case unreadable(file: String)
    case malformed(file: String, reason: String)

    var description: String {
      switch self {
      case .unreadable(let file): "\(file): no such file, or no permission; 'student' must be a model folder"
      case .malformed(let file, let reason): "\(file): \(reason)"
      }
    }
  }

  private static let copied = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json", "added_tokens.json",
    "chat_template.jinja", "tokenizer.model", "vocab.json", "merges.txt",
  ]

  /// Names of a GPT-2 configuration for those that a recipe uses.
  private static let gpt2Names = [
    "hidden_size": "n_embd", "intermediate_size": "n_inner", "num_hidden_layers": "n_layer",
    "num_attention_heads": "n_head", "max_position_embeddings": "n_positions",
  ]

  /// The longest sequence of a folder's model, as its `config.json` says.
  static func contextLength(of folder: String) throws -> Int {
    let config = try readConfig(folder)
    let names = ["max_position_embeddings", "n_positions", "n_ctx"]
    guard let length = names.lazy.compactMap({ config[$0] as? Int }).first, length > 1 else {
      throw Problem.malformed(file: "\(folder)/config.json", reason: "max_position_embeddings is missing")
    }
    return length
  }

  /// Makes the folder of a new architecture: `config.json` of another with numbers replaced, and its tokenizer.
  static func write(
    to folder: String, from source: String, numbers: [String: Int], tiesWordEmbeddings: Bool?
  ) throws {
    var config = try readConfig(source)
    let isGPT2 = config["model_type"] as? String == "gpt2"
    for (name, number) in numbers { config[isGPT2 ? gpt2Names[name] ?? name : name] = number }
    if let tiesWordEmbeddings { config["tie_word_embeddings"] = tiesWordEmbeddings }
    if numbers["hidden_size"] != nil || numbers["num_attention_heads"] != nil { config["head_dim"] = nil }
    if let heads = numbers["num_attention_heads"], numbers["num_key_value_heads"] == nil, !isGPT2 {
      config["num_key_value_heads"] = heads
    }
    config["_name_or_path"] = nil
    try FolderError.explaining(folder) {
      let target = URL(fileURLWithPath: folder)
      try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
      let json = try JSONSerialization.data(withJSONObject: config, options: [.prettyPrinted, .sortedKeys])
      try json.write(to: target.appendingPathComponent("config.json"), options: .atomic)
      for name in copied {
        let file = URL(fileURLWithPath: source).appendingPathComponent(name)
        guard let data = try? Data(contentsOf: file) else { continue }
        try data.write(to: target.appendingPathComponent(name), options: .atomic)
      }
    }
  }

  private static func readConfig(_ folder: String) throws -> [String: Any] {
    let file = "\(folder)/config.json"
    guard let data = FileManager.default.contents(atPath: file) else { throw Problem.unreadable(file: file) }
    guard let config = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
      throw Problem.malformed(file: file, reason: "not a JSON object")
    }
    return config
  }
}
