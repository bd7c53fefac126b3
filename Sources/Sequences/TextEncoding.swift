/// What turns text into token ids.
public protocol TextEncoding: Sendable {
  /// Ids of a text; with special tokens as the tokenizer's post-processor adds them, or none.
  func encode(_ text: String, addSpecialTokens: Bool) -> [TokenID]
  /// Ids of a text that goes on from other text: nothing is put before it that is not in it, neither special tokens nor
  /// the space that a tokenizer may put before the beginning of a text.
  func encodeContinuation(_ text: String) -> [TokenID]
}

extension TextEncoding {
  /// Ids of a completion: what follows the prompt's ids in the ids of both texts together or, where the tokenizer merges
  /// across the boundary, those of the completion as it goes on from the prompt.
  ///
  /// - Parameters:
  ///   - promptIDs: The prompt's ids, encoded with the same `addSpecialTokens`.
  ///   - addSpecialTokens: Whether the prompt has special tokens around it.
  public func encodeCompletion(
    _ completion: String, after prompt: String, promptIDs: [TokenID], addSpecialTokens: Bool
  ) -> [TokenID] {
    let joined = encode(prompt + completion, addSpecialTokens: addSpecialTokens)
    return joined.starts(with: promptIDs) ? Array(joined[promptIDs.count...]) : encodeContinuation(completion)
  }
}
