/// Why a completion ended.
public enum FinishReason: String, Sendable, Codable {
  /// A stop token was produced, or the token that completes a stop string; it is the completion's last id.
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

/// How completions are sampled, with transformers' names and meanings. Log-probs are reported at temperature 1, unfiltered
/// and without penalties, whatever these say.
public struct SamplingOptions: Sendable, Hashable, Codable {
  /// Temperature of sampling; 0 takes the most probable token, the smaller id on a tie.
  public var samplingTemperature: Float
  /// Keeps the most probable tokens; 0 keeps all.
  public var topK: Int
  /// Keeps the smallest set of most probable tokens whose probability reaches this, in (0, 1]; at least one token.
  public var topP: Float
  /// Takes away tokens less probable than this share of the most probable one's probability, in [0, 1]; 0: none.
  public var minP: Float
  /// Logits of tokens of the prompt and the completion are divided by this where positive, else multiplied; over 0; 1: not.
  public var repetitionPenalty: Float
  /// No n-gram of this many tokens occurs twice in prompt and completion; 0: any may.
  public var noRepeatNgramSize: Int
  /// No stop token comes before so many new tokens.
  public var minNewTokens: Int
  /// At most so many new tokens; at least 1.
  public var maxNewTokens: Int
  /// Ids that end a completion; empty: the model's own.
  public var stopTokenIDs: [TokenID]
  /// Texts that end a completion, where the answerer has a tokenizer: the completion's ids end with the token that
  /// completes one of them, and its text is cut before it.
  public var stopStrings: [String]

  /// Makes options; the defaults sample from the whole distribution at temperature 1.
  public init(
    samplingTemperature: Float = 1, topK: Int = 0, topP: Float = 1, minP: Float = 0, repetitionPenalty: Float = 1,
    noRepeatNgramSize: Int = 0, minNewTokens: Int = 0, maxNewTokens: Int = 128, stopTokenIDs: [TokenID] = [],
    stopStrings: [String] = []
  ) {
    self.samplingTemperature = samplingTemperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.repetitionPenalty = repetitionPenalty
    self.noRepeatNgramSize = noRepeatNgramSize
    self.minNewTokens = minNewTokens
    self.maxNewTokens = maxNewTokens
    self.stopTokenIDs = stopTokenIDs
    self.stopStrings = stopStrings
  }

  /// The same of a completion that may have no more than `limit` new tokens.
  public func limited(to limit: Int) -> SamplingOptions {
    var options = self
    options.maxNewTokens = min(maxNewTokens, limit)
    options.minNewTokens = min(minNewTokens, options.maxNewTokens)
    return options
  }
}
