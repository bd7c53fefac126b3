/// Why a completion ended.
public enum FinishReason: String, Sendable, Codable {
  /// A stop token was produced; it is the completion's last id.
  case stop
  /// The limit of new tokens, or the context length, was reached: the text is truncated.
  case length
}

/// What a model made of one prompt.
public struct Completion: Sendable, Hashable, Codable {
  /// Index of the prompt in the request.
  public var promptIndex: Int
  /// The new ids alone, stop token included. Shape: `[T]`.
  public var tokenIDs: [TokenID]
  /// Log-prob of each id in nats, at temperature 1, unfiltered. Shape: `[T]`, or empty where the model gives none.
  public var tokenLogprobs: [Float]
  /// Why it ended.
  public var finishReason: FinishReason

  /// Makes a completion.
  public init(promptIndex: Int, tokenIDs: [TokenID], tokenLogprobs: [Float], finishReason: FinishReason) {
    self.promptIndex = promptIndex
    self.tokenIDs = tokenIDs
    self.tokenLogprobs = tokenLogprobs
    self.finishReason = finishReason
  }
}

/// How completions are sampled. Log-probs are reported at temperature 1, unfiltered, whatever these say.
public struct SamplingOptions: Sendable, Hashable, Codable {
  /// Temperature of sampling; 0 takes the most probable token, the smaller id on a tie.
  public var samplingTemperature: Float
  /// Keeps the most probable tokens; 0 keeps all.
  public var topK: Int
  /// Keeps the smallest set of most probable tokens whose probability reaches this, in (0, 1]; at least one token.
  public var topP: Float
  /// At most so many new tokens; at least 1.
  public var maxNewTokens: Int
  /// Ids that end a completion; empty: the model's own.
  public var stopTokenIDs: [TokenID]

  /// Makes options; the defaults sample from the whole distribution at temperature 1.
  public init(
    samplingTemperature: Float = 1, topK: Int = 0, topP: Float = 1, maxNewTokens: Int = 128,
    stopTokenIDs: [TokenID] = []
  ) {
    self.samplingTemperature = samplingTemperature
    self.topK = topK
    self.topP = topP
    self.maxNewTokens = maxNewTokens
    self.stopTokenIDs = stopTokenIDs
  }
}
