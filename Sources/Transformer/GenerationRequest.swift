public import Sequences

/// A prompt to be continued.
public struct GenerationRequest: Sendable {
  /// The prompt's ids; at least one, fewer than the context.
  public var prompt: [TokenID]
  /// How to sample.
  public var sampling: SamplingOptions
  /// Seed of the completion's generator.
  public var seed: UInt64
  /// Asked after each new token about the completion so far: true ends it.
  public var endsText: (@Sendable ([TokenID]) -> Bool)?

  /// Makes a request.
  public init(
    prompt: [TokenID], sampling: SamplingOptions, seed: UInt64, endsText: (@Sendable ([TokenID]) -> Bool)? = nil
  ) {
    self.prompt = prompt
    self.sampling = sampling
    self.seed = seed
    self.endsText = endsText
  }
}

/// Bounds of what a ``GenerationBatch`` holds.
public struct GenerationLimits: Sendable, Hashable {
  /// Sequences that are continued at once; others wait. A lane that has none among them may add one beyond these, up to a quarter more.
  public var sequences: Int
  /// Bytes of keys and values; a sequence that alone needs more is still answered, by itself.
  public var cacheBytes: Int
  /// Bytes of logits and of weights over the vocabulary.
  public var logitBytes: Int
  /// Rows of prompts that are read at once.
  public var promptRows: Int
  /// Tokens of new prompts from which on no more sequences join before the next token.
  public var joiningTokens: Int

  /// Makes limits.
  public init(
    sequences: Int = 64, cacheBytes: Int = 1 << 30, logitBytes: Int = 64 << 20, promptRows: Int = 512,
    joiningTokens: Int = .max
  ) {
    self.sequences = sequences
    self.cacheBytes = cacheBytes
    self.logitBytes = logitBytes
    self.promptRows = promptRows
    self.joiningTokens = joiningTokens
  }
}

/// A sequence that is being continued.
final class LiveSequence {
  let id: Int
  let request: GenerationRequest
  let sampler: TokenSampler
  let stops: Set<TokenID>
  let newTokenLimit: Int
  let prompt: SharedPrompt
  let lane: Int
  /// Prompt and completion.
  var tokenIDs: [TokenID]
  var logprobs: [Float] = []
  var generator: SeededGenerator
  var kept: KeyValueSequence
  /// The hidden state of its last token. Shape: `[D]`.
  var hidden: [Float] = []

  init(_ waiting: WaitingSequence, kept: KeyValueSequence, eosTokenIDs: [TokenID]) {
    let sampling = waiting.request.sampling
    id = waiting.id
    request = waiting.request
    newTokenLimit = waiting.newTokenLimit
    prompt = waiting.prompt
    lane = waiting.lane
    stops = Set(sampling.stopTokenIDs.isEmpty ? eosTokenIDs : sampling.stopTokenIDs)
    sampler = TokenSampler(options: sampling, stops: stops)
    tokenIDs = request.prompt
    generator = SeededGenerator(seed: request.seed)
    self.kept = kept
  }

  var completion: [TokenID] { Array(tokenIDs[request.prompt.count...]) }

  /// Takes a new token; returns why the completion ends with it, or nil where it goes on.
  func append(_ token: TokenID, logprob: Float) -> FinishReason? {
    tokenIDs.append(token)
    logprobs.append(logprob)
    if stops.contains(token) || request.endsText?(completion) == true { return .stop }
    return logprobs.count < newTokenLimit ? nil : .length
  }
}

/// A sequence that waits for its turn.
struct WaitingSequence {
  let id: Int
  let request: GenerationRequest
  let newTokenLimit: Int
  let prompt: SharedPrompt
  let lane: Int
}

/// A prompt, read once for all its samples.
final class SharedPrompt {
  let tokenIDs: [TokenID]
  /// Samples that wait, and those that are continued.
  var waitingCount = 0
  var liveCount = 0
  /// Keys and values, kept from the first sample's turn to the last one's.
  var kept: KeyValueSequence?
  /// The hidden state of the last token. Shape: `[D]`.
  var hidden: [Float] = []

  init(_ tokenIDs: [TokenID]) { self.tokenIDs = tokenIDs }
}
