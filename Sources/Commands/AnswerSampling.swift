import Evaluation
import Puzzles
import Recipes

/// How answers are sampled for `pass@k`, and who says which are right.
public struct AnswerSampling: Sendable, Hashable {
  /// Who says which answers are right; names are those of `rejection.checker`.
  public enum Checker: String, Sendable, Hashable, CaseIterable {
    /// Equal to the row's completion but for case, punctuation and white space.
    case exactMatch = "exact_match"
    /// The number behind the first `####` is the completion's.
    case numericStrict = "numeric_strict"
    /// The last number is the completion's.
    case numericFlexible = "numeric_flexible"
    /// The language of the demo.
    case puzzles
  }

  /// Who says which answers are right.
  public let checker: Checker
  /// Samples of each prompt.
  public let count: Int
  /// Their temperature.
  public let temperature: Double
  /// Fixes them.
  public let seed: UInt64

  /// Reads the options of `retort eval`.
  ///
  /// - Throws: ``CommandError/badOption(name:value:expected:)``.
  public init(checker: String, count: Int, temperature: Double, seed: UInt64) throws(CommandError) {
    guard let known = Checker(rawValue: checker) else {
      throw .badOption(
        name: "--checker", value: checker,
        expected: "one of \(Checker.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    guard (1...1024).contains(count) else {
      throw .badOption(name: "--num-samples", value: "\(count)", expected: "a whole number from 1 to 1024")
    }
    guard temperature > 0, temperature <= 100 else {
      throw .badOption(name: "--temperature", value: "\(temperature)", expected: "a number above 0, at most 100")
    }
    (self.checker, self.count, self.temperature, self.seed) = (known, count, temperature, seed)
  }

  /// Whether an answer to a row is right; nil where the row does not say what would be.
  func isRight(_ answer: String, to sample: TrainingSample) -> Bool? {
    switch checker {
    case .puzzles: return PuzzleLanguage.isValid(instruction: sample.promptText, answer: answer)
    case .exactMatch: return sample.completionText.map { exactMatch(references: [$0], prediction: answer) }
    case .numericStrict, .numericFlexible:
      let form: NumericAnswer = checker == .numericStrict ? .strict : .flexible
      return sample.completionText.flatMap { NumericAnswer.reference(in: $0) }.map {
        form.isRight(answer, reference: $0)
      }
    }
  }
}
