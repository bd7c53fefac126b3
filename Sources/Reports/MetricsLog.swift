public import Foundation

/// The rows of a run, in order of steps, and the curves in them.
public struct MetricsLog: Sendable, Hashable {
  /// One row per step.
  public private(set) var rows: [MetricsRow] = []

  /// Makes a log. Rows of the same step are merged; a later value replaces an earlier one.
  public init(rows: [MetricsRow]) {
    var byStep: [Int: MetricsRow] = [:]
    for row in rows {
      byStep[row.step, default: MetricsRow(step: row.step, values: [:])].values.merge(row.values) { $1 }
    }
    self.rows = byStep.values.sorted { $0.step < $1.step }
  }

  /// Reads `metrics.jsonl`. A torn last line, left by a process that died while it wrote, is left out.
  public init(file: URL) throws(ReportError) {
    let path = file.path(percentEncoded: false)
    let text: String
    do { text = String(decoding: try Data(contentsOf: file), as: UTF8.self) } catch {
      throw .unreadable(file: path, reason: "no such file, or no permission")
    }
    try self.init(text: text, file: path)
  }

  /// Reads rows from text, one per line.
  public init(text: String, file: String) throws(ReportError) {
    var rows: [MetricsRow] = []
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
      if let row = MetricsRow(json: line) {
        rows.append(row)
      } else if index < lines.count - 1 {
        throw .malformedRow(file: file, line: index + 1, reason: "not a JSON object with a step")
      }
    }
    self.init(rows: rows)
  }

  /// All names, in alphabetical order.
  public var names: [String] { Set(rows.flatMap(\.values.keys)).sorted() }

  /// The values of one name with their steps, in order.
  public func curve(_ name: String) -> [CurvePoint] {
    rows.compactMap { row in row.values[name].map { CurvePoint(step: row.step, value: $0) } }
  }

  /// The last value of a name; nil where no row has it.
  public func last(_ name: String) -> Double? { rows.last { $0.values[name] != nil }?.values[name] }

  /// The sum of a name's values over all rows.
  public func total(_ name: String) -> Double { rows.reduce(0) { $0 + ($1.values[name] ?? 0) } }
}

/// A value at a step.
public struct CurvePoint: Sendable, Hashable {
  /// Optimizer steps made.
  public var step: Int
  /// The value.
  public var value: Double

  /// Makes a point.
  public init(step: Int, value: Double) {
    self.step = step
    self.value = value
  }
}
