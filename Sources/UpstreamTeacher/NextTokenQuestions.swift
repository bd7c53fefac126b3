internal import Sequences
internal import Tokenization

/// Questions of Score to llama.cpp's own route: each position's is about the tokens before it, and which token comes then is decided by
/// a bias, which leaves log-probs alone.
///
/// The server has no log-probs of a token that ends inside a letter. Where that is the actual one, another comes, and the whole
/// vocabulary is listed to find it.
struct NextTokenQuestions: Sendable {
  private let tokenizer: Tokenizer
  /// A token of whole letters.
  private let other: TokenID?

  init(_ tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
    other = tokenizer.encode("a", addSpecialTokens: false).last
  }

  /// The question about a position.
  func question(_ sequence: TokenSequence, position: Int, _ options: ScoreOptions) -> UpstreamRequest {
    let actual = sequence.tokenIDs[position]
    let top = max(1, options.topCount)
    var request = UpstreamRequest(.tokenIDs(Array(sequence.tokenIDs.prefix(position))), maxTokens: 1)
    request.nextToken =
      if isWhole(actual) {
        UpstreamRequest.NextToken(topCount: top, forced: actual, actual: actual)
      } else if options.tokenLogprobs {
        UpstreamRequest.NextToken(topCount: top, listed: tokenizer.vocabSize, forced: other, actual: actual)
      } else {
        UpstreamRequest.NextToken(topCount: top, forced: other)
      }
    return request
  }

  /// Whether a token stands for whole letters, or for none.
  private func isWhole(_ id: TokenID) -> Bool {
    tokenizer.isSpecial(id) || tokenizer.bytes(of: id).map { String(validating: $0, as: UTF8.self) != nil } ?? false
  }
}

extension Tokenizer {
  /// The bytes that a token adds to a text; nil: it has none of its own.
  func bytes(of id: TokenID) -> [UInt8]? {
    // Not the first of a text, which loses a space in some tokenizers.
    pieces(of: encode("a", addSpecialTokens: false).suffix(1) + [id])?.last
  }
}
