/// Log-probs of a prompt that the endpoint echoed, where it cut it into the student's tokens.
struct EchoedPrompt: Sendable {
  /// The log-prob of each of the student's tokens in nats; nil for the first of a text without a beginning. Shape: `[T]`.
  let logprobs: [Double?]

  /// Finds the student's tokens among those that were echoed; nil unless each is there, with the same bytes in the same place,
  /// and the endpoint counts as many.
  ///
  /// What is echoed may begin with a token that begins sequences, whose text is no part of the prompt, and the first token
  /// with the space that a tokenizer puts before a text; after the prompt follow new tokens. A token whose bytes the
  /// endpoint's text has lost, as half a letter, belongs to nothing.
  ///
  /// - Parameters:
  ///   - pieces: Bytes of each of the student's tokens but the one that begins the sequence. Shape: `[T]`.
  ///   - begins: Whether the student's sequence has a token before these that begins it.
  init?(_ reply: UpstreamReply, pieces: [[UInt8]], begins: Bool) {
    // Numbers after another beginning would be those of another sequence.
    guard reply.usage?.prompt == pieces.count + (begins ? 1 : 0) else { return nil }
    for skipped in 0...(begins ? 1 : 0) {
      let served = reply.tokens.dropFirst(skipped).prefix(pieces.count)
      guard served.count == pieces.count, zip(served, pieces).dropFirst().allSatisfy({ $0.bytes == $1 }) else {
        continue
      }
      guard let first = served.first?.bytes, first == pieces[0] || first == [0x20] + pieces[0] else { continue }
      logprobs = served.map(\.logprob)
      return
    }
    return nil
  }
}
