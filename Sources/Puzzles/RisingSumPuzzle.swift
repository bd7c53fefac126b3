/// `rise 4 to 30 has 9:` — four whole numbers above zero, each larger than the one before, whose sum is 30, with a 9 among
/// them, such as `3,5,9,13`.
struct RisingSumPuzzle: Puzzle {
  static let keyword = "rise"

  /// How many numbers.
  let numberCount: Int
  /// Their sum.
  let sum: Int
  /// A number that must occur.
  let member: Int

  var instruction: String { "rise \(numberCount) to \(sum) has \(member):" }

  init?(instruction: String) {
    guard let words = Self.words(of: instruction, count: 5), let count = Int(words[0]), let sum = Int(words[2]),
      let member = Int(words[4]), (2...9).contains(count), (3...999).contains(sum), (1..<sum).contains(member)
    else { return nil }
    self.init(numberCount: count, sum: sum, member: member)
    guard self.instruction == instruction else { return nil }
  }

  init(numberCount: Int, sum: Int, member: Int) {
    self.numberCount = numberCount
    self.sum = sum
    self.member = member
  }

  static func draw(level: Int, using generator: inout some RandomNumberGenerator) -> Self {
    let count = 3 + level / 3
    while true {
      let sum = count * (count + 1) / 2 + generator.number(in: 1...6 + 6 * ((level + 1) % 2))
      let puzzle = Self(numberCount: count, sum: sum, member: generator.number(in: 1...sum - 1))
      if puzzle.numbers(using: &generator) != nil { return puzzle }
    }
  }

  func answer(using generator: inout some RandomNumberGenerator) -> String? {
    for _ in 0..<PuzzleLanguage.answerAttempts {
      if let numbers = numbers(using: &generator) { return numbers.map(String.init).joined(separator: ",") }
    }
    return nil
  }

  /// One draw: all numbers but the last are random, and the last is what the sum needs.
  private func numbers(using generator: inout some RandomNumberGenerator) -> [Int]? {
    var numbers = [member] + (2..<numberCount).map { _ in generator.number(in: 1...sum) }
    numbers.append(sum - numbers.reduce(0, +))
    numbers.sort()
    return Self.rises(numbers) ? numbers : nil
  }

  func accepts(_ answer: String) -> Bool {
    let parts = answer.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { part in Int(part).flatMap { String($0) == part && $0 <= sum ? $0 : nil } }
    return numbers.count == parts.count && numbers.count == numberCount && Self.rises(numbers)
      && numbers.contains(member) && numbers.reduce(0, +) == sum
  }

  private static func rises(_ numbers: [Int]) -> Bool { zip([0] + numbers, numbers).allSatisfy(<) }
}
