import CoordinatorService
import Foundation
import Testing

@Suite("Figures of a run")
struct RunFiguresTests {
  private let date = Date(timeIntervalSince1970: 0)

  private func row(_ step: Int, loss: Double = 1, teacher: Double = 0, student: Double = 0) -> MetricsEntry {
    let json = #"{"step":\#(step),"loss":\#(loss),"wait/teacher":\#(teacher),"wait/student":\#(student)}"#
    return MetricsEntry(step: step, kind: .step, row: json)
  }

  @Test("the pace is that of the last ten seconds, however the rows come in bursts")
  func pace() throws {
    var figures = RunFigures()
    figures.enter(.running, at: .zero)
    // Two steps at once, every half second; for a minute, then one a second.
    for burst in 0..<120 {
      for place in 1...2 {
        figures.note(row(2 * burst + place), at: .milliseconds(500 * burst + place), date: date)
      }
      if burst == 1 { #expect(figures.stepsPerSecond == nil, "half a second tells nothing") }
    }
    #expect(abs(try #require(figures.stepsPerSecond) - 4) < 0.3)
    for second in 1...20 { figures.note(row(240 + second), at: .seconds(60 + second), date: date) }
    #expect(abs(try #require(figures.stepsPerSecond) - 1) < 0.1)
  }

  @Test("a run that waits, or goes back, is measured anew")
  func anew() {
    var figures = RunFigures()
    for step in 1...10 { figures.note(row(step), at: .seconds(step), date: date) }
    #expect(figures.stepsPerSecond == 1)
    figures.note(row(5), at: .seconds(20), date: date)
    #expect(figures.stepsPerSecond == nil)
    figures.note(row(9), at: .seconds(22), date: date)
    #expect(figures.stepsPerSecond == 2)
    figures.enter(.waiting, at: .seconds(23))
    #expect(figures.stepsPerSecond == nil)
  }

  @Test("waits are summed by cause; without a trainer the clock runs while the run waits")
  func waits() {
    var figures = RunFigures()
    figures.enter(.waiting, at: .seconds(10))
    #expect(figures.waitTrainerSeconds(at: .seconds(13)) == 3)
    figures.enter(.running, at: .seconds(14))
    #expect(figures.waitTrainerSeconds(at: .seconds(99)) == 4)
    figures.note(row(1, loss: 2, teacher: 0.5, student: 2), at: .seconds(15), date: date)
    figures.note(row(2, loss: 1, teacher: 0.25), at: .seconds(16), date: date)
    #expect(figures.waitTeacherSeconds == 0.75 && figures.waitStudentSeconds == 2)
    #expect(figures.loss == 1 && figures.lossStep == 2 && figures.lastProgress == date)
    figures.note(
      MetricsEntry(step: 2, kind: .evaluation, row: #"{"step":2,"eval/kl":0.5}"#), at: .seconds(17), date: date)
    #expect(figures.evaluationKL == 0.5 && figures.loss == 1)
  }
}
