/// A task with many right answers and a rule that tells a right one.
///
/// Every kind of puzzle is one type and one keyword. An instruction is a short line of text that ends in a colon, such as
/// `make 14 of 3 has 2:`, and an answer is a line such as `4*3+2`. Both use the characters of ``PuzzleLanguage/alphabet``.
public protocol Puzzle: Sendable, Hashable {
  /// The first word of the instruction.
  static var keyword: String { get }

  /// The text that asks for an answer.
  var instruction: String { get }

  /// Reads an instruction. Returns nil unless it is exactly what ``instruction`` would write.
  init?(instruction: String)

  /// Makes a puzzle that has an answer.
  ///
  /// - Parameter level: Difficulty, in ``PuzzleLanguage/levels``.
  static func draw(level: Int, using generator: inout some RandomNumberGenerator) -> Self

  /// Draws one of the right answers, close to evenly over all of them.
  ///
  /// - Returns: The answer, or nil where ``PuzzleLanguage/answerAttempts`` draws found none.
  func answer(using generator: inout some RandomNumberGenerator) -> String?

  /// Tells whether an answer is right. Nothing is forgiven: no spaces, no other form of a number, no text after it.
  func accepts(_ answer: String) -> Bool
}

/// All kinds of puzzles together.
public enum PuzzleLanguage {
  /// The kinds, in the order in which a corpus takes turns.
  public static let kinds: [any Puzzle.Type] = [
    ExpressionPuzzle.self, PalindromePuzzle.self, NeighbourPuzzle.self, VowelPuzzle.self,
    RisingSumPuzzle.self, BracketPuzzle.self, LetterCountPuzzle.self,
  ]

  /// The grades of difficulty: 1 is the easiest.
  public static let levels = 1...4

  /// Every character that instructions and answers use, once. Count: 46.
  public static let alphabet = Array(" abcdefghijklmnopqrstuvwxyz0123456789+-*,()[]:")

  /// Number of draws after which ``Puzzle/answer(using:)`` gives up.
  public static let answerAttempts = 10_000

  /// Reads an instruction of any kind. Returns nil where no kind knows it.
  public static func puzzle(instruction: String) -> (any Puzzle)? {
    for kind in kinds where instruction.hasPrefix(kind.keyword + " ") {
      return kind.init(instruction: instruction)
    }
    return nil
  }

  /// Tells whether `answer` is right for `instruction`; an instruction that no kind knows has no right answer.
  public static func isValid(instruction: String, answer: String) -> Bool {
    puzzle(instruction: instruction)?.accepts(answer) ?? false
  }
}

extension Puzzle {
  /// The words between the keyword and the colon; nil where the frame is another.
  static func words(of instruction: String, count: Int) -> [String]? {
    guard instruction.hasSuffix(":") else { return nil }
    let words = instruction.dropLast().split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == count + 1, words[0] == keyword else { return nil }
    return words.dropFirst().map(String.init)
  }
}
