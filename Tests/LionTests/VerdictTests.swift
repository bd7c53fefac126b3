import Lion
import Testing

@Suite("Verdicts of a referee")
struct VerdictTests {
  @Test(
    "the last line that scores each assistant counts",
    arguments: [
      ("Both are fine.\nAssistant 1: 8\nAssistant 2: 6", 8.0, 6.0),
      ("Assistant 1: 8\nAssistant 2: 6\n\n", 8, 6),
      ("assistant 1 : 8/10\nASSISTANT 2: 6.5 / 10", 8, 6.5),
      ("**Assistant 1:** 7\n**Assistant 2:** 9", 7, 9),
      ("Assistant 1's score: 10\nAssistant 2's score: 1", 10, 1),
      ("Assistant 1: 2\nAssistant 2: 3\nOn reflection:\nAssistant 1: 4\nAssistant 2: 5", 4, 5),
      ("Assistant 1: 4, Assistant 2: 5", 4, 5),
      ("Assistant 2: 5\nAssistant 1: 4", 4, 5),
    ])
  func reads(reply: String, first: Double, second: Double) {
    #expect(OrderedScores(reply: reply) == OrderedScores(first: first, second: second))
  }

  @Test(
    "a reply without two scores from 1 to 10 has none",
    arguments: [
      "", "Assistant 1: 8", "8\n6", "Assistant 1: eight\nAssistant 2: six", "Assistant 1: 0\nAssistant 2: 5",
      "Assistant 1: 11\nAssistant 2: 5", "Assistant 1: 8\nAssistant 2: 100", "Assistant 1: -3\nAssistant 2: 5",
      "Assistant 12: 8\nAssistant 2: 6", "Assistant 1: 8\nAssistant 2:",
    ])
  func refuses(reply: String) { #expect(OrderedScores(reply: reply) == nil) }

  @Test("exchanging the answers negates the gap and keeps the bias")
  func exchange() throws {
    let (one, other) = (OrderedScores(first: 9, second: 4), OrderedScores(first: 6, second: 7))
    let verdict = try #require(Verdict(teacherFirst: [one], studentFirst: [other]))
    let exchanged = try #require(Verdict(teacherFirst: [other], studentFirst: [one]))
    // t = (9 + 7) / 2, s = (4 + 6) / 2; b = ((9 − 4) − (7 − 6)) / 2.
    #expect((verdict.teacherScore, verdict.studentScore, verdict.gap, verdict.positionBias) == (8, 5, 3, 2))
    #expect((exchanged.gap, exchanged.positionBias) == (-3, 2))
  }

  @Test("samples of an order are averaged; an order without any makes no verdict")
  func samples() throws {
    let scores = [OrderedScores(first: 8, second: 2), OrderedScores(first: 6, second: 4)]
    let verdict = try #require(
      Verdict(teacherFirst: scores, studentFirst: [OrderedScores(first: 5, second: 5)]))
    #expect(verdict.gap == 2)
    #expect(Verdict(teacherFirst: scores, studentFirst: []) == nil)
  }
}
