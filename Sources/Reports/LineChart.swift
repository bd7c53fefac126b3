import Foundation

/// Draws a chart as SVG, with its values as data for the page's script.
struct LineChart: Sendable {
  private let chart: Chart
  private let x: AxisScale
  private let y: AxisScale
  private let width = 560.0
  private let height = 250.0
  // Margins around the drawing.
  private let left = 58.0
  private let right = 14.0
  private let top = 12.0
  private let bottom = 34.0
  /// Points drawn per curve; longer curves are averaged in even pieces.
  private static let pointLimit = 280

  init(_ chart: Chart) {
    self.chart = chart
    let steps = chart.series.flatMap { $0.points.map(\.step) }
    x = AxisScale(steps: (steps.min() ?? 0)...(steps.max() ?? 1))
    y = AxisScale(values: chart.series.flatMap { $0.points.map(\.value) })
  }

  /// The figure: title, legend where there are several curves, drawing.
  var html: String {
    """
    <figure class="chart" data-series="\(dataAttribute)" data-frame="\(left) \(width - right) \(top) \(height - bottom)" \
    data-steps="\(x.lower) \(x.upper)">
    <figcaption><b>\(chart.title.escaped)</b> <span>\(chart.note.escaped)</span></figcaption>
    \(legend)<svg viewBox="0 0 \(Int(width)) \(Int(height))" role="img" aria-label="\(chart.title.escaped): \(summary.escaped)">
    \(grid)\(curves)<line class="cursor" y1="\(top)" y2="\(height - bottom)"/></svg>
    <output hidden></output></figure>
    """
  }

  private var summary: String {
    chart.series.compactMap { series in
      guard let first = series.points.first, let last = series.points.last else { return nil }
      return "\(series.label) from \(FigureFormat.number(first.value)) to \(FigureFormat.number(last.value))"
    }.joined(separator: "; ")
  }

  private var legend: String {
    guard chart.series.count > 1 else { return "" }
    let items = chart.series.enumerated().map { "<li class=\"s\($0)\">\($1.label.escaped)</li>" }
    return "<ul class=\"legend\">\(items.joined())</ul>"
  }

  private func placeX(_ step: Double) -> Double { left + x.position(step) * (width - left - right) }
  private func placeY(_ value: Double) -> Double { height - bottom - y.position(value) * (height - top - bottom) }
  private func text(_ number: Double) -> String { String(format: "%.1f", number) }

  private var grid: String {
    let horizontal = y.ticks.map { tick in
      """
      <line class="grid" x1="\(left)" x2="\(width - right)" y1="\(text(placeY(tick)))" y2="\(text(placeY(tick)))"/>\
      <text x="\(left - 8)" y="\(text(placeY(tick) + 4))" text-anchor="end">\(label(tick))</text>
      """
    }
    let vertical = x.ticks.map { tick in
      // The last one would reach over the edge.
      let anchor = x.position(tick) > 0.97 ? "end" : "middle"
      return """
        <text x="\(text(placeX(tick)))" y="\(height - bottom + 18)" text-anchor="\(anchor)">\(FigureFormat.count(tick))</text>
        """
    }
    let title = "<text x=\"\(width - right)\" y=\"\(height - 2)\" text-anchor=\"end\">optimizer step</text>"
    return (horizontal + vertical + [title]).joined(separator: "\n") + "\n"
  }

  private func label(_ tick: Double) -> String {
    abs(tick) >= 1000 ? FigureFormat.count(tick) : tick == 0 ? "0" : String(format: "%.4g", tick)
  }

  /// Every curve; a single noisy one is drawn pale with its running mean on top.
  private var curves: String {
    chart.series.enumerated().map { index, series in
      let smooth = chart.series.count == 1 && series.points.count > 60
      let raw = path(Self.reduced(series.points), "s\(index)\(smooth ? " pale" : "")")
      guard smooth else { return raw + markers(series.points, index) }
      return raw + path(Self.reduced(Self.smoothed(series.points)), "s\(index)")
    }.joined(separator: "\n") + "\n"
  }

  private func path(_ points: [CurvePoint], _ style: String) -> String {
    let places = points.map { "\(text(placeX(Double($0.step)))),\(text(placeY($0.value)))" }
    return "<polyline class=\"\(style)\" points=\"\(places.joined(separator: " "))\"/>"
  }

  private func markers(_ points: [CurvePoint], _ index: Int) -> String {
    guard points.count <= 30 else { return "" }
    return points.map {
      "<circle class=\"s\(index)\" cx=\"\(text(placeX(Double($0.step))))\" cy=\"\(text(placeY($0.value)))\" r=\"3\"/>"
    }.joined()
  }

  /// The values as the script reads them: `[{"n": name, "p": [[step, "value"], …]}]`.
  private var dataAttribute: String {
    let series = chart.series.map { series in
      let points = Self.reduced(series.points).map { "[\($0.step),\"\(FigureFormat.number($0.value))\"]" }
      return "{\"n\":\"\(series.label)\",\"p\":[\(points.joined(separator: ","))]}"
    }
    return "[\(series.joined(separator: ","))]".escaped
  }

  /// Means over even pieces where a curve has too many points.
  private static func reduced(_ points: [CurvePoint]) -> [CurvePoint] {
    guard points.count > pointLimit else { return points }
    return (0..<pointLimit).map { piece in
      let part = points[piece * points.count / pointLimit..<(piece + 1) * points.count / pointLimit]
      let sum = part.reduce(0) { $0 + $1.value }
      return CurvePoint(step: part[part.startIndex + part.count / 2].step, value: sum / Double(part.count))
    }
  }

  /// The mean over a window of about a thirtieth of the curve around each point, narrower at both ends.
  private static func smoothed(_ points: [CurvePoint]) -> [CurvePoint] {
    let sums = points.reduce(into: [0.0]) { sums, point in sums.append(sums[sums.count - 1] + point.value) }
    return points.indices.map { index in
      let reach = min(max(2, points.count / 60), index, points.count - 1 - index)
      let sum = sums[index + reach + 1] - sums[index - reach]
      return CurvePoint(step: points[index].step, value: sum / Double(2 * reach + 1))
    }
  }
}

extension String {
  /// The text with the characters that mean something in HTML written out.
  var escaped: String {
    replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing(
      "\"", with: "&quot;")
  }
}
