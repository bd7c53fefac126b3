public import Sequences
public import Tokenization

/// Texts that end a completion.
///
/// As in transformers, the completion's ids end with the token that completes one of them; as in vLLM, the text is cut
/// before it.
public struct StopStrings: Sendable {
  private let strings: [String]
  private let tokenizer: Tokenizer
  private let tailCount: Int

  /// Finds texts in what a tokenizer decodes.
  public init(_ strings: [String], tokenizer: Tokenizer) {
    self.strings = strings
    self.tokenizer = tokenizer
    // Each token but a special one decodes to a byte or more; some more, so that the tail's beginning is no text's beginning.
    tailCount = 8 + (strings.map(\.utf8.count).max() ?? 0)
  }

  /// Whether the end of a completion holds one of them, asked after each token.
  public func isReached(by tokenIDs: [TokenID]) -> Bool {
    let tail = tokenizer.decode(tokenIDs.suffix(tailCount))
    return strings.contains { tail.contains($0) }
  }

  /// The same as a closure; nil where there is nothing to look for.
  public var endsText: (@Sendable ([TokenID]) -> Bool)? {
    guard !strings.isEmpty else { return nil }
    return { [self] tokenIDs in isReached(by: tokenIDs) }
  }

  /// The text up to the first of them.
  public func cut(_ text: String) -> String {
    let ends = strings.compactMap { text.firstRange(of: $0)?.lowerBound }
    return ends.min().map { String(text[..<$0]) } ?? text
  }
}
