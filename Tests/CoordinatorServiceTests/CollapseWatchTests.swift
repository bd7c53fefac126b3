import CoordinatorService
import Testing

@Suite("Collapse of a student that learns from pairs")
struct CollapseWatchTests {
  /// Mean log-probs of a token of the preferred texts: they fall by half a nat between the first five steps and the five before step 14.
  private static let chosen = [-1.0, -1, -1, -1, -1, -1, -1, -1, -1, -1.3, -1.6, -1.7, -1.8, -1.9, -2]

  private func verdicts(_ watch: CollapseWatch, _ steps: ClosedRange<Int>) -> [(hasCollapsed: Bool, warning: String?)] {
    steps.map { watch.take(CollapseWatch.Figures(chosen: Self.chosen[$0 - 1], rejected: -3), step: $0) }
  }

  @Test("it begins where five steps are half a nat below the first five, and is said once")
  func begin() throws {
    let found = verdicts(CollapseWatch(), 1...15)
    #expect(found.map(\.hasCollapsed) == (1...15).map { $0 >= 14 })
    #expect(found.compactMap(\.warning).count == 1)
    let line = try #require(found[13].warning)
    #expect(line.hasPrefix("step 14: the student collapses: the preferred texts fell from -1.0 to -1.66 nats a token"))
  }

  @Test("steps that are made again are compared with what they were compared with before", arguments: 1...14)
  func again(from step: Int) {
    let watch = CollapseWatch()
    _ = verdicts(watch, 1...14)
    #expect(verdicts(watch, step...15).map(\.hasCollapsed) == (step...15).map { $0 >= 14 })
  }

  @Test("a coordinator that is started again compares with the steps that the journal has, and does not say it twice")
  func recall() {
    let rows = (1...14).map { step in
      MetricsEntry(
        step: step, kind: .step,
        row: #"{"step":\#(step),"logps/chosen_per_token":\#(Self.chosen[step - 1]),"logps/rejected_per_token":-3}"#)
    }
    let watch = CollapseWatch()
    watch.recall(rows + [MetricsEntry(step: 14, kind: .evaluation, row: #"{"step":14,"eval/kl":1}"#)])
    let found = verdicts(watch, 13...15)
    #expect(found.map(\.hasCollapsed) == [false, true, true])
    #expect(found.allSatisfy { $0.warning == nil })
  }
}
