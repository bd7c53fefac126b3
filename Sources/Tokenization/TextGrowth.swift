/// How many times as long the parts of a normalizer or decoder may make a text, one after another: each of a few replacements by a
/// long text multiplies what the one before it wrote.
enum TextGrowth {
  /// Far above what models do: some NFKC characters become 11 times as long.
  private static let limit = 1024

  /// The factor of a replacement.
  static func of(replacing old: Int, with new: Int) -> Int { max(1, (new + max(1, old) - 1) / max(1, old)) }

  /// The factor of parts in a row; far above any limit where there are more.
  static func product(_ factors: some Sequence<Int>) -> Int {
    factors.reduce(1) { $0.multipliedReportingOverflow(by: $1).overflow ? .max : $0 * $1 }
  }

  /// Refuses a field whose parts make a text too long.
  static func check(_ factor: Int, _ field: JSONField) throws(TokenizerError) {
    guard factor <= limit else {
      throw field.unsupported("a sequence of replacements that can make a text over \(limit) times as long")
    }
  }
}

extension Normalizer {
  /// How many times as long a text can become by replacements.
  var growth: Int {
    switch self {
    case .sequence(let parts): TextGrowth.product(parts.map(\.growth))
    case .replace(let old, let new): TextGrowth.of(replacing: old.count, with: new.count)
    case .replaceMatches(_, let new): TextGrowth.of(replacing: 1, with: new.count)
    case .mapped(let map): max(1, map.longestReplacement)
    case .form, .prepend, .lowercase, .strip, .stripAccents, .controlFree, .byteLevel, .bert, .sentencePiece: 1
    }
  }
}

extension Decoder {
  /// How many times as long a text can become by replacements.
  var growth: Int {
    switch self {
    case .sequence(let parts): TextGrowth.product(parts.map(\.growth))
    case .replace(let old, let new): TextGrowth.of(replacing: old.count, with: new.count)
    default: 1
    }
  }
}
