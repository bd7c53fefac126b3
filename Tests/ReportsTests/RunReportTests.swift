import Foundation
import Reports
import Testing

@Suite struct RunReportTests {
  private func report(steps: Int = 200) -> RunReport {
    let rows = (1...steps).map { step in
      var values = ["loss": 2 / Double(step), "train/grad_norm": 1.0, "wait/teacher": 0.1, "wait/coordinator": 0.2]
      if step % 50 == 1 || step == steps { values["eval/kl"] = 1 / Double(step) }
      return MetricsRow(step: step, values: values)
    }
    return RunReport(
      title: "a <run>", facts: [("method", "distillm2")], log: MetricsLog(rows: rows),
      recipe: "method: distillm2 # <&>",
      samples: [
        SampleComparison(
          prompt: "2 + <b>", answers: [.init(name: "teacher", text: "4\n"), .init(name: "student", text: "")])
      ])
  }

  private func page(_ report: RunReport) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: "retort-report-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try String(contentsOf: report.write(into: folder), encoding: .utf8)
  }

  @Test("the page shows curves, figures, samples and the recipe")
  func content() throws {
    let html = try page(report())
    for text in [
      "<b>Loss</b>", "<b>KL to the teacher</b>", "<b>Gradient norm</b>", "<b>Waits</b>", "<h2>Samples</h2>",
      "<summary>", "eval/kl",
    ] {
      #expect(html.contains(text), "\(text)")
    }
    #expect(html.components(separatedBy: "<svg").count == 5)
  }

  @Test("a table sums up what each RPC cost, and no chart repeats it")
  func wire() throws {
    let rows = (1...3).map { step in
      MetricsRow(
        step: step,
        values: [
          "loss": 1, "wire/score/bytes_sent": 100, "wire/score/bytes_received": 5000, "wire/score/messages_sent": 1,
          "wire/score/encode_s": 0.25, "wait/score_read_s": 0.5, "wait/teacher": 0.5,
          "wire/teacher/bytes_fetched": 4000, "wire/bytes_per_token": 4,
        ])
    }
    let html = try page(RunReport(title: "wire", log: MetricsLog(rows: rows)))
    #expect(html.contains("<h2>Wire</h2>"))
    let row =
      #"<tr><th scope="row">score</th><td>3</td><td>300</td><td>0</td><td>15000</td><td>0.7500</td><td>0</td><td>0</td><td>1.500</td></tr>"#
    #expect(html.contains(row))
    #expect(!html.contains("wire/score/bytes_sent") && !html.contains("score_read_s") && html.contains("<b>Waits</b>"))
    #expect(html.contains("Bytes per token"))
    #expect(try !page(report()).contains("<h2>Wire</h2>"))
  }

  @Test("text from outside stays text")
  func escaping() throws {
    let html = try page(report())
    #expect(html.contains("a &lt;run&gt;") && !html.contains("<run>"))
    #expect(html.contains("2 + &lt;b&gt;"))
    #expect(html.contains("distillm2 # &lt;&amp;&gt;"))
  }

  @Test("the page needs nothing from the network")
  func selfContained() throws {
    let html = try page(report())
    for word in ["http://", "https://", "src=", "url(", "@import"] { #expect(!html.contains(word), "\(word)") }
  }

  @Test("a long run's page stays small, and every number in a drawing is finite")
  func size() throws {
    let html = try page(report(steps: 20_000))
    #expect(html.utf8.count < 150_000)
    #expect(!html.contains("nan") && !html.contains("inf"))
  }

  @Test("a run of one step, or of none, has a page too", arguments: [[], [MetricsRow(step: 1, values: ["loss": 0])]])
  func short(rows: [MetricsRow]) throws {
    #expect(try page(RunReport(title: "short", log: MetricsLog(rows: rows))).contains("nothing to draw"))
  }

  @Test("the terminal's table has loss and evaluations")
  func summary() {
    #expect(report(steps: 2).summary.hasPrefix("         start     end\n"))
    #expect(report(steps: 2).summary.contains("eval/kl"))
    #expect(!report(steps: 2).summary.contains("wait/"))
  }

  @Test("a folder's report reads metrics, recipe and samples")
  func folder() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "retort-run-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(throws: ReportError.self) { try RunReport(folder: folder) }
    try Data("{\"step\":1,\"loss\":3}\n".utf8).write(to: folder.appending(path: "metrics.jsonl"))
    try Data("method: sft\nstudent:\n  from: x\nseed: 7\n".utf8).write(to: folder.appending(path: "recipe.yaml"))
    try Data(#"{"student":"b","prompt":"p","teacher":"a"}"#.utf8).write(to: folder.appending(path: "samples.jsonl"))
    let report = try RunReport(folder: folder)
    #expect(report.facts.map(\.name) == ["method", "seed"])
    #expect(
      report.samples == [
        SampleComparison(prompt: "p", answers: [.init(name: "teacher", text: "a"), .init(name: "student", text: "b")])
      ])
    #expect(report.log.rows.count == 1)
  }
}
