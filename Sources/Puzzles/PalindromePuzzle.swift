/// `pal 7 with k:` — seven letters that read the same from both ends, `k` among them, such as `abkrkba`.
struct PalindromePuzzle: Puzzle {
  static let keyword = "pal"

  /// Number of letters.
  let length: Int
  /// The letter that must occur.
  let letter: Character

  var instruction: String { "pal \(length) with \(letter):" }

  init?(instruction: String) {
    guard let words = Self.words(of: instruction, count: 3), let length = Int(words[0]), (1...99).contains(length),
      words[2].count == 1, let letter = words[2].first
    else { return nil }
    self.init(length: length, letter: letter)
    guard self.instruction == instruction, Letters.only(String(letter)) else { return nil }
  }

  init(length: Int, letter: Character) {
    self.length = length
    self.letter = letter
  }

  static func draw(level: Int, using generator: inout some RandomNumberGenerator) -> Self {
    Self(length: 2 + level, letter: generator.element(of: Letters.all))
  }

  func answer(using generator: inout some RandomNumberGenerator) -> String? {
    var half = (0..<(length + 1) / 2).map { _ in generator.element(of: Letters.all) }
    half[generator.below(half.count)] = letter
    return String(half + half.dropLast(length % 2).reversed())
  }

  func accepts(_ answer: String) -> Bool {
    let text = Array(answer)
    return Letters.only(answer) && text.count == length && text.contains(letter) && text == text.reversed()
  }
}
