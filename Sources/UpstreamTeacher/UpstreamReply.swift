public import Sequences

/// What the endpoint answered, in our words. Stored as it is.
public struct UpstreamReply: Sendable, Hashable, Codable {
  /// Why the text ended.
  public enum Ending: String, Sendable, Hashable, Codable {
    /// The model ended it, or a stop text did.
    case stop
    /// A limit did: the text is cut off.
    case length
    /// The endpoint held text back: what is there is not the model's answer.
    case filtered
    /// Something else, such as a call of a tool: there is no text to learn from.
    case other
  }

  /// A token as the endpoint sees it, with its log-prob.
  public struct Token: Sendable, Hashable, Codable {
    /// Its bytes; nil where the endpoint's text does not tell them.
    public var bytes: [UInt8]?
    /// Its id in the endpoint's vocabulary; nil: not told.
    public var id: TokenID?
    /// Its log-prob in nats; nil for the first token of a prompt.
    public var logprob: Double?
    /// The most probable tokens in its place, as they came.
    public var top: [Candidate] = []
  }

  /// A token that might have stood somewhere.
  public struct Candidate: Sendable, Hashable, Codable {
    /// Its bytes; nil where the endpoint's text does not tell them.
    public var bytes: [UInt8]?
    /// Its id in the endpoint's vocabulary; nil: not told.
    public var id: TokenID?
    /// Its log-prob in nats.
    public var logprob: Double
  }

  /// Tokens as the endpoint counted them.
  public struct Usage: Sendable, Hashable, Codable {
    /// Tokens of the prompt.
    public var prompt: Int
    /// Of these, tokens that the endpoint had in its own cache.
    public var cachedPrompt: Int
    /// New tokens, those of hidden reasoning included.
    public var completion: Int

    /// Makes counts.
    public init(prompt: Int, cachedPrompt: Int = 0, completion: Int) {
      (self.prompt, self.cachedPrompt, self.completion) = (prompt, cachedPrompt, completion)
    }
  }

  /// The text.
  public var text = ""
  /// Why it ended.
  public var ending = Ending.other
  /// New tokens with log-probs; empty: none were given.
  public var tokens: [Token] = []
  /// Tokens of the prompt with log-probs; empty: none were given.
  public var promptTokens: [Token] = []
  /// What the endpoint counted; nil: it does not tell.
  public var usage: Usage?
  /// The model that answered, as the endpoint names it.
  public var model = ""
  /// What the endpoint says of its own state.
  public var fingerprint = ""
}
