import Foundation

/// Draws many curves as a grid of small charts on the same axes: in each, one method before all others.
struct CurveGrid: Sendable {
  private let chart: Chart
  private let x: AxisScale
  private let y: AxisScale
  private let width = 200.0
  private let height = 104.0
  // Margins around the drawing.
  private let left = 34.0
  private let right = 8.0
  private let top = 6.0
  private let bottom = 16.0

  init(_ chart: Chart) {
    self.chart = chart
    let steps = chart.series.flatMap { $0.points.map(\.step) }
    x = AxisScale(steps: (steps.min() ?? 0)...(steps.max() ?? 1))
    y = AxisScale(values: chart.series.flatMap { $0.points.map(\.value) }, tickCount: 2)
  }

  /// The figure's name, and a chart for each method with the value that its curve ends with.
  var html: String {
    """
    <figure class="grid-chart"><figcaption><b>\(chart.title.escaped)</b> <span>\(chart.note.escaped), \
    over \(FigureFormat.count(x.upper)) optimizer steps; the other methods in grey</span></figcaption>
    <div class="small">\(chart.series.map(panel).joined(separator: "\n"))</div></figure>

    """
  }

  /// The same as a picture of its own, five charts in a row.
  var picture: String {
    let (columns, cell, row) = (5, width + 20, height + 30)
    let rows = (chart.series.count + columns - 1) / columns
    let (wide, high) = (Double(columns) * cell + 20, Double(rows) * row + 40)
    let cells = chart.series.enumerated().map { index, series in
      let last = series.points.last.map { FigureFormat.number($0.value) } ?? ""
      return """
        <g transform="translate(\(Double(index % columns) * cell + 10),\(Double(index / columns) * row + 52))">
        <text class="name" x="4" y="-4">\(series.label.escaped)</text><text x="\(width - right)" y="-4" text-anchor="end">\(last)</text>
        \(grid)<use href="#all"/>\(line(series, "own"))</g>
        """
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(wide)) \(Int(high))" role="img" \
      font-family="system-ui,'DejaVu Sans',sans-serif" font-size="10">
      <title>\(chart.title.escaped), \(chart.note.escaped)</title>
      <style>.page{fill:#fff}text{fill:#5d636e}.name,.title{fill:#16181d;font-weight:600}.name{font-size:12px}.title{font-size:15px}
      .grid{stroke:#ecece8}polyline{fill:none;stroke-linejoin:round}.faint{stroke:#5d636e;opacity:.22}.own{stroke:#2a6fdb;stroke-width:2}
      </style>
      <defs><g id="all">\(chart.series.map { line($0, "faint") }.joined())</g></defs>
      <rect class="page" width="100%" height="100%"/>
      <text class="title" x="14" y="24">\(chart.title.escaped)<tspan dx="10" font-size="12" font-weight="400">\(chart.note.escaped), over \
      \(FigureFormat.count(x.upper)) optimizer steps; the other methods in grey</tspan></text>
      \(cells.joined(separator: "\n"))
      </svg>

      """
  }

  private func panel(_ series: Chart.Series) -> String {
    let first = series.points.first.map { FigureFormat.number($0.value) } ?? ""
    let last = series.points.last.map { FigureFormat.number($0.value) } ?? ""
    let others = chart.series.filter { $0.label != series.label }.map { line($0, "faint") }.joined()
    return """
      <div><b>\(series.label.escaped)</b> <span>\(last)</span>
      <svg viewBox="0 0 \(Int(width)) \(Int(height))" role="img" \
      aria-label="\(series.label.escaped), \(chart.title.escaped): from \(first) to \(last)">\(grid)\(others)\(line(series, "s0"))</svg></div>
      """
  }

  private func line(_ series: Chart.Series, _ style: String) -> String {
    let places = series.points.map { "\(placeX($0.step)),\(placeY($0.value))" }
    return "<polyline class=\"\(style)\" points=\"\(places.joined(separator: " "))\"/>"
  }

  private func placeX(_ step: Int) -> String { text(left + x.position(Double(step)) * (width - left - right)) }
  private func placeY(_ value: Double) -> String { text(height - bottom - y.position(value) * (height - top - bottom)) }
  private func text(_ number: Double) -> String { String(format: "%.1f", number) }

  private var grid: String {
    y.ticks.map { tick in
      """
      <line class="grid" x1="\(left)" x2="\(width - right)" y1="\(placeY(tick))" y2="\(placeY(tick))"/>\
      <text x="\(left - 5)" y="\(placeY(tick))" dy="4" text-anchor="end">\(String(format: "%.3g", tick))</text>
      """
    }.joined()
  }
}
