public import Sequences

/// What a teacher said about R positions, with extents and ids checked: all V log-probs, or the K most probable tokens,
/// the tail and the actual token, or hidden states with the head that makes log-probs of them, or the actual tokens alone.
public struct TeacherScores: Sendable {
  /// How much of each distribution is known.
  public enum Form: Sendable, Hashable {
    /// All log-probs.
    case full
    /// K tokens, the rest as one number.
    case top(Int)
    /// Hidden states, and so all log-probs once the head is applied.
    case hiddenStates
    /// So many ids drawn with replacement.
    case draws(Int)
    /// Log-probs of the actual tokens and nothing else.
    case tokens
  }

  /// The columns.
  let columns: PositionScores
  /// How much is known.
  public let form: Form
  /// V.
  public let vocabSize: Int
  /// The head that belongs to hidden states; nil for the other forms.
  let head: OutputHead?
  /// The least share of a tail that is left when the actual token is taken out of it: what rounding on the wire may hide.
  let leastTailShare: Double

  /// R.
  public var positionCount: Int { columns.positionCount }

  /// Takes a reply's columns. Full log-probs are used where they are given, else the top log-probs, which need the tail and
  /// the log-probs of the actual tokens beside them, else the hidden states, which need `head`. Returns nil where there is
  /// nothing of that.
  public init?(
    _ scores: PositionScores, vocabSize: Int, head: OutputHead? = nil, precision: Precision = .float32
  ) throws(DistillationError) {
    let count = scores.positionCount
    var usedHead: OutputHead?
    if !scores.fullLogprobs.isEmpty {
      try Self.expect("full_logprobs", scores.fullLogprobs.count, count * vocabSize)
      form = .full
    } else if !scores.topTokenIDs.isEmpty {
      let kept = count == 0 ? 0 : scores.topTokenIDs.count / count
      try Self.expect("top_token_ids", scores.topTokenIDs.count, count * kept)
      try Self.expect("top_logprobs", scores.topLogprobs.count, count * kept)
      try Self.expect("tail_logprobs", scores.tailLogprobs.count, count)
      try Self.expect("token_logprobs", scores.tokenLogprobs.count, count)
      for (place, id) in scores.topTokenIDs.enumerated() where Int(id) >= vocabSize {
        throw .tokenIDOutOfRange(position: place / kept, tokenID: id, vocabSize: vocabSize)
      }
      form = .top(kept)
    } else if let head, !scores.hiddenStates.isEmpty {
      try Self.expect("hidden_states", scores.hiddenStates.count, count * head.width)
      try Self.expect("rows of the output head", head.vocabSize, vocabSize)
      (form, usedHead) = (.hiddenStates, head)
    } else if !scores.drawnTokenIDs.isEmpty {
      let drawn = count == 0 ? 0 : scores.drawnTokenIDs.count / count
      try Self.expect("drawn_token_ids", scores.drawnTokenIDs.count, count * drawn)
      for (place, id) in scores.drawnTokenIDs.enumerated() where Int(id) >= vocabSize {
        throw .tokenIDOutOfRange(position: place / drawn, tokenID: id, vocabSize: vocabSize)
      }
      form = .draws(drawn)
    } else if !scores.tokenLogprobs.isEmpty {
      try Self.expect("token_logprobs", scores.tokenLogprobs.count, count)
      form = .tokens
    } else {
      return nil
    }
    self.columns = scores
    self.vocabSize = vocabSize
    self.head = usedHead
    // A tail's log-prob of at most 16 nats is within 2⁻⁷ of itself after rounding to 14 bits.
    leastTailShare = precision == .float16 ? 0x1p-8 : 0
  }

  private static func expect(_ column: String, _ found: Int, _ expected: Int) throws(DistillationError) {
    guard found == expected else { throw .countMismatch(column: column, expected: expected, found: found) }
  }
}
