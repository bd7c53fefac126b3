import Reports
import Testing

@Suite struct MetricsLogTests {
  @Test("numbers are read; texts, flags and null are left out")
  func row() {
    let row = MetricsRow(
      json: #"{"step": 3, "loss": 1.5, "eval/kl": 0, "note": "x", "ok": true, "wait/teacher": null, "list": [1]}"#)
    #expect(row == MetricsRow(step: 3, values: ["loss": 1.5, "eval/kl": 0]))
  }

  @Test(
    "a line without a whole step is no row",
    arguments: ["", "{}", "[1]", #"{"step": 1.5}"#, #"{"step": -1}"#, #"{"step": 1"#])
  func noRow(line: String) {
    #expect(MetricsRow(json: line) == nil)
  }

  @Test("rows of a step are merged, the later value wins, and steps are in order")
  func merge() throws {
    let log = try MetricsLog(
      text: "{\"step\":2,\"loss\":1}\n{\"step\":1,\"loss\":3}\n\n{\"step\":2,\"loss\":2,\"eval/kl\":4}\n", file: "m")
    #expect(
      log.rows == [MetricsRow(step: 1, values: ["loss": 3]), MetricsRow(step: 2, values: ["loss": 2, "eval/kl": 4])])
    #expect(log.curve("loss") == [CurvePoint(step: 1, value: 3), CurvePoint(step: 2, value: 2)])
    #expect(log.last("eval/kl") == 4)
    #expect(log.total("loss") == 5)
  }

  @Test("a torn last line is left out, a malformed line before it is named")
  func torn() throws {
    #expect(try MetricsLog(text: "{\"step\":1,\"loss\":3}\n{\"step\":2,\"lo", file: "m").rows.count == 1)
    #expect(throws: ReportError.malformedRow(file: "m", line: 1, reason: "not a JSON object with a step")) {
      try MetricsLog(text: "{\"step\":\n{\"step\":2}\n", file: "m")
    }
  }
}
