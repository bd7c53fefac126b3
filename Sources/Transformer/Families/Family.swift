extension ModelConfiguration {
  /// A family of models: the words that its `config.json` and its tensors use for the parts of a ``BlockDescription``.
  public enum Family: String, Sendable, Hashable, CaseIterable {
    case llama
    case mistral
    case qwen2
    case qwen3
    case gemma2
    case phi3
    case gpt2
    case gptNeo = "gpt_neo"
    case gptNeoX = "gpt_neox"
    case opt

    fileprivate var definition: any FamilyDefinition.Type {
      switch self {
      case .llama: LlamaFamily.self
      case .mistral: MistralFamily.self
      case .qwen2: Qwen2Family.self
      case .qwen3: Qwen3Family.self
      case .gemma2: Gemma2Family.self
      case .phi3: Phi3Family.self
      case .gpt2: GPT2Family.self
      case .gptNeo: GPTNeoFamily.self
      case .gptNeoX: GPTNeoXFamily.self
      case .opt: OPTFamily.self
      }
    }

    /// The `architectures` entry of `config.json`; the raw value is its `model_type`.
    public var architecture: String { definition.architecture }
    /// Special ids where a `config.json` has not even a null for them: `bos_token_id`, `eos_token_id` and `pad_token_id` by name.
    public var specialTokenIDs: [String: Int] { definition.specialTokenIDs }
    var names: TensorNames { definition.names }
  }

  /// Reads the architecture that the keys of a `config.json` describe; absent keys have transformers' defaults.
  ///
  /// - Throws: ``ModelError/invalidConfiguration(field:value:requirement:)``, which names the key.
  public init(_ family: Family, keys: [String: ConfigurationValue]) throws(ModelError) {
    let reader = ConfigurationKeys(keys)
    guard !reader.has("quantization_config") else {
      throw reader.refuse("quantization_config", "absent, since parameters are read unquantised")
    }
    self = try family.read(reader)
  }

  /// The keys of a `config.json` from which transformers, and ``init(_:keys:)``, make this architecture.
  public var keys: [String: ConfigurationValue] {
    let own: [String: ConfigurationValue] = [
      "model_type": .string(family.rawValue), "architectures": .list([.string(family.architecture)]),
      "vocab_size": .integer(vocabSize), "tie_word_embeddings": .boolean(tiesWordEmbeddings),
    ]
    return own.merging(family.write(self)) { _, new in new }
  }

  /// Names under which folders may store a tensor of the layout, the usual one first: files of the model without its head
  /// leave a prefix away, and a tied embedding may stand under the head's name.
  public func storedNames(of name: String) -> [String] {
    let names = family.names
    var stored = [name]
    if name.hasPrefix(names.prefix) { stored.append(String(name.dropFirst(names.prefix.count))) }
    let heads = [names.head, names.otherHead].compactMap { $0.map { $0 + ".weight" } }
    if heads.contains(name) || (tiesWordEmbeddings && name == names.embedding + ".weight") {
      stored += heads.filter { $0 != name }
    }
    return stored
  }

  /// The tensor's name if it is the head's.
  public func isHead(_ name: String) -> Bool {
    [family.names.head, family.names.otherHead].contains { $0.map { $0 + ".weight" } == name }
  }

  /// Whether files carry a table of this name beside the parameters: causal masks and rotary frequencies.
  public func isTable(_ name: String) -> Bool { family.names.tables.contains { name.hasSuffix($0) } }
}

extension ModelConfiguration.Family {
  fileprivate func read(_ keys: ConfigurationKeys) throws(ModelError) -> ModelConfiguration {
    try definition.configuration(keys)
  }

  fileprivate func write(_ model: ModelConfiguration) -> [String: ConfigurationValue] { definition.keys(model) }
}

/// What a family is: its names, and a mapping from and to the keys of `config.json`.
protocol FamilyDefinition {
  /// The class of transformers.
  static var architecture: String { get }
  static var names: TensorNames { get }
  /// Special ids that transformers' class has where the keys are absent.
  static var specialTokenIDs: [String: Int] { get }
  /// Reads the keys.
  static func configuration(_ keys: ConfigurationKeys) throws(ModelError) -> ModelConfiguration
  /// The family's own keys of a model.
  static func keys(_ model: ModelConfiguration) -> [String: ConfigurationValue]
}

extension FamilyDefinition {
  static var specialTokenIDs: [String: Int] { [:] }
}
