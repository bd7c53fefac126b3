// Generated from retort/v1/score.proto by scripts/generate-protos.sh. Do not edit.
// swift-format-ignore-file

internal import CRetortProtos

/// How the numbers of a Score reply are coded. Token ids and extents are exact in either.
public enum WirePrecision: Int32, Sendable, Hashable, CaseIterable {
  /// Not chosen, which means PRECISION_FLOAT32.
  case unspecified = 0
  /// IEEE 754 binary32 in the `float` columns of ScoreChunk.
  case float32 = 1
  /// Two bytes a number in the `_f16` columns of ScoreChunk, and bit columns for the most probable tokens.
  case float16 = 2

  init(_ value: Retort__V1__Precision) {
    self = Self(rawValue: Int32(truncatingIfNeeded: value.rawValue)) ?? .unspecified
  }

  var cValue: Retort__V1__Precision { Retort__V1__Precision(rawValue: Retort__V1__Precision.RawValue(rawValue)) }
}

/// What to return for each completion position. Log-prob i is *of* token i: `log p(token_ids[i] | token_ids[..<i])`.
///
/// R is the number of completion positions of the request: those of sequence 0 in order, then of sequence 1, and so on.
/// Every field left unset asks for nothing. Anything may be asked together.
public struct WireScoreOptions: WireMessage {
  /// The log-prob of the actual token.
  public var tokenLogprobs: Bool
  /// The K most probable tokens with their log-probs, and the tail; 0: none.
  public var topCount: UInt32
  /// All V log-probs, V being the description's `vocab_size`.
  public var fullLogprobs: Bool
  /// The entropy of the distribution.
  public var entropy: Bool
  /// The last hidden state: what the output head of GetOutputHead is multiplied with.
  public var hiddenState: Bool
  /// Ids whose log-probs are wanted, the same number at each position, in any order; an id may be named twice and is
  /// answered twice. An id at or past `vocab_size` is INVALID_ARGUMENT. Shape: [R, gather_count].
  public var gatherTokenIDs: [UInt32]
  /// Number of ids named per position; 0: none.
  public var gatherCount: UInt32
  /// How the reply's numbers are coded. A service whose `Abilities.float16` is unset answers in float32 whatever is asked.
  public var precision: WirePrecision
  /// Number of ids drawn per position from the distribution, with replacement; 0: none. Only where `Abilities.draws` is set.
  public var drawCount: UInt32
  /// With the tokens before a position it fixes what is drawn there, whatever else a request holds.
  public var drawSeed: UInt64

  /// Makes the message; what is left out is not sent.
  public init(
    tokenLogprobs: Bool = false,
    topCount: UInt32 = 0,
    fullLogprobs: Bool = false,
    entropy: Bool = false,
    hiddenState: Bool = false,
    gatherTokenIDs: [UInt32] = [],
    gatherCount: UInt32 = 0,
    precision: WirePrecision = .unspecified,
    drawCount: UInt32 = 0,
    drawSeed: UInt64 = 0
  ) {
    self.tokenLogprobs = tokenLogprobs
    self.topCount = topCount
    self.fullLogprobs = fullLogprobs
    self.entropy = entropy
    self.hiddenState = hiddenState
    self.gatherTokenIDs = gatherTokenIDs
    self.gatherCount = gatherCount
    self.precision = precision
    self.drawCount = drawCount
    self.drawSeed = drawSeed
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.ScoreOptions"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

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
      unsafe cMessage.precision = precision.cValue
      unsafe cMessage.draw_count = drawCount
      unsafe cMessage.draw_seed = drawSeed
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
    precision = unsafe WirePrecision(cMessage.precision)
    drawCount = unsafe cMessage.draw_count
    drawSeed = unsafe cMessage.draw_seed
  }
}

/// Consecutive positions of a reply. A reply is sent in chunks of bounded size, in order.
///
/// N is the number of positions of this chunk. All log-probs are natural, in nats, at temperature 1.
///
/// With PRECISION_FLOAT32 columns 4 to 11 are used, with PRECISION_FLOAT16 columns 12 to 20; a column that was not asked
/// for is empty.
///
/// An `_f16` column holds IEEE 754 binary16 numbers, two bytes each, little-endian, in the shape of its float32 twin:
/// numpy.frombuffer(column, '<f2'). Numbers are rounded to nearest, ties to even. Finite ones beyond 65504 become 65504
/// with their sign, never an infinity; infinities and NaN stay. Rounding keeps the order: a larger number never gets a
/// smaller code. Nothing is normalised again after rounding.
///
/// A bit column holds numbers of b bits one after another without gaps: bit j of number i is bit (i * b + j) % 8, counted
/// from the least significant, of byte (i * b + j) / 8. Bits after the last number are 0. With numpy, for n numbers:
/// bits = unpackbits(frombuffer(column, 'u1'), bitorder='little')[:n * b].reshape(n, b); numbers = bits @ (1 << arange(b)).
///
/// A 14-bit log-prob is a code c: for c up to 15360 the log-prob is -256 times the binary16 number whose bits are c; 16383 is
/// negative infinity, 16382 and what is between are NaN. Log-probs are rounded to nearest, ties to even: by at most 2^-11 of
/// the value or 2^-17, whichever is larger. Those below -256 become -256, positive ones 0.
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
  /// Log-probs of the actual tokens as binary16. Shape: [N].
  public var tokenLogprobsF16: [UInt8]
  /// Bits of each number of `packed_top_token_ids`: the fewest that hold V - 1, at least 1; 0 where that column is empty.
  public var topTokenIDBits: UInt32
  /// Most probable ids, descending by the log-probs before rounding; ties by the smaller id. A bit column of
  /// `top_token_id_bits`. Shape: [N, K].
  public var packedTopTokenIDs: [UInt8]
  /// Their log-probs, a bit column of 14-bit log-probs. Shape: [N, K].
  public var packedTopLogprobs: [UInt8]
  /// log(1 - sum of exp of the K log-probs before rounding), a bit column of 14-bit log-probs. Shape: [N].
  public var packedTailLogprobs: [UInt8]
  /// Log-probs at the named ids as binary16. Shape: [N, gather_count].
  public var gatheredLogprobsF16: [UInt8]
  /// All log-probs as binary16. Shape: [N, V].
  public var fullLogprobsF16: [UInt8]
  /// Entropies in nats as binary16. Shape: [N].
  public var entropiesF16: [UInt8]
  /// Last hidden states as binary16. Shape: [N, D].
  public var hiddenStatesF16: [UInt8]
  /// Ids drawn with replacement, ascending: an id drawn twice stands there twice. Used with either precision. Shape:
  /// [N, draw_count].
  public var drawnTokenIDs: [UInt32]

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
    hiddenStates: [Float] = [],
    tokenLogprobsF16: [UInt8] = [],
    topTokenIDBits: UInt32 = 0,
    packedTopTokenIDs: [UInt8] = [],
    packedTopLogprobs: [UInt8] = [],
    packedTailLogprobs: [UInt8] = [],
    gatheredLogprobsF16: [UInt8] = [],
    fullLogprobsF16: [UInt8] = [],
    entropiesF16: [UInt8] = [],
    hiddenStatesF16: [UInt8] = [],
    drawnTokenIDs: [UInt32] = []
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
    self.tokenLogprobsF16 = tokenLogprobsF16
    self.topTokenIDBits = topTokenIDBits
    self.packedTopTokenIDs = packedTopTokenIDs
    self.packedTopLogprobs = packedTopLogprobs
    self.packedTailLogprobs = packedTailLogprobs
    self.gatheredLogprobsF16 = gatheredLogprobsF16
    self.fullLogprobsF16 = fullLogprobsF16
    self.entropiesF16 = entropiesF16
    self.hiddenStatesF16 = hiddenStatesF16
    self.drawnTokenIDs = drawnTokenIDs
  }

  /// Name in Protos/.
  public static let protoName = "retort.v1.ScoreChunk"

  /// Counts messages as they are encoded and decoded.
  public static let codec = CodecCounter(message: protoName)

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
                    return try unsafe withColumn(tokenLogprobsF16) { tokenLogprobsF16 in
                      return try unsafe withColumn(packedTopTokenIDs) { packedTopTokenIDs in
                        return try unsafe withColumn(packedTopLogprobs) { packedTopLogprobs in
                          return try unsafe withColumn(packedTailLogprobs) { packedTailLogprobs in
                            return try unsafe withColumn(gatheredLogprobsF16) { gatheredLogprobsF16 in
                              return try unsafe withColumn(fullLogprobsF16) { fullLogprobsF16 in
                                return try unsafe withColumn(entropiesF16) { entropiesF16 in
                                  return try unsafe withColumn(hiddenStatesF16) { hiddenStatesF16 in
                                    return try unsafe withColumn(drawnTokenIDs) { drawnTokenIDs in
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
                                      unsafe cMessage.token_logprobs_f16 = ProtobufCBinaryData(len: tokenLogprobsF16.count, data: tokenLogprobsF16.start)
                                      unsafe cMessage.top_token_id_bits = topTokenIDBits
                                      unsafe cMessage.packed_top_token_ids = ProtobufCBinaryData(len: packedTopTokenIDs.count, data: packedTopTokenIDs.start)
                                      unsafe cMessage.packed_top_logprobs = ProtobufCBinaryData(len: packedTopLogprobs.count, data: packedTopLogprobs.start)
                                      unsafe cMessage.packed_tail_logprobs = ProtobufCBinaryData(len: packedTailLogprobs.count, data: packedTailLogprobs.start)
                                      unsafe cMessage.gathered_logprobs_f16 = ProtobufCBinaryData(len: gatheredLogprobsF16.count, data: gatheredLogprobsF16.start)
                                      unsafe cMessage.full_logprobs_f16 = ProtobufCBinaryData(len: fullLogprobsF16.count, data: fullLogprobsF16.start)
                                      unsafe cMessage.entropies_f16 = ProtobufCBinaryData(len: entropiesF16.count, data: entropiesF16.start)
                                      unsafe cMessage.hidden_states_f16 = ProtobufCBinaryData(len: hiddenStatesF16.count, data: hiddenStatesF16.start)
                                      unsafe (cMessage.n_drawn_token_ids, cMessage.drawn_token_ids) = (drawnTokenIDs.count, drawnTokenIDs.start)
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
    tokenLogprobsF16 = unsafe readColumn(cMessage.token_logprobs_f16.data, cMessage.token_logprobs_f16.len)
    topTokenIDBits = unsafe cMessage.top_token_id_bits
    packedTopTokenIDs = unsafe readColumn(cMessage.packed_top_token_ids.data, cMessage.packed_top_token_ids.len)
    packedTopLogprobs = unsafe readColumn(cMessage.packed_top_logprobs.data, cMessage.packed_top_logprobs.len)
    packedTailLogprobs = unsafe readColumn(cMessage.packed_tail_logprobs.data, cMessage.packed_tail_logprobs.len)
    gatheredLogprobsF16 = unsafe readColumn(cMessage.gathered_logprobs_f16.data, cMessage.gathered_logprobs_f16.len)
    fullLogprobsF16 = unsafe readColumn(cMessage.full_logprobs_f16.data, cMessage.full_logprobs_f16.len)
    entropiesF16 = unsafe readColumn(cMessage.entropies_f16.data, cMessage.entropies_f16.len)
    hiddenStatesF16 = unsafe readColumn(cMessage.hidden_states_f16.data, cMessage.hidden_states_f16.len)
    drawnTokenIDs = unsafe readColumn(cMessage.drawn_token_ids, cMessage.n_drawn_token_ids)
  }
}
