import Evaluation
import Foundation
import Reports
import Testing

@Suite("A comparison of methods")
final class MethodComparisonTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "retort-compare-\(UUID().uuidString)")

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// A run whose figures move towards a seed's value.
  private func write(_ run: String, seed: Int, end: Double, evaluations: [Int] = [0, 2, 4]) throws {
    let place = folder.appending(path: "\(seed)/\(run)")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    let steps = (1...4).map {
      #"{"step":\#($0),"loss":\#(1 / Double($0)),"train/compute_seconds":2,"wait/teacher":0.5,"train/tokens":100}"#
    }
    let figures = evaluations.map {
      #"{"step":\#($0),"eval/valid":\#(end * Double($0) / 4),"eval/kl":0.25,"eval/decode/temperature":1}"#
    }
    let text = (steps + figures).joined(separator: "\n") + "\n"
    try Data(text.utf8).write(to: place.appending(path: "metrics.jsonl"))
  }

  private func writeAll() throws {
    for (seed, end) in [(1, 0.5), (2, 0.75), (10, 1)] {
      try write("kd", seed: seed, end: end)
      try write("sft", seed: seed, end: end / 2)
    }
  }

  @Test("tells means and intervals over seeds, times and tokens of runs in the order that was asked for")
  func table() throws {
    try writeAll()
    let comparison = try MethodComparison(
      folder: folder, choices: ["start=kd@start", "forward KL=kd", "sft"], figures: ["valid"])
    #expect(comparison.seeds == ["1", "2", "10"] && comparison.figures == ["eval/valid"])
    let interval = try #require(MeanInterval([0.5, 0.75, 1]))
    #expect(comparison.methods.map { $0.interval("eval/valid")?.mean } == [0, interval.mean, 0.375])
    #expect(
      comparison.table == """
        |  | valid | seconds | tokens | seeds |
        | --- | --- | --- | --- | --- |
        | start | 0.000 ± 0.000 |  |  | 3 |
        | forward KL | \(interval.formatted()) | 10.0 ± 0.0 | 400 | 3 |
        | sft | \(try #require(MeanInterval([0.25, 0.375, 0.5])).formatted()) | 10.0 ± 0.0 | 400 | 3 |
        """)
  }

  @Test("takes all runs and figures unless told, but not how answers were written")
  func everything() throws {
    try writeAll()
    let comparison = try MethodComparison(folder: folder)
    #expect(comparison.methods.map(\.title) == ["kd", "sft"])
    #expect(comparison.figures == ["eval/kl", "eval/valid"])
  }

  @Test("a method with fewer seeds than others counts those that it has")
  func missing() throws {
    try writeAll()
    try write("late", seed: 2, end: 1)
    let comparison = try MethodComparison(folder: folder, choices: ["late"])
    #expect(comparison.methods[0].interval("eval/valid")?.halfWidth == nil)
    #expect(comparison.table.hasSuffix("| late | 0.250 | 1.000 | 10.0 | 400 | 1 |"))
  }

  @Test("differences are taken seed by seed, of the seeds that have both")
  func differences() throws {
    try writeAll()
    try write("late", seed: 2, end: 1)
    let comparison = try MethodComparison(
      folder: folder, choices: ["forward KL=kd", "sft=sft@end", "late"], figures: ["valid"], reference: "sft")
    let interval = try #require(MeanInterval([0.25, 0.375, 0.5]))
    #expect(
      comparison.differences == """
        | minus sft | valid |
        | --- | --- |
        | forward KL | \(interval.formatted()) |
        | late | 0.625 |
        """)
    #expect(throws: ReportError.noMethod(title: "dpo", known: ["kd"])) {
      try MethodComparison(folder: folder, choices: ["kd"], reference: "dpo")
    }
  }

  @Test("more methods than a chart can show have a small chart each, those shown by their end alone none")
  func crowd() throws {
    for run in 1...10 { try write("run\(run)", seed: 1, end: Double(run)) }
    let file = folder.appending(path: "comparison.html")
    let choices = (1...9).map { "run\($0)" } + ["end=run10@end"]
    let comparison = try MethodComparison(folder: folder, choices: choices, figures: ["valid"], reference: "run1")
    try comparison.write(to: file)
    let html = try String(contentsOf: file, encoding: .utf8)
    // Valid and time with intervals, valid against the first, nine small charts with eight others behind each.
    #expect(html.components(separatedBy: "<svg").count == 1 + 2 + 1 + 9)
    #expect(html.components(separatedBy: "class=\"faint\"").count == 1 + 9 * 8)
    #expect(html.contains("class=\"zero\"") && !html.contains("end, Valid"))
    let picture = folder.appending(path: "curves.svg")
    try comparison.writeCurves(to: picture)
    let svg = try String(contentsOf: picture, encoding: .utf8)
    #expect(svg.components(separatedBy: "class=\"own\"").count == 1 + 9 && svg.hasSuffix("</svg>\n"))
    #expect(throws: ReportError.self) {
      try MethodComparison(folder: folder, choices: ["run1@end"], figures: ["valid"]).writeCurves(to: picture)
    }
  }

  @Test("the page draws intervals, times and the curves of means over seeds")
  func page() throws {
    try writeAll()
    let file = folder.appending(path: "comparison.html")
    try MethodComparison(folder: folder, choices: ["start=kd@start", "<kd>=kd", "sft"]).write(to: file)
    let html = try String(contentsOf: file, encoding: .utf8)
    for text in [
      "At the end", "Intervals", "Learning curves", "&lt;kd&gt;", "<b>Time</b>", "<b>Valid</b>", "class=\"s0 reach\"",
    ] {
      #expect(html.contains(text), "\(text)")
    }
    #expect(html.contains(#"[0,&quot;0&quot;],[2,&quot;0.3750&quot;],[4,&quot;0.7500&quot;]"#))
    // Valid, KL and time with intervals; loss, valid and KL as curves.
    #expect(html.components(separatedBy: "<svg").count == 7)
  }

  @Test("a run that is not there, and a folder without runs, are told of by name")
  func refused() throws {
    try writeAll()
    #expect(throws: ReportError.noRun(name: "dpo", folder: folder.relativePath, known: ["kd", "sft"])) {
      try MethodComparison(folder: folder, choices: ["DPO=dpo"])
    }
    let empty = folder.appending(path: "1/kd")
    let error = #expect(throws: ReportError.self) { try MethodComparison(folder: empty) }
    #expect("\(try #require(error))".contains("no folder SEED/RUN with a metrics.jsonl"))
  }
}
