/// How the numbers of an answer travel.
public enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
  /// Four bytes a number, exact.
  case float32
  /// Two bytes a number or fewer, rounded to a relative 2⁻¹¹.
  case float16
}

/// What to compute about each completion position of a batch; what is not asked is not computed.
public struct ScoreOptions: Sendable, Hashable {
  /// The log-prob of the actual token.
  public var tokenLogprobs: Bool
  /// K: the most probable tokens, their log-probs and the tail; 0: none.
  public var topCount: Int
  /// All V log-probs.
  public var fullLogprobs: Bool
  /// The entropy.
  public var entropy: Bool
  /// The last hidden state.
  public var hiddenState: Bool
  /// Ids whose log-probs are wanted. Shape: `[R, gatherCount]`.
  public var gatherTokenIDs: [TokenID]
  /// Number of ids named per position; 0: none.
  public var gatherCount: Int
  /// Number of ids drawn with replacement from a position's distribution; 0: none.
  public var drawCount: Int
  /// With the tokens before a position it fixes what is drawn there.
  public var drawSeed: UInt64
  /// How the answer travels; nothing is computed in less than float32.
  public var precision: Precision

  /// Makes options that ask for what is named.
  public init(
    tokenLogprobs: Bool = false, topCount: Int = 0, fullLogprobs: Bool = false, entropy: Bool = false,
    hiddenState: Bool = false, gatherTokenIDs: [TokenID] = [], gatherCount: Int = 0, drawCount: Int = 0,
    drawSeed: UInt64 = 0, precision: Precision = .float32
  ) {
    self.tokenLogprobs = tokenLogprobs
    self.topCount = topCount
    self.fullLogprobs = fullLogprobs
    self.entropy = entropy
    self.hiddenState = hiddenState
    self.gatherTokenIDs = gatherTokenIDs
    self.gatherCount = gatherCount
    self.drawCount = drawCount
    self.drawSeed = drawSeed
    self.precision = precision
  }
}
