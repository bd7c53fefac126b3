public import Foundation
internal import Kernels
internal import Sequences
public import Transformer

/// A model as a Hugging Face folder holds it: configuration, parameters, special ids and the tokenizer's files.
public struct ModelFolder: Sendable {
  /// The architecture.
  public let configuration: ModelConfiguration
  /// The parameters, in the order of the configuration's ``ParameterLayout``.
  public let parameters: ParameterBuffer
  /// Special ids.
  public let special: SpecialTokens
  /// Files beside the parameters that make the folder usable: tokenizer, template, `generation_config.json`.
  public let companions: [URL]
  /// Element type in which the parameters were stored.
  public let storedType: TensorType

  /// Names of the files that are taken along when a model is written.
  public static let companionNames = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
    "merges.txt", "tokenizer.model", "chat_template.jinja", "chat_template.json", "generation_config.json",
  ]

  /// Makes a model to be written. `parameters` must have the configuration's layout.
  public init(
    configuration: ModelConfiguration, parameters: ParameterBuffer, special: SpecialTokens, companions: [URL] = []
  ) {
    precondition(parameters.count == ParameterLayout(configuration).count, "\(parameters.count) parameters")
    self.configuration = configuration
    self.parameters = parameters
    self.special = special
    self.companions = companions
    storedType = .float32
  }

  /// Reads a folder. Nothing in it is ever executed, and nothing outside it is read but what its symbolic links name.
  ///
  /// - Throws: ``CheckpointError``, which names the file, and the tensor or the key.
  public static func load(_ folder: URL) throws(CheckpointError) -> ModelFolder { try ModelFolder(reading: folder) }

  private init(reading folder: URL) throws(CheckpointError) {
    let file = try ModelConfigurationFile(folder.appending(path: "config.json"))
    let store = try TensorStore(folder)
    configuration = file.configuration
    let layout = ParameterLayout(configuration)
    parameters = ParameterBuffer(count: layout.count)
    storedType = layout.entries.first.flatMap { store.type(of: $0.name) } ?? .float32
    try Self.read(store, layout, configuration, into: parameters, folder: folder.path(percentEncoded: false))
    companions = Self.companions(in: folder)
    special = try Self.special(file, companions)
  }

  /// The folder's files that are taken along.
  static func companions(in folder: URL) -> [URL] {
    companionNames.map { folder.appending(path: $0) }
      .filter { FileManager.default.fileExists(atPath: $0.path(percentEncoded: false)) }
  }

  /// Special ids of `config.json` and of `generation_config.json`, which transformers' generate asks first.
  static func special(_ file: ModelConfigurationFile, _ companions: [URL]) throws(CheckpointError) -> SpecialTokens {
    var special = file.special
    if let generation = companions.first(where: { $0.lastPathComponent == "generation_config.json" }) {
      let ids = try JSONFile.read(GenerationKeys.self, generation, limit: ModelConfigurationFile.sizeLimit)
      if let eos = ids.eos_token_id?.ids, !eos.isEmpty { special.eosTokenIDs = eos }
      special.bosTokenID = special.bosTokenID ?? ids.bos_token_id?.first
      special.padTokenID = special.padTokenID ?? ids.pad_token_id?.first
    }
    return special
  }

  // swift-format-ignore: AlwaysUseLowerCamelCase
  private struct GenerationKeys: Decodable {
    var bos_token_id, eos_token_id, pad_token_id: TokenIDs?
  }

  private static func read(
    _ store: TensorStore, _ layout: ParameterLayout, _ model: ModelConfiguration, into parameters: ParameterBuffer,
    folder: String
  ) throws(CheckpointError) {
    var used: Set<String> = []
    for entry in layout.entries {
      guard let name = store.first(of: storedNames(entry.name, model)) else {
        let isHead = entry.name == "lm_head.weight"
        throw .missingTensor(
          folder: folder, name: entry.name,
          hint: isHead ? "if the head is the embedding, config.json must say tie_word_embeddings: true" : "")
      }
      used.insert(name)
      try store.read(name, shape: entry.shape, into: parameters.view(entry))
    }
    for name in store.names where !used.contains(name) && !isBuffer(name) {
      guard model.tiesWordEmbeddings, name == "lm_head.weight" else {
        throw .unexpectedTensor(path: store.path(of: name), name: name)
      }
      try checkTied(store, layout, parameters)
    }
  }

  /// Names under which folders store a tensor: GPT-2's also without the prefix, a tied embedding also as the head.
  private static func storedNames(_ name: String, _ model: ModelConfiguration) -> [String] {
    var names = [name]
    let prefix = "transformer."
    if model.family == .gpt2, name.hasPrefix(prefix) { names.append(String(name.dropFirst(prefix.count))) }
    if model.tiesWordEmbeddings, ["model.embed_tokens.weight", "transformer.wte.weight"].contains(name) {
      names.append("lm_head.weight")
    }
    return names
  }

  /// Tables that older files store beside the parameters: causal masks and rotary frequencies.
  private static func isBuffer(_ name: String) -> Bool {
    [".attn.bias", ".attn.masked_bias", ".rotary_emb.inv_freq"].contains { name.hasSuffix($0) }
  }

  /// Throws unless the stored head has the bits of the embedding, to which the configuration ties it.
  private static func checkTied(
    _ store: TensorStore, _ layout: ParameterLayout, _ parameters: ParameterBuffer
  ) throws(CheckpointError) {
    guard let embedding = layout.entries.first else { return }
    let head = ParameterBuffer(count: embedding.count)
    try store.read("lm_head.weight", shape: embedding.shape, into: head.view)
    let tied = parameters.view(embedding)
    for index in 0..<head.count where head.view[index] != tied[index] {
      throw .untiedHead(path: store.path(of: "lm_head.weight"), name: "lm_head.weight")
    }
  }
}
