/// What an endpoint gives, as far as it was found out or said.
public struct EndpointProfile: Sendable, Hashable {
  /// A route of the endpoint.
  public enum API: String, Sendable, CaseIterable {
    /// `/chat/completions`: a conversation is answered.
    case chat
    /// `/completions`: text is gone on with.
    case completions
  }

  /// How log-probs of given tokens can be had.
  public enum Scoring: Sendable, Hashable {
    /// Not at all.
    case none
    /// `echo` with `logprobs`: those of the actual tokens.
    case echo
    /// vLLM's `prompt_logprobs`, with so many of the most probable tokens.
    case promptLogprobs(most: Int)
    /// llama.cpp's `n_probs` on its own route, with so many of the most probable tokens: a call for each token.
    case nextToken(most: Int)
  }

  /// Most probable tokens that can be had for each given token; 0: none.
  var mostGivenTop: Int {
    switch scoring {
    case .none, .echo: 0
    case .promptLogprobs(let most), .nextToken(let most): most
    }
  }

  /// Where text is asked for.
  public var api: API
  /// Whether it takes a seed.
  public var takesSeeds = false
  /// Most probable tokens that it names for each new token; nil: it gives no log-probs of new tokens.
  public var topLogprobs: Int?
  /// Whether these log-probs are at temperature 1, whatever the sampling temperature.
  public var logprobsAreRaw = false
  /// How log-probs of given tokens can be had.
  public var scoring = Scoring.none
  /// Whether its tokens are the student's, as far as the probes can tell.
  public var sharesVocabulary = false
  /// Longest sequence; nil: it does not tell.
  public var contextLength: Int?

  /// Knows of one route alone.
  public init(api: API) { self.api = api }
}
