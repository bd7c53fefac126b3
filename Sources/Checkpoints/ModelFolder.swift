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

  /// Reads a folder. Nothing in it is ever executed, and nothing outside it is read but the blobs to which
  /// the snapshots of a hub's cache link.
  ///
  /// Adapters are merged: those of `adapters`, a folder of PEFT's, else those that the folder itself has.
  /// - Throws: ``CheckpointError``, which names the file, and the tensor or the key.
  public static func load(_ folder: URL, adapters: URL? = nil) throws(CheckpointError) -> ModelFolder {
    let model = try ModelFolder(reading: folder)
    guard let place = adapters ?? (AdapterFolder.isPresent(in: folder) ? folder : nil) else { return model }
    let transformer = Transformer(model.configuration)
    try AdapterFolder.load(place, for: transformer)
      .merge(model.parameters, of: transformer, into: model.parameters)
    for entry in transformer.layout.entries {
      guard let index = model.parameters.view(entry).firstIndex(where: { !$0.isFinite }) else { continue }
      throw .notFiniteMerged(adapters: place.path(percentEncoded: false), name: entry.name, index: index)
    }
    return model
  }

  /// Reads a folder without its adapters: what they were trained on.
  static func loadBase(_ folder: URL) throws(CheckpointError) -> ModelFolder { try ModelFolder(reading: folder) }

  private init(reading folder: URL) throws(CheckpointError) {
    let file = try Self.configurationFile(of: folder)
    let store = try TensorStore(folder)
    configuration = file.configuration
    let layout = ParameterLayout(configuration)
    // Before room is made, so that sizes which no file holds ask for none.
    let names = try Self.names(store, layout, configuration, folder: folder.path(percentEncoded: false))
    parameters = ParameterBuffer(count: layout.count)
    storedType = layout.entries.first.flatMap { names[$0.name] }.flatMap { store.type(of: $0) } ?? .float32
    for entry in layout.entries {
      try store.read(names[entry.name] ?? entry.name, shape: entry.shape, into: parameters.view(entry))
    }
    let used = Set(names.values)
    if let head = store.names.first(where: { !used.contains($0) && file.configuration.isHead($0) }) {
      try Self.checkTied(head, store, layout, parameters)
    }
    companions = Self.companions(in: folder)
    special = try Self.special(file, companions)
  }

  /// Reads a model's `config.json`; of a folder that has adapters alone it says so.
  static func configurationFile(of folder: URL) throws(CheckpointError) -> ModelConfigurationFile {
    do {
      return try ModelConfigurationFile(folder.appending(path: "config.json"))
    } catch .notFound(let path) {
      throw AdapterFolder.isPresent(in: folder)
        ? .noModel(folder: folder.path(percentEncoded: false)) : .notFound(path: path)
    }
  }

  /// The folder's files that are taken along.
  static func companions(in folder: URL) -> [URL] {
    companionNames.map { folder.appending(path: $0) }.filter(InputFile.isPresent)
  }

  /// Special ids of a folder that need not hold parameters; none where it has no `config.json`.
  ///
  /// - Throws: ``CheckpointError``, which names the file and the key.
  public static func specialTokens(in folder: URL) throws(CheckpointError) -> SpecialTokens {
    let configuration = folder.appending(path: "config.json")
    guard InputFile.isPresent(configuration) else { return SpecialTokens() }
    return try special(ModelConfigurationFile(configuration), companions(in: folder))
  }

  /// Special ids of `config.json` and of `generation_config.json`, which transformers' generate asks first.
  static func special(_ file: ModelConfigurationFile, _ companions: [URL]) throws(CheckpointError) -> SpecialTokens {
    var special = file.special
    if let generation = companions.first(where: { $0.lastPathComponent == "generation_config.json" }) {
      let ids = try JSONFile.read(GenerationKeys.self, generation, limit: ModelConfigurationFile.sizeLimit)
      try SpecialTokens(
        bosTokenID: ids.bos_token_id?.first, eosTokenIDs: ids.eos_token_id?.ids ?? [],
        padTokenID: ids.pad_token_id?.first
      ).check(vocabSize: file.configuration.vocabSize, path: generation.path(percentEncoded: false))
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

  /// Under which name each tensor of the layout is stored, with its shape checked.
  private static func names(
    _ store: TensorStore, _ layout: ParameterLayout, _ model: ModelConfiguration, folder: String
  ) throws(CheckpointError) -> [String: String] {
    var names: [String: String] = [:]
    for entry in layout.entries {
      guard let name = store.first(of: model.storedNames(of: entry.name)) else {
        throw .missingTensor(
          folder: folder, name: entry.name,
          hint: model.isHead(entry.name)
            ? "if the head is the embedding, config.json must say tie_word_embeddings: true" : "")
      }
      try store.check(name, shape: entry.shape)
      names[entry.name] = name
    }
    let used = Set(names.values)
    for name in store.names where !used.contains(name) && !model.isTable(name) {
      guard model.tiesWordEmbeddings, model.isHead(name) else {
        throw .unexpectedTensor(path: store.path(of: name), name: name)
      }
    }
    return names
  }

  /// Throws unless the stored head has the bits of the embedding, to which the configuration ties it.
  private static func checkTied(
    _ name: String, _ store: TensorStore, _ layout: ParameterLayout, _ parameters: ParameterBuffer
  ) throws(CheckpointError) {
    guard let embedding = layout.entries.first else { return }
    let head = ParameterBuffer(count: embedding.count)
    try store.read(name, shape: embedding.shape, into: head.view)
    let tied = parameters.view(embedding)
    for index in 0..<head.count where head.view[index] != tied[index] {
      throw .untiedHead(path: store.path(of: name), name: name)
    }
  }
}
