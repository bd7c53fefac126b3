internal import Crypto
package import Foundation
public import Sequences

/// A question to the endpoint.
public struct UpstreamRequest: Sendable, Hashable {
  /// What is asked about.
  public enum Prompt: Sendable, Hashable {
    /// A conversation, for `/chat/completions`.
    case messages([Message])
    /// Text to go on with, for `/completions`.
    case text(String)
    /// Ids of the endpoint's own vocabulary, for `/completions`.
    case tokenIDs([TokenID])
  }

  /// A turn of a conversation.
  public struct Message: Sendable, Hashable, Encodable {
    /// `system`, `user` or `assistant`.
    public var role: String
    /// What is said.
    public var content: String

    /// Makes a turn.
    public init(role: String, content: String) { (self.role, self.content) = (role, content) }
  }

  /// Log-probs of one new token, asked of llama.cpp's own `/completion`.
  public struct NextToken: Sendable, Hashable {
    /// Most probable tokens wanted.
    public var topCount: Int
    /// Most probable tokens that the endpoint is to list; more than are wanted where one of them is looked for.
    public var listed: Int
    /// The token that comes, whatever the model finds probable; nil: the most probable one.
    public var forced: TokenID?
    /// The token whose log-prob is wanted; nil: that of the one that comes.
    public var actual: TokenID?

    /// Asks for the most probable tokens.
    public init(topCount: Int, listed: Int? = nil, forced: TokenID? = nil, actual: TokenID? = nil) {
      (self.topCount, self.listed) = (topCount, listed ?? topCount)
      (self.forced, self.actual) = (forced, actual)
    }
  }

  /// What is asked about.
  public var prompt: Prompt
  /// At most so many new tokens, as the endpoint counts them.
  public var maxTokens: Int
  /// Sampling temperature; 0 takes the most probable token.
  public var temperature: Double = 0
  /// Keeps the smallest set of tokens of this probability; 1 keeps all.
  public var topP: Double = 1
  /// Keeps the most probable tokens; 0 keeps all. Not of OpenAI's words.
  public var topK = 0
  /// Takes away tokens less probable than this share of the most probable one's. Not of OpenAI's words.
  public var minP: Double = 0
  /// Divides logits of tokens that occur; 1: not. Not of OpenAI's words.
  public var repetitionPenalty: Double = 1
  /// Which of many samples this is; part of the question's name wherever something is sampled.
  public var seed: UInt64 = 0
  /// Whether the endpoint is told the seed.
  public var sendsSeed = false
  /// Most probable tokens wanted for each new token; nil: no log-probs.
  public var topLogprobs: Int?
  /// Most probable tokens wanted for each token of the prompt, with `echo`; nil: none.
  public var echoLogprobs: Int?
  /// Most probable tokens wanted for each token of the prompt, with `prompt_logprobs`; nil: none.
  public var promptLogprobs: Int?
  /// Log-probs of one new token alone, in llama.cpp's words; nil: OpenAI's words.
  public var nextToken: NextToken?

  /// Asks about a prompt.
  public init(_ prompt: Prompt, maxTokens: Int) { (self.prompt, self.maxTokens) = (prompt, maxTokens) }

  /// Where it is asked.
  func address(at url: EndpointURL) -> String {
    if nextToken != nil { return url.ownRoute("/completion") }
    return if case .messages = prompt { url.route("/chat/completions") } else { url.route("/completions") }
  }

  /// At least as many tokens as the endpoint counts for the prompt: a token is a byte or more of text, and a turn has few
  /// tokens around it.
  var promptTokenBound: Int {
    switch prompt {
    case .messages(let messages): messages.reduce(32) { $0 + 16 + $1.content.utf8.count }
    case .text(let text): 8 + text.utf8.count
    case .tokenIDs(let ids): 8 + ids.count
    }
  }

  /// The SHA-256 of everything on which the answer depends, lower-case hex.
  package func name(at url: EndpointURL, model: String) -> String {
    var hash = SHA256()
    let sample = temperature > 0 ? "\(seed)" : ""
    for part in ["retort upstream 1", address(at: url), sample] {
      hash.update(data: Data(part.utf8))
      hash.update(data: [0])
    }
    hash.update(data: body(Dialect(model: model)))
    return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The JSON that is sent; the same bytes for the same question.
  package func body(_ dialect: Dialect) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    // All numbers are finite and all texts Unicode: nothing here can fail to encode.
    guard let nextToken else { return (try? encoder.encode(Body(self, dialect))) ?? Data() }
    return (try? encoder.encode(NextTokenBody(model: dialect.model, prompt: TextOrIDs(prompt), nextToken))) ?? Data()
  }

  /// The answer without what nobody wanted: of a whole vocabulary that was listed, the most probable and the actual token.
  func condensed(_ reply: UpstreamReply) -> UpstreamReply {
    guard let nextToken, var row = reply.tokens.first else { return reply }
    if let actual = nextToken.actual, actual != nextToken.forced, row.id == nextToken.forced {
      (row.id, row.bytes) = (actual, nil)
      row.logprob = row.top.first { $0.id == actual }?.logprob
    }
    row.top = Array(row.top.prefix(nextToken.topCount))
    var reply = reply
    reply.tokens = [row]
    return reply
  }

  /// How the endpoint wants the same question put.
  package struct Dialect: Sendable, Hashable {
    /// The model's name there.
    package var model: String
    /// Whether the answer comes in pieces.
    package var streams = false
    /// Whether the limit of new tokens is called `max_completion_tokens`, as OpenAI's newer chat models have it.
    package var saysCompletionTokens = false

    /// Names the model.
    package init(model: String) { self.model = model }
  }

  private struct Body: Encodable {
    var model: String
    var messages: [Message]?
    var prompt: TextOrIDs?
    var maxTokens: Int?
    var maxCompletionTokens: Int?
    var temperature: Double
    var topP: Double?
    var topK: Int?
    var minP: Double?
    var repetitionPenalty: Double?
    var seed: UInt64?
    var logprobs: FlagOrCount?
    var topLogprobs: Int?
    var echo: Bool?
    var promptLogprobs: Int?
    var stream: Bool?
    var streamOptions: StreamOptions?

    init(_ request: UpstreamRequest, _ dialect: Dialect) {
      model = dialect.model
      if case .messages(let messages) = request.prompt { self.messages = messages }
      prompt = TextOrIDs(request.prompt)
      maxTokens = dialect.saysCompletionTokens ? nil : request.maxTokens
      maxCompletionTokens = dialect.saysCompletionTokens ? request.maxTokens : nil
      temperature = request.temperature
      if request.temperature > 0 {
        topP = request.topP < 1 ? request.topP : nil
        topK = request.topK > 0 ? request.topK : nil
        minP = request.minP > 0 ? request.minP : nil
        seed = request.sendsSeed ? request.seed & 0x7FFF_FFFF : nil
      }
      repetitionPenalty = request.repetitionPenalty != 1 ? request.repetitionPenalty : nil
      if let count = request.topLogprobs {
        if messages != nil { (logprobs, topLogprobs) = (.flag(true), count) } else { logprobs = .count(count) }
      }
      if let count = request.echoLogprobs { (echo, logprobs) = (true, .count(count)) }
      promptLogprobs = request.promptLogprobs
      if dialect.streams { (stream, streamOptions) = (true, StreamOptions()) }
    }
  }

  private struct StreamOptions: Encodable { var includeUsage = true }

  /// What llama.cpp's own `/completion` takes. The bias decides which token comes; log-probs are of the model's own logits.
  private struct NextTokenBody: Encodable {
    var model: String
    var prompt: TextOrIDs?
    var nPredict = 1
    var nProbs: Int
    var postSamplingProbs = false
    var temperature = 0
    var logitBias: [[Int64]]?
    /// A sequence is asked about token by token: all but the last one is known already.
    var cachePrompt = true
    var stream = false

    /// More than logits differ by.
    static let bias: Int64 = 1_000_000_000

    init(model: String, prompt: TextOrIDs?, _ nextToken: NextToken) {
      (self.model, self.prompt, nProbs) = (model, prompt, nextToken.listed)
      logitBias = nextToken.forced.map { [[Int64($0), Self.bias]] }
    }
  }

  private enum TextOrIDs: Encodable {
    case text(String)
    case tokenIDs([TokenID])

    /// nil: a conversation.
    init?(_ prompt: Prompt) {
      switch prompt {
      case .messages: return nil
      case .text(let text): self = .text(text)
      case .tokenIDs(let ids): self = .tokenIDs(ids)
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .text(let text): try container.encode(text)
      case .tokenIDs(let ids): try container.encode(ids)
      }
    }
  }

  private enum FlagOrCount: Encodable {
    case flag(Bool)
    case count(Int)

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .flag(let flag): try container.encode(flag)
      case .count(let count): try container.encode(count)
      }
    }
  }
}
