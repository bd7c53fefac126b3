public import Sequences

/// What a teacher said about R positions, with extents and ids checked: all V log-probs, or the K most probable tokens,
/// the tail and the actual token.
public struct TeacherScores: Sendable {
  /// How much of each distribution is known.
  public enum Form: Sendable, Hashable {
    /// All log-probs.
    case full
    /// K tokens, the rest as one number.
    case top(Int)
  }

  /// The columns.
  let columns: PositionScores
  /// How much is known.
  public let form: Form
  /// V.
  public let vocabSize: Int

  /// R.
  public var positionCount: Int { columns.positionCount }

  /// Takes a reply's columns. Full log-probs are used where they are given, else the top log-probs, which need the tail and
  /// the log-probs of the actual tokens beside them. Returns nil where there are no log-probs at all.
  public init?(_ scores: PositionScores, vocabSize: Int) throws(DistillationError) {
    let count = scores.positionCount
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
    } else {
      return nil
    }
    self.columns = scores
    self.vocabSize = vocabSize
  }

  private static func expect(_ column: String, _ found: Int, _ expected: Int) throws(DistillationError) {
    guard found == expected else { throw .countMismatch(column: column, expected: expected, found: found) }
  }
}
