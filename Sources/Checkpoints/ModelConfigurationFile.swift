internal import Foundation
public import Sequences
internal import Transformer

/// Special ids of a model, as its configuration has them.
public struct SpecialTokens: Sendable, Hashable {
  /// Begins a sequence.
  public var bosTokenID: TokenID?
  /// Any of these ends a completion.
  public var eosTokenIDs: [TokenID]
  /// Fills; never part of a sequence.
  public var padTokenID: TokenID?

  /// Makes the ids.
  public init(bosTokenID: TokenID? = nil, eosTokenIDs: [TokenID] = [], padTokenID: TokenID? = nil) {
    self.bosTokenID = bosTokenID
    self.eosTokenIDs = eosTokenIDs
    self.padTokenID = padTokenID
  }
}

/// `config.json` of Hugging Face, for the families that the engine has.
struct ModelConfigurationFile {
  /// Largest file that is read, in bytes.
  static let sizeLimit = 1 << 20

  let configuration: ModelConfiguration
  let special: SpecialTokens

  init(_ url: URL) throws(CheckpointError) {
    let path = url.path(percentEncoded: false)
    let keys = try JSONFile.read(Keys.self, url, limit: Self.sizeLimit)
    special = SpecialTokens(
      bosTokenID: keys.bos_token_id?.first, eosTokenIDs: keys.eos_token_id?.ids ?? [],
      padTokenID: keys.pad_token_id?.first)
    switch try Self.family(keys, path) {
    case .llama: configuration = try Self.llama(KeyReader(path: path), keys)
    case .gpt2: configuration = try Self.gpt2(KeyReader(path: path), keys)
    }
  }

  /// The architecture classes of transformers that are known.
  private static let architectures = ["LlamaForCausalLM": ("llama", Family.llama), "GPT2LMHeadModel": ("gpt2", .gpt2)]
  fileprivate typealias Family = ModelConfiguration.Family

  private static func family(_ keys: Keys, _ path: String) throws(CheckpointError) -> Family {
    let known = architectures.keys.sorted()
    let types = architectures.values.map(\.0)
    func refuse(_ name: String) -> CheckpointError {
      .unsupportedArchitecture(path: path, name: name, known: known)
    }
    if let type = keys.model_type, !types.contains(type) { throw refuse(keys.architectures?.first ?? type) }
    if let name = keys.architectures?.first {
      guard let found = architectures[name] else { throw refuse(name) }
      guard keys.model_type == nil || keys.model_type == found.0 else {
        throw .unsupportedValue(
          path: path, key: "model_type", value: keys.model_type ?? "", supported: "\(found.0), as architectures says")
      }
      return found.1
    }
    guard let found = architectures.values.first(where: { $0.0 == keys.model_type }) else {
      throw .malformedJSON(path: path, reason: "neither architectures nor model_type is given")
    }
    return found.1
  }

  private static func llama(_ read: KeyReader, _ keys: Keys) throws(CheckpointError) -> ModelConfiguration {
    try read.expect("hidden_act", keys.hidden_act, ["silu", "swish"])
    try read.refuse("quantization_config", keys.quantization_config != nil, "unquantised parameters")
    let (width, heads) = (
      try read.need("hidden_size", keys.hidden_size), try read.need("num_attention_heads", keys.num_attention_heads)
    )
    let rope = try self.rope(read, keys)
    return try read.configuration { () throws(ModelError) in
      try ModelConfiguration(
        family: .llama, vocabSize: read.take(keys.vocab_size), width: width,
        layerCount: read.take(keys.num_hidden_layers), headCount: heads, keyValueHeadCount: keys.num_key_value_heads,
        headWidth: keys.head_dim, feedForwardWidth: read.take(keys.intermediate_size),
        contextLength: keys.max_position_embeddings ?? 2048, ropeTheta: rope.theta, ropeScaling: rope.scaling,
        normEpsilon: keys.rms_norm_eps ?? 1e-6, tiesWordEmbeddings: keys.tie_word_embeddings ?? false,
        attentionBias: keys.attention_bias ?? false, mlpBias: keys.mlp_bias ?? false)
    }
  }

  /// Rotary frequencies: `rope_theta` and `rope_scaling`, or `rope_parameters`, which newer folders have.
  private static func rope(
    _ read: KeyReader, _ keys: Keys
  ) throws(CheckpointError) -> (theta: Double, scaling: ModelConfiguration.RopeScaling?) {
    let values = keys.rope_parameters ?? keys.rope_scaling
    let theta = keys.rope_parameters?.rope_theta ?? keys.rope_theta ?? 10_000
    switch values?.rope_type ?? values?.type ?? "default" {
    case "default": return (theta, nil)
    case "llama3":
      return (
        theta,
        ModelConfiguration.RopeScaling(
          factor: try read.need("rope_scaling.factor", values?.factor),
          lowFrequencyFactor: try read.need("rope_scaling.low_freq_factor", values?.low_freq_factor),
          highFrequencyFactor: try read.need("rope_scaling.high_freq_factor", values?.high_freq_factor),
          originalContextLength: try read.need(
            "rope_scaling.original_max_position_embeddings", values?.original_max_position_embeddings))
      )
    case let type:
      throw .unsupportedValue(
        path: read.path, key: "rope_scaling.rope_type", value: type, supported: "default, llama3")
    }
  }

  private static func gpt2(_ read: KeyReader, _ keys: Keys) throws(CheckpointError) -> ModelConfiguration {
    try read.expect("activation_function", keys.activation_function, ["gelu_new", "gelu_pytorch_tanh"])
    try read.refuse("scale_attn_weights", keys.scale_attn_weights == false, "true")
    try read.refuse("scale_attn_by_inverse_layer_idx", keys.scale_attn_by_inverse_layer_idx == true, "false")
    try read.refuse("add_cross_attention", keys.add_cross_attention == true, "false")
    try read.refuse("quantization_config", keys.quantization_config != nil, "unquantised parameters")
    let width = try read.need("n_embd", keys.n_embd)
    return try read.configuration { () throws(ModelError) in
      try ModelConfiguration(
        family: .gpt2, vocabSize: read.take(keys.vocab_size), width: width, layerCount: read.take(keys.n_layer),
        headCount: read.take(keys.n_head), feedForwardWidth: keys.n_inner ?? 4 * min(width, 1 << 24),
        contextLength: keys.n_positions ?? keys.n_ctx ?? 1024, normEpsilon: keys.layer_norm_epsilon ?? 1e-5,
        tiesWordEmbeddings: keys.tie_word_embeddings ?? true)
    }
  }
}

/// The keys that are read. Their names are Hugging Face's.
// swift-format-ignore: AlwaysUseLowerCamelCase
private struct Keys: Decodable {
  struct Rope: Decodable {
    var rope_type, type: String?
    var rope_theta, factor, low_freq_factor, high_freq_factor: Double?
    var original_max_position_embeddings: Int?
  }
  /// Anything at all.
  struct Present: Decodable { init(from decoder: any Decoder) {} }

  var architectures: [String]?
  var model_type, hidden_act, activation_function: String?
  var vocab_size, hidden_size, intermediate_size, num_hidden_layers, num_attention_heads, num_key_value_heads: Int?
  var head_dim, max_position_embeddings, n_embd, n_layer, n_head, n_inner, n_positions, n_ctx: Int?
  var rms_norm_eps, layer_norm_epsilon, rope_theta: Double?
  var rope_scaling, rope_parameters: Rope?
  var tie_word_embeddings, attention_bias, mlp_bias: Bool?
  var scale_attn_weights, scale_attn_by_inverse_layer_idx, add_cross_attention: Bool?
  var bos_token_id, eos_token_id, pad_token_id: TokenIDs?
  var quantization_config: Present?
}

/// One id, or a list of ids.
struct TokenIDs: Decodable, Sendable, Hashable {
  let ids: [TokenID]

  /// The first.
  var first: TokenID? { ids.first }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let id = try? container.decode(TokenID.self) {
      ids = [id]
    } else if let id = try? container.decode(Int.self), id < 0 {
      ids = []  // −1 is written for «none».
    } else {
      ids = try container.decode([TokenID].self)
    }
  }
}

/// Reads keys of one file; its errors name the file and the key.
private struct KeyReader {
  let path: String

  func need<Value>(_ key: String, _ value: Value?) throws(CheckpointError) -> Value {
    guard let value else { throw .malformedJSON(path: path, reason: "the key \(key) is missing") }
    return value
  }

  /// A size that ``ModelConfiguration`` refuses where it is missing.
  func take(_ value: Int?) -> Int { value ?? 0 }

  func expect(_ key: String, _ value: String?, _ supported: [String]) throws(CheckpointError) {
    guard let value, !supported.contains(value) else { return }
    throw .unsupportedValue(path: path, key: key, value: value, supported: supported[0])
  }

  func refuse(_ key: String, _ refused: Bool, _ supported: String) throws(CheckpointError) {
    guard refused else { return }
    throw .unsupportedValue(path: path, key: key, value: "something else", supported: supported)
  }

  /// Makes a configuration; says which file it comes from where it is refused.
  func configuration(_ make: () throws(ModelError) -> ModelConfiguration) throws(CheckpointError) -> ModelConfiguration
  {
    do {
      return try make()
    } catch {
      throw .malformedJSON(path: path, reason: "\(error)")
    }
  }
}

/// JSON files, of a limited size.
enum JSONFile {
  static func read<Content: Decodable>(
    _ type: Content.Type, _ url: URL, limit: Int
  ) throws(CheckpointError) -> Content {
    let data = try InputFile.contents(of: url, limit: limit)
    let path = url.path(percentEncoded: false)
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch let error as DecodingError {
      throw .malformedJSON(path: path, reason: reason(error))
    } catch {
      throw .malformedJSON(path: path, reason: "not JSON")
    }
  }

  private static func reason(_ error: DecodingError) -> String {
    func place(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
    switch error {
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return "the key \(place(context.codingPath)) has a value of the wrong type"
    case .keyNotFound(let key, let context):
      return "the key \(place(context.codingPath + [key])) is missing"
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      return "the value of \(place(context.codingPath)) cannot be understood"
    default: return "not JSON"
    }
  }
}
