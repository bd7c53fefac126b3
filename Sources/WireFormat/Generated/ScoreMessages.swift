// Generated from retort/v1/score.proto by scripts/generate-protos.sh. Do not edit.
// swift-format-ignore-file

internal import CRetortProtos

/// What to return for each completion position. Log-prob i is *of* token i: `log p(token_ids[i] | token_ids[..<i])`.
///
/// R is the number of completion positions of the request: those of sequence 0 in order, then of sequence 1, and so on.
/// Every field left unset asks for nothing.
public struct WireScoreOptions: WireMessage {
  /// The log-prob of the actual token.
  public var tokenLogprobs: Bool
  /// The K most probable tokens with their log-probs, and the tail; 0: none.
  public var topCount: UInt32
  /// All V log-probs, V being the description's `vocab_size`.
  public var fullLogprobs: Bool
  /// The entropy of the distribution.
  public var entropy: Bool
  /// The last hidden state.
  public var hiddenState: Bool
  /// Ids whose log-probs are wanted, the same number at each position. Shape: [R, gather_count].
  public var gatherTokenIDs: [UInt32]
  /// Number of ids named per position; 0: none.
  public var gatherCount: UInt32

  /// Makes the message; what is left out is not sent.
  public init(
    tokenLogprobs: Bool = false,
    topCount: UInt32 = 0,
    fullLogprobs: Bool = false,
    entropy: Bool = false,
    hiddenState: Bool = false,
    gatherTokenIDs: [UInt32] = [],
    gatherCount: UInt32 = 0
  ) {
    self.tokenLogprobs = tokenLogprobs
    self.topCount = topCount
    self.fullLogprobs = fullLogprobs
    self.entropy = entropy
    self.hiddenState = hiddenState
    self.gatherTokenIDs = gatherTokenIDs
    self.gatherCount = gatherCount
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.ScoreOptions"

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireScoreOptions: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__ScoreOptions {
    var cMessage = unsafe Retort__V1__ScoreOptions()
    unsafe retort__v1__score_options__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__ScoreOptions>) throws -> R) rethrows -> R {
    return try unsafe withColumn(gatherTokenIDs) { gatherTokenIDs in
      var cMessage = unsafe Self.makeCMessage()
      unsafe cMessage.token_logprobs = tokenLogprobs ? 1 : 0
      unsafe cMessage.top_count = topCount
      unsafe cMessage.full_logprobs = fullLogprobs ? 1 : 0
      unsafe cMessage.entropy = entropy ? 1 : 0
      unsafe cMessage.hidden_state = hiddenState ? 1 : 0
      unsafe (cMessage.n_gather_token_ids, cMessage.gather_token_ids) = (gatherTokenIDs.count, gatherTokenIDs.start)
      unsafe cMessage.gather_count = gatherCount
      return try unsafe body(&cMessage)
    }
  }

  init(cMessage: Retort__V1__ScoreOptions) throws(WireFormatError) {
    tokenLogprobs = unsafe cMessage.token_logprobs != 0
    topCount = unsafe cMessage.top_count
    fullLogprobs = unsafe cMessage.full_logprobs != 0
    entropy = unsafe cMessage.entropy != 0
    hiddenState = unsafe cMessage.hidden_state != 0
    gatherTokenIDs = unsafe readColumn(cMessage.gather_token_ids, cMessage.n_gather_token_ids)
    gatherCount = unsafe cMessage.gather_count
  }
}

/// Consecutive positions of a reply. A reply is sent in chunks of bounded size, in order.
///
/// N is the number of positions of this chunk. All log-probs are natural, in nats, at temperature 1.
public struct WireScoreChunk: WireMessage {
  /// Index of the chunk's first position among the R of the request.
  public var firstPosition: UInt64
  /// N.
  public var positionCount: UInt32
  /// True in the last chunk of a request's reply.
  public var last: Bool
  /// Log-probs of the actual tokens. Shape: [N].
  public var tokenLogprobs: [Float]
  /// Most probable ids, descending; ties by the smaller id. Shape: [N, K].
  public var topTokenIDs: [UInt32]
  /// Their log-probs. Shape: [N, K].
  public var topLogprobs: [Float]
  /// log(1 - sum of exp(top_logprobs)); negative infinity where nothing is left. Shape: [N].
  public var tailLogprobs: [Float]
  /// Log-probs at the named ids. Shape: [N, gather_count].
  public var gatheredLogprobs: [Float]
  /// All log-probs. Shape: [N, V].
  public var fullLogprobs: [Float]
  /// Entropies in nats. Shape: [N].
  public var entropies: [Float]
  /// Last hidden states. Shape: [N, D].
  public var hiddenStates: [Float]

  /// Makes the message; what is left out is not sent.
  public init(
    firstPosition: UInt64 = 0,
    positionCount: UInt32 = 0,
    last: Bool = false,
    tokenLogprobs: [Float] = [],
    topTokenIDs: [UInt32] = [],
    topLogprobs: [Float] = [],
    tailLogprobs: [Float] = [],
    gatheredLogprobs: [Float] = [],
    fullLogprobs: [Float] = [],
    entropies: [Float] = [],
    hiddenStates: [Float] = []
  ) {
    self.firstPosition = firstPosition
    self.positionCount = positionCount
    self.last = last
    self.tokenLogprobs = tokenLogprobs
    self.topTokenIDs = topTokenIDs
    self.topLogprobs = topLogprobs
    self.tailLogprobs = tailLogprobs
    self.gatheredLogprobs = gatheredLogprobs
    self.fullLogprobs = fullLogprobs
    self.entropies = entropies
    self.hiddenStates = hiddenStates
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.ScoreChunk"

  public func withEncoding<R>(_ body: (MessageEncoding) throws -> R) throws -> R {
    try unsafe encode(body)
  }

  public init(decoding bytes: UnsafeRawBufferPointer) throws(WireFormatError) {
    self = try unsafe Self.unpack(bytes)
  }
}

extension WireScoreChunk: @unsafe CMessageConvertible {
  static func makeCMessage() -> Retort__V1__ScoreChunk {
    var cMessage = unsafe Retort__V1__ScoreChunk()
    unsafe retort__v1__score_chunk__init(&cMessage)
    return unsafe cMessage
  }

  func withCMessage<R>(_ arena: EncodingArena, _ body: (UnsafeMutablePointer<Retort__V1__ScoreChunk>) throws -> R) rethrows -> R {
    return try unsafe withColumn(tokenLogprobs) { tokenLogprobs in
      return try unsafe withColumn(topTokenIDs) { topTokenIDs in
        return try unsafe withColumn(topLogprobs) { topLogprobs in
          return try unsafe withColumn(tailLogprobs) { tailLogprobs in
            return try unsafe withColumn(gatheredLogprobs) { gatheredLogprobs in
              return try unsafe withColumn(fullLogprobs) { fullLogprobs in
                return try unsafe withColumn(entropies) { entropies in
                  return try unsafe withColumn(hiddenStates) { hiddenStates in
                    var cMessage = unsafe Self.makeCMessage()
                    unsafe cMessage.first_position = firstPosition
                    unsafe cMessage.position_count = positionCount
                    unsafe cMessage.last = last ? 1 : 0
                    unsafe (cMessage.n_token_logprobs, cMessage.token_logprobs) = (tokenLogprobs.count, tokenLogprobs.start)
                    unsafe (cMessage.n_top_token_ids, cMessage.top_token_ids) = (topTokenIDs.count, topTokenIDs.start)
                    unsafe (cMessage.n_top_logprobs, cMessage.top_logprobs) = (topLogprobs.count, topLogprobs.start)
                    unsafe (cMessage.n_tail_logprobs, cMessage.tail_logprobs) = (tailLogprobs.count, tailLogprobs.start)
                    unsafe (cMessage.n_gathered_logprobs, cMessage.gathered_logprobs) = (gatheredLogprobs.count, gatheredLogprobs.start)
                    unsafe (cMessage.n_full_logprobs, cMessage.full_logprobs) = (fullLogprobs.count, fullLogprobs.start)
                    unsafe (cMessage.n_entropies, cMessage.entropies) = (entropies.count, entropies.start)
                    unsafe (cMessage.n_hidden_states, cMessage.hidden_states) = (hiddenStates.count, hiddenStates.start)
                    return try unsafe body(&cMessage)
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  init(cMessage: Retort__V1__ScoreChunk) throws(WireFormatError) {
    firstPosition = unsafe cMessage.first_position
    positionCount = unsafe cMessage.position_count
    last = unsafe cMessage.last != 0
    tokenLogprobs = unsafe readColumn(cMessage.token_logprobs, cMessage.n_token_logprobs)
    topTokenIDs = unsafe readColumn(cMessage.top_token_ids, cMessage.n_top_token_ids)
    topLogprobs = unsafe readColumn(cMessage.top_logprobs, cMessage.n_top_logprobs)
    tailLogprobs = unsafe readColumn(cMessage.tail_logprobs, cMessage.n_tail_logprobs)
    gatheredLogprobs = unsafe readColumn(cMessage.gathered_logprobs, cMessage.n_gathered_logprobs)
    fullLogprobs = unsafe readColumn(cMessage.full_logprobs, cMessage.n_full_logprobs)
    entropies = unsafe readColumn(cMessage.entropies, cMessage.n_entropies)
    hiddenStates = unsafe readColumn(cMessage.hidden_states, cMessage.n_hidden_states)
  }
}
