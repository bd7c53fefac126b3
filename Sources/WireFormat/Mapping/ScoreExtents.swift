internal import CRetortProtos
internal import Sequences

/// Numbers per position of each column of a chunk, checked against what the chunk holds before anything is copied.
struct ScoreExtents {
  /// N.
  let count: Int
  /// True where the chunk's numbers are coded in two bytes or fewer.
  let isHalf: Bool
  let token: Int
  let top: Int
  let gathered: Int
  let full: Int
  let entropy: Int
  let hiddenWidth: Int
  let drawn: Int
  /// The most probable ids where they came packed. Shape: `[N, K]`.
  private(set) var unpackedIDs: [TokenID] = []
  var tail: Int { top > 0 ? 1 : 0 }

  /// Checks a chunk of `count` positions.
  ///
  /// - Parameter hiddenWidth: D, where an earlier chunk told it.
  /// - Throws: ``WireFormatError/columns(message:problem:)`` where a column has another extent than was asked,
  ///   ``WireFormatError/outOfRange(field:value:allowed:)`` where an id is outside the vocabulary.
  init(
    _ options: ScoreOptions, vocabSize: Int, count: Int, hiddenWidth: Int?, _ chunk: Retort__V1__ScoreChunk
  ) throws(WireFormatError) {
    self.count = count
    token = options.tokenLogprobs ? 1 : 0
    top = min(options.topCount, vocabSize)
    gathered = options.gatherCount
    full = options.fullLogprobs ? vocabSize : 0
    entropy = options.entropy ? 1 : 0
    drawn = options.drawCount
    let floats = unsafe chunk.n_hidden_states
    let halves = unsafe chunk.hidden_states_f16.len / 2
    self.hiddenWidth = options.hiddenState ? hiddenWidth ?? max(floats, halves) / max(count, 1) : 0
    // A service that does not know float16 answers in float32.
    isHalf = unsafe options.precision == .float16 && ScoreExtents.holdsHalves(chunk)
    try unsafe checkFloats(chunk)
    try unsafe checkHalves(chunk)
    try unsafe readIDs(chunk, vocabSize: vocabSize)
    try unsafe checkDrawn(chunk, vocabSize: vocabSize)
  }

  private static func holdsHalves(_ chunk: Retort__V1__ScoreChunk) -> Bool {
    unsafe chunk.token_logprobs_f16.len + chunk.packed_top_token_ids.len + chunk.gathered_logprobs_f16.len
      + chunk.full_logprobs_f16.len + chunk.entropies_f16.len + chunk.hidden_states_f16.len > 0
  }

  private func checkFloats(_ chunk: Retort__V1__ScoreChunk) throws(WireFormatError) {
    let columns = unsafe [
      ("token_logprobs", chunk.n_token_logprobs, token), ("top_token_ids", chunk.n_top_token_ids, top),
      ("top_logprobs", chunk.n_top_logprobs, top), ("tail_logprobs", chunk.n_tail_logprobs, tail),
      ("gathered_logprobs", chunk.n_gathered_logprobs, gathered), ("full_logprobs", chunk.n_full_logprobs, full),
      ("entropies", chunk.n_entropies, entropy), ("hidden_states", chunk.n_hidden_states, hiddenWidth),
    ]
    for (name, found, perPosition) in columns where found != (isHalf ? 0 : count * perPosition) {
      throw wrong(name, "\(found) values", perPosition)
    }
  }

  private func checkHalves(_ chunk: Retort__V1__ScoreChunk) throws(WireFormatError) {
    let bits = unsafe Int(chunk.top_token_id_bits)
    let columns = unsafe [
      ("token_logprobs_f16", chunk.token_logprobs_f16.len, token, 16),
      ("packed_top_token_ids", chunk.packed_top_token_ids.len, top, bits),
      ("packed_top_logprobs", chunk.packed_top_logprobs.len, top, LogprobColumn.bits),
      ("packed_tail_logprobs", chunk.packed_tail_logprobs.len, tail, LogprobColumn.bits),
      ("gathered_logprobs_f16", chunk.gathered_logprobs_f16.len, gathered, 16),
      ("full_logprobs_f16", chunk.full_logprobs_f16.len, full, 16),
      ("entropies_f16", chunk.entropies_f16.len, entropy, 16),
      ("hidden_states_f16", chunk.hidden_states_f16.len, hiddenWidth, 16),
    ]
    // Where there are no ids it may be unset, but no more than that.
    if isHalf, bits > 32 || (bits == 0 && top > 0 && count > 0) {
      throw .outOfRange(field: "top_token_id_bits", value: "\(bits)", allowed: "in 1...32")
    }
    for (name, found, perPosition, bits) in columns {
      let expected = isHalf ? BitColumn.byteCount(count * perPosition, bits: bits) : 0
      guard found == expected else { throw wrong(name, "\(found) bytes", perPosition) }
    }
  }

  private mutating func readIDs(_ chunk: Retort__V1__ScoreChunk, vocabSize: Int) throws(WireFormatError) {
    if isHalf, top > 0 {
      let bits = unsafe Int(chunk.top_token_id_bits)
      unpackedIDs = unsafe BitColumn.decode(chunk.packed_top_token_ids.data, top * count, bits: bits)
    }
    let largest =
      isHalf
      ? BitColumn.maximum(unpackedIDs) : unsafe BitColumn.maximum(chunk.top_token_ids, chunk.n_top_token_ids)
    guard count == 0 || top == 0 || largest < vocabSize else {
      throw .outOfRange(field: "top_token_ids", value: "\(largest)", allowed: "below vocab_size \(vocabSize)")
    }
  }

  private func checkDrawn(_ chunk: Retort__V1__ScoreChunk, vocabSize: Int) throws(WireFormatError) {
    let found = unsafe chunk.n_drawn_token_ids
    guard found == count * drawn else { throw wrong("drawn_token_ids", "\(found) values", drawn) }
    let largest = unsafe BitColumn.maximum(chunk.drawn_token_ids, found)
    guard found == 0 || largest < vocabSize else {
      throw .outOfRange(field: "drawn_token_ids", value: "\(largest)", allowed: "below vocab_size \(vocabSize)")
    }
  }

  private func wrong(_ column: String, _ found: String, _ perPosition: Int) -> WireFormatError {
    .columns(
      message: WireScoreChunk.protoName,
      problem: "\(column) has \(found) where \(count) positions of \(perPosition) were asked")
  }
}
