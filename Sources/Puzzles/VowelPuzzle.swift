/// `alt aeikt:` — the same letters in an order where vowels and consonants take turns, such as `akite`.
///
/// The vowels are a, e, i, o, u.
struct VowelPuzzle: Puzzle {
  static let keyword = "alt"

  /// The letters, in alphabetical order.
  let letters: String

  var instruction: String { "alt \(letters):" }

  init?(instruction: String) {
    guard let words = Self.words(of: instruction, count: 1), !words[0].isEmpty, Letters.only(words[0]) else {
      return nil
    }
    letters = words[0]
    guard letters == String(letters.sorted()) else { return nil }
  }

  init(letters: [Character]) { self.letters = String(letters.sorted()) }

  static func draw(level: Int, using generator: inout some RandomNumberGenerator) -> Self {
    let length = 2 + level
    let vowelCount = generator.number(in: length / 2...(length + 1) / 2)
    return Self(
      letters: (0..<length).map { generator.element(of: $0 < vowelCount ? Letters.vowels : Letters.consonants) })
  }

  func answer(using generator: inout some RandomNumberGenerator) -> String? {
    let vowels = generator.shuffled(letters.filter(Letters.vowels.contains))
    let consonants = generator.shuffled(letters.filter { !Letters.vowels.contains($0) })
    guard abs(vowels.count - consonants.count) <= 1 else { return nil }
    let vowelsFirst = vowels.count == consonants.count ? generator.below(2) == 0 : vowels.count > consonants.count
    let (first, second) = vowelsFirst ? (vowels, consonants) : (consonants, vowels)
    return String((0..<letters.count).map { $0.isMultiple(of: 2) ? first[$0 / 2] : second[$0 / 2] })
  }

  func accepts(_ answer: String) -> Bool {
    guard Letters.only(answer), String(answer.sorted()) == letters else { return false }
    let isVowel = answer.map(Letters.vowels.contains)
    return zip(isVowel, isVowel.dropFirst()).allSatisfy(!=)
  }
}

extension RandomNumberGenerator {
  /// The characters of a text in a random order.
  fileprivate mutating func shuffled(_ text: String) -> [Character] { shuffled(Array(text)) }
}
