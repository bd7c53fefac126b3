import Curation
import Lion
import Testing

@Suite("A judge's points")
struct AnswerScoreTests {
  @Test(
    "are read from the last line that has them",
    arguments: [
      ("It is good.\nScore: 8", 8), ("score: 7.5/10\n", 7.5), ("**Score:** 9", 9), ("Score: 3\nNo: Score: 4", 4),
      ("Score: 11", nil), ("Score: 0", nil), ("It scores 8 points", nil), ("", nil), ("Score: eight", nil),
    ] as [(String, Double?)])
  func reading(reply: String, score: Double?) { #expect(AnswerScore(reply: reply)?.value == score) }

  @Test("are asked for with both places filled; a template of another's has the same places")
  func template() throws {
    let prompt = try AnswerScore.template().filled(["instruction": "add", "answer": "{{instruction}}"])
    #expect(prompt.user.contains("[Task]\nadd\n") && prompt.user.contains("[Answer begins]\n{{instruction}}\n"))
    #expect(throws: (any Error).self) { try AnswerScore.template("mine 1\n[user]\n{{answer}}") }
  }
}
