import Foundation
import Measurement

/// A run's figures as Markdown or as JSON.
public struct EngineReport: Sendable {
  private let results: [CaseResult]

  /// Makes a report.
  public init(_ results: [CaseResult]) { self.results = results }

  private struct Content: Encodable {
    let cases: [CaseResult]
    let targets: [EngineTarget]
  }

  /// All figures, in SI units, with the targets.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let content = Content(cases: results, targets: EngineTarget.all(in: results))
    return String(decoding: try encoder.encode(content), as: UTF8.self)
  }

  /// The tables of figures, of the machine, of targets, and which code computed.
  public func markdown() -> String {
    let head = [
      "case", "stack", "precision", "tokens/s", "slowest", "fastest", "× ours", "peak MB", "working MB", "× products",
      "of products", "of bandwidth", "difference", "same",
    ]
    let figures = results.flatMap { result in result.contestants.map { Self.row($0, in: result) } }
    var parts = [MarkdownTable.text([head] + figures, leading: 3), machine]
    let targets = EngineTarget.all(in: results).map { target in
      [target.name, target.what, MarkdownTable.number(target.value, 2), target.bound, target.isMet ? "yes" : "no"]
    }
    if !targets.isEmpty { parts.append(MarkdownTable.text([["case", "what", "value", "target", "met"]] + targets)) }
    parts.append(paths)
    let leftOut = Set(results.flatMap { result in result.leftOut.map { "- \(result.name): \($0.key): \($0.value)" } })
    if !leftOut.isEmpty { parts.append("Left out:\n" + leftOut.sorted().joined(separator: "\n")) }
    return parts.joined(separator: "\n\n")
  }

  private static func row(_ one: ContestantResult, in result: CaseResult) -> [String] {
    let isBest = result.best(of: one.stack) == one && result.contestants.count { $0.stack == one.stack } > 1
    let ours = result.best(of: Contestant.ours)?.tokensPerSecond ?? 0
    func share(_ value: Double?) -> String { value.map { MarkdownTable.number($0 * 100) + " %" } ?? "" }
    return [
      result.name, one.stack, one.form + (isBest ? " (best)" : ""), MarkdownTable.number(one.tokensPerSecond),
      MarkdownTable.number(one.slowest), MarkdownTable.number(one.fastest),
      ours > 0 ? MarkdownTable.number(one.tokensPerSecond / ours, 2) : "",
      MarkdownTable.number(Double(one.peakBytes) / 1e6), MarkdownTable.number(Double(one.workingBytes) / 1e6),
      one.timesProducts.map { MarkdownTable.number($0, 2) } ?? "", share(one.productsShare), share(one.bandwidthShare),
      one.difference.text, one.isSame ? "yes" : "NO",
    ]
  }

  /// What the machine could do in each case.
  private var machine: String {
    let names = Set(results.flatMap(\.machine.keys)).sorted()
    let rows = results.map { result in
      [result.name] + names.map { result.machine[$0].map { MarkdownTable.number($0 / 1e9) } ?? "" }
    }
    return MarkdownTable.text([["case"] + names.map { "\($0.replacing("_", with: " ")), G/s" }] + rows, leading: 1)
  }

  /// What each contestant says of itself.
  private var paths: String {
    var seen: Set<String> = []
    let lines = results.flatMap(\.contestants).compactMap { one in
      let line = "- \(one.stack) \(one.form): \(one.path)"
      return seen.insert(line).inserted ? line : nil
    }
    return lines.joined(separator: "\n")
  }
}
