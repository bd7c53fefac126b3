/// Log-probs of a prompt that the endpoint echoed, where it cut it into the student's tokens.
struct EchoedPrompt: Sendable {
  /// The log-prob of each of the student's tokens in nats; nil for the first of a text without a beginning. Shape: `[T]`.
  let logprobs: [Double?]

  /// Finds the student's tokens among those that were echoed; nil unless each is there, with the same bytes in the same place,
  /// and the endpoint counts as many.
  ///
  /// What is echoed may begin with a token that begins sequences, whose text is no part of the prompt, and the first token
  /// with the space that a tokenizer puts before a text; after the prompt follow new tokens.
  ///
  /// - Parameters:
  ///   - pieces: Bytes of each of the student's tokens but the one that begins the sequence. Shape: `[T]`.
  ///   - begins: Whether the student's sequence has a token before these that begins it.
  init?(_ reply: UpstreamReply, pieces: [[UInt8]], begins: Bool) {
    // Numbers after another beginning would be those of another sequence.
    guard reply.usage?.prompt == pieces.count + (begins ? 1 : 0) else { return nil }
    for skipped in 0...(begins ? 1 : 0) {
      let served = Array(reply.tokens.dropFirst(skipped).prefix(pieces.count))
      guard served.count == pieces.count,
        served.indices.allSatisfy({ Self.agree(served[$0], pieces[$0], isFirst: $0 == 0) })
      else { continue }
      logprobs = served.map(\.logprob)
      return
    }
    return nil
  }

  /// Whether a served token is that of the student in the same place.
  ///
  /// The text of half a letter is lost. Where tokens before and after a run of such agree, and the student has a byte for each
  /// of the run, the endpoint has one too: none of its tokens is empty.
  private static func agree(_ served: UpstreamReply.Token, _ piece: [UInt8], isFirst: Bool) -> Bool {
    guard let bytes = served.bytes, !bytes.isEmpty || piece.isEmpty else { return piece.count == 1 && piece[0] >= 0x80 }
    return bytes == piece || isFirst && bytes == [0x20] + piece
  }
}
