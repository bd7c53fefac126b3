/// `nest 5 deep 3 [2:` — five pairs of brackets, properly nested, three deep at the deepest, two of them square, such as
/// `([()])[]()`; the others are round.
struct BracketPuzzle: Puzzle {
  static let keyword = "nest"

  /// Number of pairs.
  let pairCount: Int
  /// Most pairs open at once.
  let depth: Int
  /// Number of square pairs.
  let squareCount: Int

  var instruction: String { "nest \(pairCount) deep \(depth) [\(squareCount):" }

  init?(instruction: String) {
    guard let words = Self.words(of: instruction, count: 4), let pairs = Int(words[0]), let depth = Int(words[2]),
      words[3].hasPrefix("["), let squares = Int(words[3].dropFirst()),
      (1...50).contains(pairs), (1...pairs).contains(depth), (0...pairs).contains(squares)
    else { return nil }
    self.init(pairCount: pairs, depth: depth, squareCount: squares)
    guard self.instruction == instruction else { return nil }
  }

  init(pairCount: Int, depth: Int, squareCount: Int) {
    self.pairCount = pairCount
    self.depth = depth
    self.squareCount = squareCount
  }

  static func draw(level: Int, using generator: inout some RandomNumberGenerator) -> Self {
    let pairs = level + generator.number(in: 1...2)
    return Self(
      pairCount: pairs, depth: generator.number(in: 1...min(pairs, level + 1)),
      squareCount: generator.number(in: 0...pairs))
  }

  func answer(using generator: inout some RandomNumberGenerator) -> String? {
    let squares = generator.shuffled((0..<pairCount).map { $0 < squareCount })
    for _ in 0..<PuzzleLanguage.answerAttempts {
      var (text, open, left, deepest) = ("", [Character](), squares, 0)
      while text.count < 2 * pairCount {
        let opens =
          left.isEmpty ? false : open.isEmpty ? true : open.count == depth ? false : generator.below(2) == 0
        if opens, let isSquare = left.popLast() {
          text.append(isSquare ? "[" : "(")
          open.append(isSquare ? "]" : ")")
          deepest = max(deepest, open.count)
        } else if let close = open.popLast() {
          text.append(close)
        }
      }
      if deepest == depth { return text }
    }
    return nil
  }

  func accepts(_ answer: String) -> Bool {
    var (open, deepest, squares) = ([Character](), 0, 0)
    for character in answer {
      switch character {
      case "(": open.append(")")
      case "[":
        open.append("]")
        squares += 1
      default: if open.popLast() != character { return false }
      }
      deepest = max(deepest, open.count)
    }
    return open.isEmpty && answer.count == 2 * pairCount && deepest == depth && squares == squareCount
  }
}
