/// Why an invented instruction was not taken.
public enum InstructionRejection: String, Sendable, Hashable, Codable, CaseIterable {
  /// The generator was cut off.
  case truncated
  /// It speaks of instructions or tasks instead of being one.
  case speaksOfInstructions = "speaks_of_instructions"
  /// Three words or fewer.
  case tooShort = "too_short"
  /// It begins with ASCII punctuation, or with a character that is not ASCII where only those are taken.
  case badStart = "bad_start"
  /// ROUGE-L with one of the pool above the limit.
  case duplicate
  /// Empty: the request failed for good.
  case failed
}

/// What is taken of the generator's texts: the rules of Lion's code, each with its reason.
public struct InstructionFilter: Sendable {
  private let takesAnyScript: Bool
  private var index: RougeIndex

  /// Makes a filter that knows no instruction yet.
  ///
  /// - Parameters:
  ///   - limit: The largest ROUGE-L with an instruction of the pool.
  ///   - words: `rouge` also refuses a text whose first character is not ASCII, as Lion's code does.
  public init(limit: Double, words: InstructionWords) {
    takesAnyScript = words == .unicode
    index = RougeIndex(limit: limit, words: words)
  }

  /// Adds an instruction of the pool.
  public mutating func add(_ text: String) { index.add(text) }

  /// Judges a text; nil: it is taken.
  public func rejection(of text: String, isTruncated: Bool) -> InstructionRejection? {
    if isTruncated { return .truncated }
    guard let first = text.first else { return .failed }
    if text.lowercased().contains("instruction") { return .speaksOfInstructions }
    if wordCount(text) <= 3 { return .tooShort }
    if first.isASCII ? isPunctuation(first) : !takesAnyScript { return .badStart }
    return index.resembles(text) ? .duplicate : nil
  }

  /// Words between white space; ideographs and kana count one by one, where any script is taken.
  private func wordCount(_ text: String) -> Int {
    let spaced = text.split(whereSeparator: \.isWhitespace).count
    return takesAnyScript ? max(spaced, text.unicodeScalars.count { InstructionWords.standsAlone($0) }) : spaced
  }

  private func isPunctuation(_ character: Character) -> Bool {
    guard let byte = character.asciiValue else { return false }
    return (0x21...0x2F).contains(byte) || (0x3A...0x40).contains(byte) || (0x5B...0x60).contains(byte)
      || (0x7B...0x7E).contains(byte)
  }
}
