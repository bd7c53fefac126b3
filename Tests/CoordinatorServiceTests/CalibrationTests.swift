import CoordinatorService
import Testing

@Suite("Calibration")
struct CalibrationTests {
  private func calibration(_ rows: [(Int, Double, Double)]) -> Calibration {
    Calibration(rows.map { Calibration.Answer(prompt: $0.0, likelihood: $0.1, quality: $0.2) })
  }

  @Test("is 1 where the better is the more probable, −1 where it is the less")
  func extremes() throws {
    let right = calibration((0..<8).map { (0, Double($0), Double($0 * $0)) })
    let wrong = calibration((0..<8).map { (0, Double(-$0), Double($0 * $0)) })
    #expect(right.rankCorrelation == 1 && right.rightOrder == 1)
    #expect(wrong.rankCorrelation == -1 && wrong.rightOrder == 0)
  }

  /// Ranks 1, 2.5, 2.5, 4 against 1, 2, 4, 3: 3/√(4.5 · 5).
  @Test("equal values share a rank")
  func ties() throws {
    let found = try #require(
      calibration([(0, 1, 0.1), (0, 2, 0.2), (0, 2, 0.9), (0, 3, 0.3)]).rankCorrelation)
    #expect(abs(found - 3 / (4.5 * 5.0).squareRoot()) < 1e-12)
  }

  @Test("texts of different prompts are not compared in their order, and nothing is said of nothing")
  func prompts() {
    #expect(calibration([(0, 1, 0.1), (1, 2, 0.9)]).rightOrder == nil)
    #expect(calibration([(0, 1, 0.5), (0, 1, 0.7)]).rightOrder == 0.5)
    #expect(calibration([]).rankCorrelation == nil && calibration([]).bins().isEmpty)
    #expect(calibration([(0, 1, 0.5), (0, 2, 0.5)]).rankCorrelation == nil)
  }

  @Test("bins hold all texts, the least probable first")
  func bins() {
    let bins = calibration((0..<25).map { (0, Double(24 - $0), 0.5) }).bins()
    #expect(bins.count == 10 && bins.reduce(0) { $0 + $1.count } == 25)
    #expect(bins.map(\.likelihood) == bins.map(\.likelihood).sorted())
    #expect(calibration([(0, -1, 0.25)]).csv == "answers,mean_logprob_per_token,mean_rouge_l\n1,-1.0,0.25\n")
  }
}
