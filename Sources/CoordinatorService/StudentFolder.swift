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

  /// Names of some families' configurations for those that a recipe uses.
  private static let otherNames = [
    "gpt2": [
      "hidden_size": "n_embd", "intermediate_size": "n_inner", "num_hidden_layers": "n_layer",
      "num_attention_heads": "n_head", "max_position_embeddings": "n_positions",
    ],
    "gpt_neo": ["num_hidden_layers": "num_layers", "num_attention_heads": "num_heads"],
    "opt": ["intermediate_size": "ffn_dim"],
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
    let names = otherNames[config["model_type"] as? String ?? ""] ?? [:]
    for (name, number) in numbers { config[names[name] ?? name] = number }
    if let tiesWordEmbeddings { config["tie_word_embeddings"] = tiesWordEmbeddings }
    follow(numbers, in: &config)
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

  /// Changes what follows from the numbers of a recipe: widths of heads, and what is said layer by layer.
  private static func follow(_ numbers: [String: Int], in config: inout [String: Any]) {
    if numbers["hidden_size"] != nil || numbers["num_attention_heads"] != nil, config["head_dim"] != nil {
      let (width, heads) = (config["hidden_size"] as? Int ?? 0, config["num_attention_heads"] as? Int ?? 0)
      config["head_dim"] = heads > 0 && width % heads == 0 ? width / heads : nil
    }
    if numbers["hidden_size"] != nil { config["word_embed_proj_dim"] = nil }
    if let heads = numbers["num_attention_heads"], numbers["num_key_value_heads"] == nil,
      config["num_key_value_heads"] != nil
    {
      config["num_key_value_heads"] = heads
    }
    guard let layers = numbers["num_hidden_layers"] else { return }
    (config["layer_types"], config["attention_layers"]) = (nil, nil)
    if config["attention_types"] != nil {
      config["attention_types"] = [[(0..<max(layers, 0)).map { $0 % 2 == 0 ? "global" : "local" }, 1] as [Any]]
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

extension Recipe.StudentSource {
  /// The longest sequence of the student.
  func contextLength() throws -> Int {
    if case .architecture(_, let numbers, _) = self, let length = numbers["max_position_embeddings"] { return length }
    return try StudentFolder.contextLength(of: tokenizerFolder)
  }
}
