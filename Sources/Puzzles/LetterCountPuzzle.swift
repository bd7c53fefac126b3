/// `code 7 with 3 s:` — seven letters of which exactly three are `s`, such as `sabssyk`.
struct LetterCountPuzzle: Puzzle {
  static let keyword = "code"

  /// Number of letters.
  let length: Int
  /// How often the letter occurs.
  let letterCount: Int
  /// The letter that is counted.
  let letter: Character

  var instruction: String { "code \(length) with \(letterCount) \(letter):" }

  init?(instruction: String) {
    guard let words = Self.words(of: instruction, count: 4), let length = Int(words[0]), let count = Int(words[2]),
      (1...99).contains(length), (0...length).contains(count), words[3].count == 1, let letter = words[3].first
    else { return nil }
    self.init(length: length, letterCount: count, letter: letter)
    guard self.instruction == instruction, Letters.only(String(letter)) else { return nil }
  }

  init(length: Int, letterCount: Int, letter: Character) {
    self.length = length
    self.letterCount = letterCount
    self.letter = letter
  }

  static func draw(level: Int, using generator: inout some RandomNumberGenerator) -> Self {
    let length = 2 + level
    return Self(
      length: length, letterCount: generator.number(in: 1...(length + 1) / 2),
      letter: generator.element(of: Letters.all))
  }

  func answer(using generator: inout some RandomNumberGenerator) -> String? {
    let others = Letters.all.filter { $0 != letter }
    return String(generator.shuffled((0..<length).map { $0 < letterCount ? letter : generator.element(of: others) }))
  }

  func accepts(_ answer: String) -> Bool {
    Letters.only(answer) && answer.count == length && answer.count(where: { $0 == letter }) == letterCount
  }
}
