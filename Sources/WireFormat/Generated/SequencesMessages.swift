// Generated from retort/v1/sequences.proto by scripts/generate-protos.sh. Do not edit.
// swift-format-ignore-file

internal import CRetortProtos

/// Why a completion ended.
public enum WireFinishReason: Int32, Sendable, Hashable, CaseIterable {
  /// Never sent.
  case unspecified = 0
  /// A stop token, or the token that completes a stop string, was produced; it is the completion's last id.
  case stop = 1
  /// `max_new_tokens` or the model's context length was reached: the text is truncated.
  case length = 2

  init(_ value: Retort__V1__FinishReason) {
    self = Self(rawValue: Int32(truncatingIfNeeded: value.rawValue)) ?? .unspecified
  }

  var cValue: Retort__V1__FinishReason { Retort__V1__FinishReason(rawValue: Retort__V1__FinishReason.RawValue(rawValue)) }
}

/// B sequences of token ids, one after another, without padding.
///
/// Sequence b holds `sequence_lengths[b]` ids; the ids of all sequences stand in `token_ids` in order.
/// The first `prompt_lengths[b]` ids of a sequence are given, the rest are its completion.
public struct WireSequenceBatch: WireMessage {
  /// Ids of all sequences, concatenated. Shape: [sum of sequence_lengths].
  public var tokenIDs: [UInt32]
  /// Number of ids of each sequence, prompt and completion together; at least 1. Shape: [B].
  public var sequenceLengths: [UInt32]
  /// Number of leading ids that are the prompt: at least 1, since a sequence's first token has no log-prob, and at most
  /// the sequence's length. Shape: [B].
  public var promptLengths: [UInt32]

  /// Makes the message; what is left out is not sent.
  public init(
    tokenIDs: [UInt32] = [],
    sequenceLengths: [UInt32] = [],
    promptLengths: [UInt32] = []
  ) {
    self.tokenIDs = tokenIDs
    self.sequenceLengths = sequenceLengths
    self.promptLengths = promptLengths
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.SequenceBatch"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireSequenceBatch: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__SequenceBatch {
    var cMessage = unsafe Retort__V1__SequenceBatch()
    unsafe retort__v1__sequence_batch__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__SequenceBatch>) throws -> R) rethrows -> R {
    return try unsafe withColumn(tokenIDs) { tokenIDs in
      return try unsafe withColumn(sequenceLengths) { sequenceLengths in
        return try unsafe withColumn(promptLengths) { promptLengths in
          var cMessage = unsafe Self.makeCMessage()
          unsafe (cMessage.n_token_ids, cMessage.token_ids) = (tokenIDs.count, tokenIDs.start)
          unsafe (cMessage.n_sequence_lengths, cMessage.sequence_lengths) = (sequenceLengths.count, sequenceLengths.start)
          unsafe (cMessage.n_prompt_lengths, cMessage.prompt_lengths) = (promptLengths.count, promptLengths.start)
          return try unsafe body(&cMessage)
        }
      }
    }
  }

  init(cMessage: Retort__V1__SequenceBatch) throws(WireFormatError) {
    tokenIDs = unsafe readColumn(cMessage.token_ids, cMessage.n_token_ids)
    sequenceLengths = unsafe readColumn(cMessage.sequence_lengths, cMessage.n_sequence_lengths)
    promptLengths = unsafe readColumn(cMessage.prompt_lengths, cMessage.n_prompt_lengths)
  }
}

/// How completions are sampled. Log-probs on the wire are always at temperature 1 and unfiltered.
public struct WireSamplingOptions: WireMessage {
  /// Sampling temperature; 0 takes the most probable token.
  public var temperature: Float
  /// Keeps the most probable tokens; 0 keeps all.
  public var topK: UInt32
  /// Keeps the smallest set of tokens of at least this probability, in (0, 1]; 0 means unset, which is 1.
  public var topP: Float
  /// At most so many new tokens per completion; at least 1.
  public var maxNewTokens: UInt32
  /// Ids that end a completion; the id itself belongs to the completion. Empty: the model's own.
  public var stopTokenIDs: [UInt32]
  /// Takes away tokens less probable than this share of the most probable one's probability, in [0, 1]; 0: none.
  public var minP: Float
  /// Logits of tokens that occur in prompt or completion are divided by this where positive, multiplied where negative;
  /// 0 means unset, which is 1: no penalty.
  public var repetitionPenalty: Float
  /// No n-gram of so many tokens occurs twice in prompt and completion together; 0: any may.
  public var noRepeatNgramSize: UInt32
  /// No stop token comes before so many new tokens; at most `max_new_tokens`.
  public var minNewTokens: UInt32
  /// Texts that end a completion, none of them empty, at most 16: the ids end with the token that completes one of them,
  /// and the finish reason is STOP. The ids are not cut: who wants the text without the stop text cuts it there. Needs a
  /// tokenizer beside the model; refused where there is none.
  public var stopStrings: [String]

  /// Makes the message; what is left out is not sent.
  public init(
    temperature: Float = 0,
    topK: UInt32 = 0,
    topP: Float = 0,
    maxNewTokens: UInt32 = 0,
    stopTokenIDs: [UInt32] = [],
    minP: Float = 0,
    repetitionPenalty: Float = 0,
    noRepeatNgramSize: UInt32 = 0,
    minNewTokens: UInt32 = 0,
    stopStrings: [String] = []
  ) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.maxNewTokens = maxNewTokens
    self.stopTokenIDs = stopTokenIDs
    self.minP = minP
    self.repetitionPenalty = repetitionPenalty
    self.noRepeatNgramSize = noRepeatNgramSize
    self.minNewTokens = minNewTokens
    self.stopStrings = stopStrings
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.SamplingOptions"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireSamplingOptions: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__SamplingOptions {
    var cMessage = unsafe Retort__V1__SamplingOptions()
    unsafe retort__v1__sampling_options__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__SamplingOptions>) throws -> R) rethrows -> R {
    return try unsafe withColumn(stopTokenIDs) { stopTokenIDs in
      var cMessage = unsafe Self.makeCMessage()
      unsafe cMessage.temperature = temperature
      unsafe cMessage.top_k = topK
      unsafe cMessage.top_p = topP
      unsafe cMessage.max_new_tokens = maxNewTokens
      unsafe (cMessage.n_stop_token_ids, cMessage.stop_token_ids) = (stopTokenIDs.count, stopTokenIDs.start)
      unsafe cMessage.min_p = minP
      unsafe cMessage.repetition_penalty = repetitionPenalty
      unsafe cMessage.no_repeat_ngram_size = noRepeatNgramSize
      unsafe cMessage.min_new_tokens = minNewTokens
      unsafe (cMessage.n_stop_strings, cMessage.stop_strings) = arena.strings(stopStrings)
      return try unsafe body(&cMessage)
    }
  }

  init(cMessage: Retort__V1__SamplingOptions) throws(WireFormatError) {
    temperature = unsafe cMessage.temperature
    topK = unsafe cMessage.top_k
    topP = unsafe cMessage.top_p
    maxNewTokens = unsafe cMessage.max_new_tokens
    stopTokenIDs = unsafe readColumn(cMessage.stop_token_ids, cMessage.n_stop_token_ids)
    minP = unsafe cMessage.min_p
    repetitionPenalty = unsafe cMessage.repetition_penalty
    noRepeatNgramSize = unsafe cMessage.no_repeat_ngram_size
    minNewTokens = unsafe cMessage.min_new_tokens
    stopStrings = try unsafe readStrings(cMessage.stop_strings, cMessage.n_stop_strings, field: "retort.v1.SamplingOptions.stop_strings")
  }
}

/// Finished completions of some of a request's prompts.
public struct WireCompletionBatch: WireMessage {
  /// For each completion, the index of its prompt in the request. Shape: [B].
  public var promptIndices: [UInt32]
  /// Ids of the completions alone, concatenated, stop token included. Shape: [sum of completion_lengths].
  public var tokenIDs: [UInt32]
  /// Number of ids of each completion. Shape: [B].
  public var completionLengths: [UInt32]
  /// Log-prob of each id of `token_ids` in nats, at temperature 1, unfiltered. Empty where the model gives none.
  public var tokenLogprobs: [Float]
  /// Why each completion ended. Shape: [B].
  public var finishReasons: [WireFinishReason]

  /// Makes the message; what is left out is not sent.
  public init(
    promptIndices: [UInt32] = [],
    tokenIDs: [UInt32] = [],
    completionLengths: [UInt32] = [],
    tokenLogprobs: [Float] = [],
    finishReasons: [WireFinishReason] = []
  ) {
    self.promptIndices = promptIndices
    self.tokenIDs = tokenIDs
    self.completionLengths = completionLengths
    self.tokenLogprobs = tokenLogprobs
    self.finishReasons = finishReasons
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.CompletionBatch"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireCompletionBatch: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__CompletionBatch {
    var cMessage = unsafe Retort__V1__CompletionBatch()
    unsafe retort__v1__completion_batch__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__CompletionBatch>) throws -> R) rethrows -> R {
    return try unsafe withColumn(promptIndices) { promptIndices in
      return try unsafe withColumn(tokenIDs) { tokenIDs in
        return try unsafe withColumn(completionLengths) { completionLengths in
          return try unsafe withColumn(tokenLogprobs) { tokenLogprobs in
            var cMessage = unsafe Self.makeCMessage()
            unsafe (cMessage.n_prompt_indices, cMessage.prompt_indices) = (promptIndices.count, promptIndices.start)
            unsafe (cMessage.n_token_ids, cMessage.token_ids) = (tokenIDs.count, tokenIDs.start)
            unsafe (cMessage.n_completion_lengths, cMessage.completion_lengths) = (completionLengths.count, completionLengths.start)
            unsafe (cMessage.n_token_logprobs, cMessage.token_logprobs) = (tokenLogprobs.count, tokenLogprobs.start)
            unsafe (cMessage.n_finish_reasons, cMessage.finish_reasons) = arena.values(finishReasons.map(\.cValue))
            return try unsafe body(&cMessage)
          }
        }
      }
    }
  }

  init(cMessage: Retort__V1__CompletionBatch) throws(WireFormatError) {
    promptIndices = unsafe readColumn(cMessage.prompt_indices, cMessage.n_prompt_indices)
    tokenIDs = unsafe readColumn(cMessage.token_ids, cMessage.n_token_ids)
    completionLengths = unsafe readColumn(cMessage.completion_lengths, cMessage.n_completion_lengths)
    tokenLogprobs = unsafe readColumn(cMessage.token_logprobs, cMessage.n_token_logprobs)
    finishReasons = unsafe readColumn(cMessage.finish_reasons, cMessage.n_finish_reasons).map(WireFinishReason.init)
  }
}
