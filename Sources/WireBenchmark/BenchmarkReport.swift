import Foundation
import Measurement

/// A run's figures as Markdown, which is read as easily in a terminal, or as JSON.
package struct BenchmarkReport: Sendable {
  private let summaries: [CaseSummary]
  private let ours: String

  /// Makes a report; `ours` names the stack whose ratios to the others are shown.
  package init(_ summaries: [CaseSummary], ours: String) {
    self.summaries = summaries
    self.ours = ours
  }

  /// One object per case and stack.
  package func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return String(decoding: try encoder.encode(summaries), as: UTF8.self)
  }

  /// The table of figures, and that of ratios where there are peers to compare with.
  package func markdown() -> String {
    var rows = [
      [
        "case", "stack", "calls/s", "messages/s", "MB/s", "p50 µs", "p99 µs", "server CPU", "client CPU", "server MB",
        "client MB",
      ]
    ]
    rows += summaries.map(Self.row)
    var text = MarkdownTable.text(rows)
    let ratios = BenchmarkTarget.all.compactMap { target in
      target.ratio(ours: ours, in: summaries).map { Self.row(target, $0) }
    }
    if !ratios.isEmpty {
      text += "\n\n" + MarkdownTable.text([["case", "what", "against", "ratio", "target", "met"]] + ratios)
    }
    return text
  }

  private static func row(_ summary: CaseSummary) -> [String] {
    let isEcho = summary.clientMicrosecondsPerCall != nil
    let isStream = summary.clientSecondsPerGigabyte != nil
    func cpu(_ perCall: Double?, _ perGigabyte: Double?) -> String {
      perCall.map { number($0, 1) + " µs/call" } ?? perGigabyte.map { number($0, 2) + " s/GB" } ?? ""
    }
    return [
      summary.benchmarkCase, summary.stack, isEcho ? number(summary.callsPerSecond) : "",
      isStream ? number(summary.messagesPerSecond) : "", isStream ? number(summary.megabytesPerSecond) : "",
      isEcho ? number(summary.p50Microseconds) : "", isEcho ? number(summary.p99Microseconds) : "",
      cpu(summary.serverMicrosecondsPerCall, summary.serverSecondsPerGigabyte),
      cpu(summary.clientMicrosecondsPerCall, summary.clientSecondsPerGigabyte),
      number(summary.serverPeakBytes / 1e6), number(summary.clientPeakBytes / 1e6),
    ]
  }

  private static func row(_ target: BenchmarkTarget, _ ratio: Double) -> [String] {
    let bound =
      switch target.bound {
      case .atLeast(let bound): "≥ \(bound)"
      case .atMost(let bound): "≤ \(bound)"
      }
    return [
      target.benchmarkCase.rawValue, target.what, target.peer, number(ratio, 2), bound,
      target.bound.holds(ratio) ? "yes" : "no",
    ]
  }

  private static func number(_ value: Double, _ places: Int = 0) -> String { MarkdownTable.number(value, places) }
}
