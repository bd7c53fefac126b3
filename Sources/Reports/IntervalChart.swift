import Evaluation
import Foundation

/// Draws means with their intervals as SVG, a line for each name.
struct IntervalChart: Sendable {
  private let title: String
  private let note: String
  private let rows: [(name: String, value: MeanInterval)]
  private let x: AxisScale
  private let marksZero: Bool
  private let width = 560.0
  private let left = 150.0
  private let right = 66.0
  private let lineHeight = 24.0

  /// - Parameter marksZero: Of differences: a line stands at 0, whatever the values.
  init(title: String, note: String, rows: [(name: String, value: MeanInterval)], marksZero: Bool = false) {
    (self.title, self.note, self.rows, self.marksZero) = (title, note, rows, marksZero)
    let ends = rows.flatMap { [$0.value.mean - ($0.value.halfWidth ?? 0), $0.value.mean + ($0.value.halfWidth ?? 0)] }
    x = AxisScale(values: marksZero ? ends + [0] : ends, allowsLogarithm: false)
  }

  private var height: Double { Double(rows.count) * lineHeight + 30 }

  /// The figure: title and drawing; empty where there is nothing to draw.
  var html: String {
    guard !rows.isEmpty else { return "" }
    return """
      <figure class="intervals"><figcaption><b>\(title.escaped)</b> <span>\(note.escaped)</span></figcaption>
      <svg viewBox="0 0 \(Int(width)) \(Int(height))" role="img" aria-label="\(title.escaped): \(summary.escaped)">
      \(grid)\(rows.indices.map(line).joined(separator: "\n"))</svg></figure>
      """
  }

  private var summary: String {
    rows.map { "\($0.name) \(MethodComparison.text($0.value))" }.joined(separator: "; ")
  }

  private func place(_ value: Double) -> String { text(left + x.position(value) * (width - left - right)) }
  private func text(_ number: Double) -> String { String(format: "%.1f", number) }

  private var grid: String {
    let bottom = height - 26
    let zero =
      "<line class=\"zero\" x1=\"\(place(0))\" x2=\"\(place(0))\" y1=\"0\" y2=\"\(text(bottom))\"/>"
    return x.ticks.map { tick in
      """
      <line class="grid" x1="\(place(tick))" x2="\(place(tick))" y1="0" y2="\(text(bottom))"/>\
      <text x="\(place(tick))" y="\(text(bottom + 16))" text-anchor="middle">\(String(format: "%.4g", tick))</text>
      """
    }.joined(separator: "\n") + (marksZero ? zero : "") + "\n"
  }

  private func line(_ index: Int) -> String {
    let (row, y) = (rows[index], text(Double(index) * lineHeight + 12))
    let reach = row.value.halfWidth.map { half in
      "<line class=\"s0 reach\" x1=\"\(place(row.value.mean - half))\" x2=\"\(place(row.value.mean + half))\" y1=\"\(y)\" y2=\"\(y)\"/>"
    }
    let label = text(Double(index) * lineHeight + 16)
    return """
      <text x="\(text(left - 10))" y="\(label)" text-anchor="end">\(row.name.escaped)</text>\(reach ?? "")\
      <circle class="s0" cx="\(place(row.value.mean))" cy="\(y)" r="4.5"/>\
      <text x="\(text(width - right + 8))" y="\(label)">\(FigureFormat.number(row.value.mean))</text>
      """
  }
}
