public import Sequences

extension WireScoreChunk {
  /// The positions from `firstPosition` on of a request's reply.
  public init(_ scores: PositionScores, firstPosition: Int, last: Bool) {
    self.init(
      firstPosition: UInt64(firstPosition), positionCount: UInt32(scores.positionCount), last: last,
      tokenLogprobs: scores.tokenLogprobs, topTokenIDs: scores.topTokenIDs, topLogprobs: scores.topLogprobs,
      tailLogprobs: scores.tailLogprobs, gatheredLogprobs: scores.gatheredLogprobs, fullLogprobs: scores.fullLogprobs,
      entropies: scores.entropies, hiddenStates: scores.hiddenStates)
  }
}

extension PositionScores {
  /// Reads a chunk.
  ///
  /// - Parameters:
  ///   - options: What was asked: columns asked for must be there, others must not.
  ///   - vocabSize: V.
  /// - Throws: ``WireFormatError/columns(message:problem:)`` where a column has another extent than was asked.
  public init(_ wire: WireScoreChunk, options: ScoreOptions, vocabSize: Int) throws(WireFormatError) {
    let count = Int(wire.positionCount)
    func check(_ column: String, _ found: Int, _ perPosition: Int) throws(WireFormatError) {
      guard found == count * perPosition else {
        throw .columns(
          message: WireScoreChunk.protoName,
          problem: "\(column) has \(found) values where \(count) positions of \(perPosition) were asked")
      }
    }
    let topCount = min(options.topCount, vocabSize)
    try check("token_logprobs", wire.tokenLogprobs.count, options.tokenLogprobs ? 1 : 0)
    try check("top_token_ids", wire.topTokenIDs.count, topCount)
    try check("top_logprobs", wire.topLogprobs.count, topCount)
    try check("tail_logprobs", wire.tailLogprobs.count, topCount > 0 ? 1 : 0)
    try check("gathered_logprobs", wire.gatheredLogprobs.count, options.gatherCount)
    try check("full_logprobs", wire.fullLogprobs.count, options.fullLogprobs ? vocabSize : 0)
    try check("entropies", wire.entropies.count, options.entropy ? 1 : 0)
    let hidden = options.hiddenState ? wire.hiddenStates.count / max(count, 1) : 0
    try check("hidden_states", wire.hiddenStates.count, hidden)
    if let wrong = wire.topTokenIDs.first(where: { $0 >= vocabSize }) {
      throw .outOfRange(field: "top_token_ids", value: "\(wrong)", allowed: "below vocab_size \(vocabSize)")
    }
    self.init()
    positionCount = count
    tokenLogprobs = wire.tokenLogprobs
    topTokenIDs = wire.topTokenIDs
    topLogprobs = wire.topLogprobs
    tailLogprobs = wire.tailLogprobs
    gatheredLogprobs = wire.gatheredLogprobs
    fullLogprobs = wire.fullLogprobs
    entropies = wire.entropies
    hiddenStates = wire.hiddenStates
  }
}
