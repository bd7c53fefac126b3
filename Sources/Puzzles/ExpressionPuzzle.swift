/// `make 14 of 3 has 2:` — an expression of three numbers from 1 to 5 with `+`, `-` and `*` whose value is 14, with a 2
/// among the numbers, such as `4*3+2`.
///
/// Products come before sums, as usual.
struct ExpressionPuzzle: Puzzle {
  static let keyword = "make"

  /// The value to reach.
  let value: Int
  /// How many numbers the expression has.
  let numberCount: Int
  /// A number that must occur.
  let digit: Int

  var instruction: String { "make \(value) of \(numberCount) has \(digit):" }

  init?(instruction: String) {
    guard let words = Self.words(of: instruction, count: 5), let value = Int(words[0]), let count = Int(words[2]),
      let digit = Int(words[4]), value > 0, (2...8).contains(count), (1...5).contains(digit)
    else { return nil }
    self.init(value: value, numberCount: count, digit: digit)
    guard self.instruction == instruction else { return nil }
  }

  init(value: Int, numberCount: Int, digit: Int) {
    self.value = value
    self.digit = digit
    self.numberCount = numberCount
  }

  static func draw(level: Int, using generator: inout some RandomNumberGenerator) -> Self {
    let count = 3 + level / 3
    while true {
      let text = prefix(numberCount: count, using: &generator)
      let digit = Int(text[2 * generator.below(count)] - UInt8(ascii: "0"))
      if let value = value(of: text), (1...10 + 5 * ((level + 1) % 2)).contains(value) {
        return Self(value: value, numberCount: count, digit: digit)
      }
    }
  }

  func answer(using generator: inout some RandomNumberGenerator) -> String? {
    for _ in 0..<PuzzleLanguage.answerAttempts {
      let start = Self.prefix(numberCount: numberCount - 1, using: &generator)
      let ends = Self.operators.flatMap { sign in Self.digits.map { [sign, $0] } }
      let answers = ends.map { start + $0 }.filter(isRight)
      if !answers.isEmpty { return String(decoding: generator.element(of: answers), as: UTF8.self) }
    }
    return nil
  }

  func accepts(_ answer: String) -> Bool {
    let text = Array(answer.utf8)
    return text.count == 2 * numberCount - 1 && isRight(text)
  }

  private func isRight(_ text: [UInt8]) -> Bool {
    text.contains(UInt8(ascii: "0") + UInt8(digit)) && Self.value(of: text) == value
  }

  private static let operators = Array("+-*".utf8)
  private static let digits = Array("12345".utf8)

  private static func prefix(numberCount: Int, using generator: inout some RandomNumberGenerator) -> [UInt8] {
    (0..<2 * numberCount - 1).map { generator.element(of: $0.isMultiple(of: 2) ? digits : operators) }
  }

  /// The value of an expression; nil where the text is none.
  private static func value(of text: [UInt8]) -> Int? {
    var (sum, product, sign) = (0, 1, 1)
    for (index, character) in text.enumerated() {
      switch (index.isMultiple(of: 2), character) {
      case (true, UInt8(ascii: "1")...UInt8(ascii: "5")): product *= Int(character - UInt8(ascii: "0"))
      case (false, UInt8(ascii: "*")): break
      case (false, UInt8(ascii: "+")), (false, UInt8(ascii: "-")):
        sum += sign * product
        product = 1
        sign = character == UInt8(ascii: "+") ? 1 : -1
      default: return nil
      }
    }
    return text.count.isMultiple(of: 2) ? nil : sum + sign * product
  }
}
