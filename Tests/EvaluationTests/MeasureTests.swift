import Evaluation
import Foundation
import Testing

@Suite("Measures")
struct MeasureTests {
  @Test(
    "exact match ignores case, punctuation and white space alone",
    arguments: [
      ("The answer.", "the  answer", true), ("the answer", "answer", false), ("3.14", "314", true),
      ("$5 + 5!", "5 5", true), ("naïve", "naive", false), ("", " ... ", true), ("a b", "ab", false),
    ])
  func exact(reference: String, prediction: String, matches: Bool) {
    #expect(exactMatch(references: ["other", reference], prediction: prediction) == matches)
  }

  @Test("perplexity is taken over all tokens, not over sequences")
  func perplexity() throws {
    var sum = PerplexitySum()
    #expect(sum.perplexity == nil)
    sum.add([Float(-1), -2, -3])
    var other = PerplexitySum()
    other.add([Float(-6)])
    sum.add(other)
    #expect(sum.tokenCount == 4)
    #expect(abs(try #require(sum.perplexity) - exp(3)) < 1e-12)
    #expect(try #require(sum.crossEntropyNats) == 3)
  }

  /// For the values 1 to n: the tabulated 0.975 quantile of n − 1 degrees of freedom times √((n + 1) / 12).
  @Test(
    "the interval is Student's",
    arguments: [(2, 6.353102), (3, 2.484138), (5, 1.963243), (21, 2.824474), (41, 3.781090)])
  func interval(count: Int, expected: Double) throws {
    let interval = try #require(MeanInterval((1...count).map(Double.init)))
    #expect(interval.mean == Double(count + 1) / 2)
    #expect(abs(try #require(interval.halfWidth) - expected) < 1e-3)
  }

  @Test("one measurement has no interval, none has no mean")
  func few() throws {
    let one = try #require(MeanInterval([0.5]))
    #expect(one.halfWidth == nil)
    #expect(one.formatted() == "0.500")
    #expect(MeanInterval([]) == nil)
    #expect(try #require(MeanInterval([1, 2, 3])).formatted(decimals: 2) == "2.00 ± 2.48")
    #expect(try #require(MeanInterval([-0.0001])).formatted() == "0.000")
    #expect((-0.0006).formatted(decimals: 3) == "-0.001" && (-0.4).formatted(decimals: 0) == "0")
  }
}
