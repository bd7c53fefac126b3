/// Why a request about a model is not answered.
public enum ServingError: Error, Hashable {
  /// A model and its description differ.
  case descriptionMismatch(field: String, described: Int, actual: Int)
  /// A folder's tokenizer has ids that its model has not.
  case tokenizerTooLarge(tokenizer: String, ids: Int, model: String, vocabSize: Int)
  /// Too many calls wait for the processor.
  case busy(waiting: Int)
  /// The request is larger than all requests together may be that wait.
  case requestTooLarge(bytes: Int, limit: Int)
  /// The answer would be larger than a call may ask.
  case replyTooLarge(bytes: Int, limit: Int)
  /// The answer would hold more candidates than a call may ask.
  case tooManyCandidates(candidates: Int, limit: Int)
  /// The head that is asked for is not this model's.
  case otherOutputHead(expected: String, actual: String)
  /// Nobody took the answer for too long.
  case readerStalled(patience: Duration)
  /// A prompt to complete came with a completion.
  case promptWithCompletion(prompt: Int)
  /// A prompt leaves no room for a new token.
  case promptFillsContext(prompt: Int, length: Int, contextLength: Int)
  /// Seeds are neither absent nor one per prompt.
  case seedCount(seeds: Int, prompts: Int)
  /// Limits of new tokens are neither absent nor one per prompt, or one of them is 0.
  case newTokenLimits(limits: Int, prompts: Int)
  /// A request names stop strings, and the model has no tokenizer to find them with.
  case stopStringsWithoutTokenizer
  /// `Abilities` does not promise what was asked.
  case notPromised(option: String, promised: String)
}

extension ServingError: CustomStringConvertible {
  /// One line: what, where, what to do.
  public var description: String {
    switch self {
    case .descriptionMismatch(let field, let described, let actual):
      "the description says \(field) \(described), the model has \(actual)"
    case .tokenizerTooLarge(let tokenizer, let ids, let model, let vocabSize):
      "\(tokenizer) has \(ids) ids, and config.json of \(model) a vocab_size of \(vocabSize): take the model's own tokenizer"
    case .busy(let waiting): "\(waiting) calls wait for the processor already: try again in a second or more"
    case .requestTooLarge(let bytes, let limit):
      "the request holds \(bytes) bytes of \(limit) that may wait for the processor: ask about fewer sequences"
    case .replyTooLarge(let bytes, let limit):
      "the answer would take \(bytes) bytes of \(limit) allowed: ask about fewer sequences or fewer log-probs"
    case .tooManyCandidates(let candidates, let limit):
      "the answer would hold \(candidates) candidates of \(limit) allowed: ask about fewer sequences or fewer log-probs"
    case .otherOutputHead(let expected, let actual):
      "the output head is \(actual.prefix(12)), not \(expected.prefix(12)): the model was replaced; ask Describe again"
    case .readerStalled(let patience): "nobody read the answer for \(patience): the call was given up"
    case .promptWithCompletion(let prompt):
      "prompt \(prompt) has a completion: prompt_lengths must equal sequence_lengths"
    case .promptFillsContext(let prompt, let length, let contextLength):
      "prompt \(prompt) has \(length) tokens, which fill the context of \(contextLength): shorten it"
    case .seedCount(let seeds, let prompts): "\(seeds) seeds for \(prompts) prompts: give one each, or none"
    case .newTokenLimits(let limits, let prompts):
      "\(limits) numbers in max_new_tokens for \(prompts) prompts: give one each, at least 1, or none"
    case .stopStringsWithoutTokenizer:
      "sampling.stop_strings need a tokenizer, and the model's folder has none: use stop_token_ids"
    case .notPromised(let option, let promised): "\(option) is more than abilities promise (\(promised))"
    }
  }
}
