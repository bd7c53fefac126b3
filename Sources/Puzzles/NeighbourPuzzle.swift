/// `mix aabbc:` — the same letters in an order with no two equal ones side by side, such as `abcab`.
struct NeighbourPuzzle: Puzzle {
  static let keyword = "mix"

  /// The letters, in alphabetical order.
  let letters: String

  var instruction: String { "mix \(letters):" }

  init?(instruction: String) {
    guard let words = Self.words(of: instruction, count: 1), !words[0].isEmpty, Letters.only(words[0]) else {
      return nil
    }
    letters = words[0]
    guard letters == String(letters.sorted()) else { return nil }
  }

  init(letters: [Character]) { self.letters = String(letters.sorted()) }

  static func draw(level: Int, using generator: inout some RandomNumberGenerator) -> Self {
    let length = 3 + (level + 1) / 2 + generator.below(2)
    let some = generator.shuffled(Letters.all).prefix((length + 3) / 2)
    while true {
      let letters = (0..<length).map { _ in generator.element(of: Array(some)) }
      let most = Dictionary(grouping: letters, by: { $0 }).values.map(\.count).max() ?? 0
      if most > 1, most <= (length + 1) / 2 { return Self(letters: letters) }
    }
  }

  func answer(using generator: inout some RandomNumberGenerator) -> String? {
    let letters = Array(letters)
    for _ in 0..<PuzzleLanguage.answerAttempts {
      let text = generator.shuffled(letters)
      if Self.neighboursDiffer(text) { return String(text) }
    }
    return nil
  }

  func accepts(_ answer: String) -> Bool {
    Letters.only(answer) && Self.neighboursDiffer(Array(answer)) && String(answer.sorted()) == letters
  }

  private static func neighboursDiffer(_ text: [Character]) -> Bool { zip(text, text.dropFirst()).allSatisfy(!=) }
}
