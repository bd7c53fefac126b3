/// The pre-tokenizer patterns that are recognised, by their exact text, each written out as a scanner.
///
/// No regular expression from a file is ever run: a crafted one can take unbounded time. The frequent patterns have a
/// scanner of their own; the others are steps made from the table below, never from the file's text.
enum KnownPattern: Sendable {
  /// GPT-2: contractions, then runs of letters, of numbers or of others, each with one space before it.
  case gpt2
  /// GPT-4 and what followed: contractions in any case, letters with one character before them, at most `digits`
  /// numbers, others with the line ends that follow; marks count as letters where `joinsMarks` says so.
  case gpt4(digits: Int, joinsMarks: Bool)
  /// GPT-4o and Tekken: words end where capitals follow small letters; others with the line ends and slashes that follow.
  case cased(digits: Int, joinsContractions: Bool)
  /// Any other of the table, with whether it matches at every position.
  case steps(PatternProgram)

  init?(_ pattern: String) {
    // Some files write line ends as themselves, others as escapes; some characters come in another canonical form.
    let text = String(
      pattern.unicodeScalars.flatMap { scalar -> [Unicode.Scalar] in
        scalar == "\r" ? ["\\", "r"] : scalar == "\n" ? ["\\", "n"] : [scalar]
      }.reduce(into: String.UnicodeScalarView()) { $0.append($1) })
    if let known = Self.scanners.first(where: { $0.key == text }) {
      self = known.value
    } else if let own = KnownPatternTexts.all.first(where: { $0 == text }),
      let program = PatternProgram(ownPattern: own)
    {
      self = .steps(program)
    } else {
      return nil
    }
  }

  private static let scanners: [String: KnownPattern] = {
    var scanners: [String: KnownPattern] = [
      KnownPatternTexts.gpt2: .gpt2, KnownPatternTexts.gpt2Short: .gpt2,
      KnownPatternTexts.qwen35: .gpt4(digits: 1, joinsMarks: true),
    ]
    for (numbers, digits) in [(#"\p{N}"#, 1), (#"\p{N}{1}"#, 1), (#"\p{N}{1,3}"#, 3), (#"\p{N}+"#, Int.max)] {
      scanners[KnownPatternTexts.gpt4(numbers: numbers)] = .gpt4(digits: digits, joinsMarks: false)
      scanners[KnownPatternTexts.cased(numbers: numbers, contractions: "")] =
        .cased(digits: digits, joinsContractions: false)
      scanners[KnownPatternTexts.cased(numbers: numbers, contractions: "(?i:'s|'t|'re|'ve|'m|'ll|'d)?")] =
        .cased(digits: digits, joinsContractions: true)
    }
    return scanners
  }()

  /// The end of the match that begins at `start`, or `start` where there is none; `end` bounds the text.
  func pieceEnd(_ text: [UInt8], from start: Int, to end: Int) -> Int {
    switch self {
    case .gpt2: Self.gpt2PieceEnd(text, from: start, to: end)
    case .gpt4(let digits, let joinsMarks):
      Self.gpt4PieceEnd(text, from: start, to: end, digits: digits, letters: joinsMarks ? [.letter, .mark] : [.letter])
    case .cased(let digits, let joinsContractions):
      Self.casedPieceEnd(text, from: start, to: end, digits: digits, joinsContractions: joinsContractions)
    case .steps(let program): program.matchEnd(text, from: start, to: end) ?? start
    }
  }

  /// Whether each position of a text begins a match.
  var matchesEverywhere: Bool {
    if case .steps = self { false } else { true }
  }
}
