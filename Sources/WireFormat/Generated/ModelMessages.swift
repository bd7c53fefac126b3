// Generated from retort/v1/model.proto by scripts/generate-protos.sh. Do not edit.
// swift-format-ignore-file

internal import CRetortProtos

/// In what the large products of a model are computed; sums are float32 in any case.
public enum WireProductPrecision: Int32, Sendable, Hashable, CaseIterable {
  /// Not chosen, which means PRODUCT_PRECISION_FLOAT32.
  case unspecified = 0
  /// Factors as they are.
  case float32 = 1
  /// Factors rounded to bfloat16; parameters stay float32 beside their rounded copy.
  case bfloat16 = 2

  init(_ value: Retort__V1__ProductPrecision) {
    self = Self(rawValue: Int32(truncatingIfNeeded: value.rawValue)) ?? .unspecified
  }

  var cValue: Retort__V1__ProductPrecision { Retort__V1__ProductPrecision(rawValue: Retort__V1__ProductPrecision.RawValue(rawValue)) }
}

/// Identity and abilities of the model behind a service.
public struct WireModelDescription: WireMessage {
  /// A name for people, such as the folder's.
  public var name: String
  /// SHA-256 of the configuration and the parameters, lower-case hex: part of every cache key.
  public var modelDigest: String
  /// SHA-256 over the tokens in id order, the merges and the special ids, lower-case hex.
  /// Empty where the service has no tokenizer: then `vocab_size` and the special ids are compared alone.
  public var vocabularyDigest: String
  /// Number of tokens of the tokenizer, added tokens included: the ids that may occur.
  public var vocabSize: UInt32
  /// Rows of the output head; at least `vocab_size`. Rows past `vocab_size` are padding and get no probability.
  public var headSize: UInt32
  /// Longest sequence, in tokens.
  public var contextLength: UInt32
  /// Ids that begin a sequence; at most one; empty: none.
  public var bosTokenIDs: [UInt32]
  /// Ids that end a completion.
  public var eosTokenIDs: [UInt32]
  /// SHA-256 of the chat template, lower-case hex; empty: none.
  public var chatTemplateDigest: String
  /// What the service can answer.
  public var abilities: WireAbilities?
  /// Number of parameters; 0 where unknown.
  public var parameterCount: UInt64
  /// Settings that change the last bits of a result: BLAS core type, threads, precision. For people and checkpoints.
  public var determinism: String
  /// SHA-256 of the output head, lower-case hex: over V and D as uint64, the weights [V, D] and the biases [V] where there
  /// are any, all little-endian. Empty where `Abilities.output_head` is unset.
  public var outputHeadDigest: String
  /// D, the width of the last hidden state; 0 where unknown.
  public var hiddenSize: UInt32
  /// Each answer may cost money, as where the model is behind an endpoint: a question is put to one service only, of several that are the
  /// same, which keeps what it was answered.
  public var mayCharge: Bool

  /// Makes the message; what is left out is not sent.
  public init(
    name: String = "",
    modelDigest: String = "",
    vocabularyDigest: String = "",
    vocabSize: UInt32 = 0,
    headSize: UInt32 = 0,
    contextLength: UInt32 = 0,
    bosTokenIDs: [UInt32] = [],
    eosTokenIDs: [UInt32] = [],
    chatTemplateDigest: String = "",
    abilities: WireAbilities? = nil,
    parameterCount: UInt64 = 0,
    determinism: String = "",
    outputHeadDigest: String = "",
    hiddenSize: UInt32 = 0,
    mayCharge: Bool = false
  ) {
    self.name = name
    self.modelDigest = modelDigest
    self.vocabularyDigest = vocabularyDigest
    self.vocabSize = vocabSize
    self.headSize = headSize
    self.contextLength = contextLength
    self.bosTokenIDs = bosTokenIDs
    self.eosTokenIDs = eosTokenIDs
    self.chatTemplateDigest = chatTemplateDigest
    self.abilities = abilities
    self.parameterCount = parameterCount
    self.determinism = determinism
    self.outputHeadDigest = outputHeadDigest
    self.hiddenSize = hiddenSize
    self.mayCharge = mayCharge
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.ModelDescription"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireModelDescription: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__ModelDescription {
    var cMessage = unsafe Retort__V1__ModelDescription()
    unsafe retort__v1__model_description__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__ModelDescription>) throws -> R) rethrows -> R {
    return try unsafe withColumn(bosTokenIDs) { bosTokenIDs in
      return try unsafe withColumn(eosTokenIDs) { eosTokenIDs in
        return try unsafe withOptional(abilities, arena) { abilities in
          var cMessage = unsafe Self.makeCMessage()
          unsafe cMessage.name = arena.string(name)
          unsafe cMessage.model_digest = arena.string(modelDigest)
          unsafe cMessage.vocabulary_digest = arena.string(vocabularyDigest)
          unsafe cMessage.vocab_size = vocabSize
          unsafe cMessage.head_size = headSize
          unsafe cMessage.context_length = contextLength
          unsafe (cMessage.n_bos_token_ids, cMessage.bos_token_ids) = (bosTokenIDs.count, bosTokenIDs.start)
          unsafe (cMessage.n_eos_token_ids, cMessage.eos_token_ids) = (eosTokenIDs.count, eosTokenIDs.start)
          unsafe cMessage.chat_template_digest = arena.string(chatTemplateDigest)
          unsafe cMessage.abilities = abilities
          unsafe cMessage.parameter_count = parameterCount
          unsafe cMessage.determinism = arena.string(determinism)
          unsafe cMessage.output_head_digest = arena.string(outputHeadDigest)
          unsafe cMessage.hidden_size = hiddenSize
          unsafe cMessage.may_charge = mayCharge ? 1 : 0
          return try unsafe body(&cMessage)
        }
      }
    }
  }

  init(cMessage: Retort__V1__ModelDescription) throws(WireFormatError) {
    name = try unsafe readString(cMessage.name, field: "retort.v1.ModelDescription.name")
    modelDigest = try unsafe readString(cMessage.model_digest, field: "retort.v1.ModelDescription.model_digest")
    vocabularyDigest = try unsafe readString(cMessage.vocabulary_digest, field: "retort.v1.ModelDescription.vocabulary_digest")
    vocabSize = unsafe cMessage.vocab_size
    headSize = unsafe cMessage.head_size
    contextLength = unsafe cMessage.context_length
    bosTokenIDs = unsafe readColumn(cMessage.bos_token_ids, cMessage.n_bos_token_ids)
    eosTokenIDs = unsafe readColumn(cMessage.eos_token_ids, cMessage.n_eos_token_ids)
    chatTemplateDigest = try unsafe readString(cMessage.chat_template_digest, field: "retort.v1.ModelDescription.chat_template_digest")
    abilities = try unsafe readMessage(cMessage.abilities) as WireAbilities?
    parameterCount = unsafe cMessage.parameter_count
    determinism = try unsafe readString(cMessage.determinism, field: "retort.v1.ModelDescription.determinism")
    outputHeadDigest = try unsafe readString(cMessage.output_head_digest, field: "retort.v1.ModelDescription.output_head_digest")
    hiddenSize = unsafe cMessage.hidden_size
    mayCharge = unsafe cMessage.may_charge != 0
  }
}

/// What `Score` and `Generate` of a service can give.
public struct WireAbilities: WireMessage {
  /// `Generate` works.
  public var generate: Bool
  /// `Score` gives the log-prob of the actual token.
  public var tokenLogprobs: Bool
  /// Most tokens that `ScoreOptions.top_count` may ask; 0: none.
  public var maxTopCount: UInt32
  /// `Score` gives log-probs at ids that the caller names.
  public var gather: Bool
  /// `Score` gives the entropy.
  public var entropy: Bool
  /// `Score` gives all V log-probs of a position.
  public var fullLogprobs: Bool
  /// `Score` gives the last hidden state.
  public var hiddenState: Bool
  /// `Score` answers with PRECISION_FLOAT16 where it is asked to.
  public var float16: Bool
  /// `GetOutputHead` works.
  public var outputHead: Bool
  /// `Score` draws ids.
  public var draws: Bool
  /// `Generate` continues exactly the ids that it is given, by the distribution that `Score` tells of, and answers with the ids that it
  /// drew: a caller may go on from them. An endpoint that takes text and gives text does not.
  public var continuesTokens: Bool

  /// Makes the message; what is left out is not sent.
  public init(
    generate: Bool = false,
    tokenLogprobs: Bool = false,
    maxTopCount: UInt32 = 0,
    gather: Bool = false,
    entropy: Bool = false,
    fullLogprobs: Bool = false,
    hiddenState: Bool = false,
    float16: Bool = false,
    outputHead: Bool = false,
    draws: Bool = false,
    continuesTokens: Bool = false
  ) {
    self.generate = generate
    self.tokenLogprobs = tokenLogprobs
    self.maxTopCount = maxTopCount
    self.gather = gather
    self.entropy = entropy
    self.fullLogprobs = fullLogprobs
    self.hiddenState = hiddenState
    self.float16 = float16
    self.outputHead = outputHead
    self.draws = draws
    self.continuesTokens = continuesTokens
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.Abilities"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireAbilities: @unsafe FlatCMessageConvertible {
  static func makeCMessage() -> Retort__V1__Abilities {
    var cMessage = unsafe Retort__V1__Abilities()
    unsafe retort__v1__abilities__init(&cMessage)
    return unsafe cMessage
  }

  func fill(_ cMessage: inout Retort__V1__Abilities, _ arena: EncodingArena) {
    unsafe cMessage.generate = generate ? 1 : 0
    unsafe cMessage.token_logprobs = tokenLogprobs ? 1 : 0
    unsafe cMessage.max_top_count = maxTopCount
    unsafe cMessage.gather = gather ? 1 : 0
    unsafe cMessage.entropy = entropy ? 1 : 0
    unsafe cMessage.full_logprobs = fullLogprobs ? 1 : 0
    unsafe cMessage.hidden_state = hiddenState ? 1 : 0
    unsafe cMessage.float16 = float16 ? 1 : 0
    unsafe cMessage.output_head = outputHead ? 1 : 0
    unsafe cMessage.draws = draws ? 1 : 0
    unsafe cMessage.continues_tokens = continuesTokens ? 1 : 0
  }

  init(cMessage: Retort__V1__Abilities) throws(WireFormatError) {
    generate = unsafe cMessage.generate != 0
    tokenLogprobs = unsafe cMessage.token_logprobs != 0
    maxTopCount = unsafe cMessage.max_top_count
    gather = unsafe cMessage.gather != 0
    entropy = unsafe cMessage.entropy != 0
    fullLogprobs = unsafe cMessage.full_logprobs != 0
    hiddenState = unsafe cMessage.hidden_state != 0
    float16 = unsafe cMessage.float16 != 0
    outputHead = unsafe cMessage.output_head != 0
    draws = unsafe cMessage.draws != 0
    continuesTokens = unsafe cMessage.continues_tokens != 0
  }
}
