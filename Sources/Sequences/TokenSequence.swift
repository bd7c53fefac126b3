/// An index into the vocabulary.
public typealias TokenID = UInt32

/// A prompt and the completion that follows it, as token ids.
///
/// `logprobs[t]` of a sequence is `log p(tokenIDs[t] | tokenIDs[..<t])`; its first token has none, so a prompt holds at
/// least one token wherever log-probs are wanted.
public struct TokenSequence: Sendable, Hashable, Codable {
  /// Prompt and completion. Shape: `[T]`.
  public var tokenIDs: [TokenID]
  /// Number of leading ids that are the prompt, in `0...tokenIDs.count`.
  public var promptLength: Int

  /// Makes a sequence whose first `promptLength` ids are its prompt.
  public init(tokenIDs: [TokenID], promptLength: Int) {
    precondition(
      (0...tokenIDs.count).contains(promptLength),
      "promptLength \(promptLength) of a sequence of \(tokenIDs.count) ids")
    self.tokenIDs = tokenIDs
    self.promptLength = promptLength
  }

  /// Makes a sequence from its two parts.
  public init(prompt: [TokenID], completion: [TokenID]) {
    self.init(tokenIDs: prompt + completion, promptLength: prompt.count)
  }

  /// The given ids.
  public var prompt: ArraySlice<TokenID> { tokenIDs[..<promptLength] }
  /// The produced ids.
  public var completion: ArraySlice<TokenID> { tokenIDs[promptLength...] }
  /// Number of produced ids.
  public var completionLength: Int { tokenIDs.count - promptLength }
}
