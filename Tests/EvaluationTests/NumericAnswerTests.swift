import Evaluation
import Testing

/// Values of lm-eval 0.4.13's filters and its cleaning, worked out by hand from its regular expressions.
@Suite("Numbers of answers")
struct NumericAnswerTests {
  @Test(
    "the strict form is behind the first mark",
    arguments: [
      ("so 6 * 12 = 72\n#### 72", "72"), ("#### 1,234.", "1234"), ("#### -5 and #### 6", "-5"),
      ("the answer is 72", nil),
      ("####72", nil), ("#### $5", nil),
    ])
  func strict(text: String, number: String?) { #expect(NumericAnswer.strict.number(in: text) == number) }

  @Test(
    "the flexible form is the last number",
    arguments: [
      ("so 6 * 12 = 72\n#### 72", "72"), ("it costs $1,234.", "1234"), ("first 5, then -6 apples", "-6"),
      ("3.50 dollars", "3.50"), ("none", nil), ("7", "7"), ("about 12...", "12.."),
    ])
  func flexible(text: String, number: String?) { #expect(NumericAnswer.flexible.number(in: text) == number) }

  @Test("the data's number is behind its last mark, or its last one")
  func reference() {
    #expect(NumericAnswer.reference(in: "48/2 = <<48/2=24>>24\n#### 72") == "72")
    #expect(NumericAnswer.reference(in: "It is 1,000.") == "1000")
    #expect(NumericAnswer.reference(in: "#### none") == nil)
    #expect(NumericAnswer.reference(in: "... ") == nil)
  }

  @Test("a number is right as a number")
  func right() {
    #expect(NumericAnswer.flexible.isRight("It is 72.0", reference: "72"))
    #expect(NumericAnswer.strict.isRight("#### 72", reference: "72"))
    #expect(!NumericAnswer.strict.isRight("It is 72", reference: "72"))
    #expect(!NumericAnswer.flexible.isRight("72, or 73", reference: "72"))
  }
}
