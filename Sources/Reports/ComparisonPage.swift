import Evaluation

/// Lays out a comparison as one HTML page that needs nothing else.
struct ComparisonPage {
  private let comparison: MethodComparison

  init(_ comparison: MethodComparison) { self.comparison = comparison }

  var html: String {
    """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
    <meta name="color-scheme" content="light dark"><title>\(comparison.title.escaped) · Retort</title>
    <style>\(ReportStyle.css)</style></head><body>
    <header><h1>\(comparison.title.escaped)</h1><dl class="facts"><dt>seeds</dt><dd>\
    \(comparison.seeds.joined(separator: ", ").escaped)</dd></dl></header>
    <section><h2>At the end</h2>\(table)<p>Mean and 95 % interval (Student's t) over seeds.</p></section>
    <section><h2>Intervals</h2><div class="charts">\(intervals)</div></section>
    \(differences)<section><h2>Learning curves</h2>\(curves)</section>
    <footer>Written by Retort from the runs' metrics.jsonl. Move over a curve to read its values.</footer>
    <script>\(ReportStyle.script)</script></body></html>
    """
  }

  private func heading(_ figure: String) -> String { figure.lastPart.title }

  private var table: String {
    let header = (["method"] + comparison.figures.map(heading) + ["seconds", "tokens"]).map {
      "<th scope=\"col\">\($0.escaped)</th>"
    }
    let rows = comparison.methods.map { method in
      let cells =
        comparison.figures.map { MethodComparison.text(method.interval($0)) }
        + [MethodComparison.text(method.seconds), method.tokens.map { FigureFormat.count($0.mean) } ?? ""]
      return "<tr><th scope=\"row\">\(method.title.escaped)</th>\(cells.map { "<td>\($0)</td>" }.joined())</tr>"
    }
    return """
      <div class="scroll"><table><thead><tr>\(header.joined())</tr></thead><tbody>
      \(rows.joined(separator: "\n"))
      </tbody></table></div>
      """
  }

  private var intervals: String {
    let named = comparison.figures.map { figure in
      (heading(figure), "at the end", comparison.methods.map { ($0.title, $0.interval(figure)) })
    }
    let time = ("Time", "seconds of training, evaluations left out", comparison.methods.map { ($0.title, $0.seconds) })
    return (named + [time]).map { title, note, rows in
      IntervalChart(title: title, note: note, rows: rows.compactMap { name, value in value.map { (name, $0) } }).html
    }.joined(separator: "\n")
  }

  /// The reference's rivals, seed by seed.
  private var differences: String {
    guard let reference = comparison.reference else { return "" }
    let rivals = comparison.methods.filter { $0.title != reference.title }
    let charts = comparison.figures.map { figure in
      let rows = rivals.compactMap { rival in rival.difference(figure, from: reference).map { (rival.title, $0) } }
      return IntervalChart(title: heading(figure), note: "minus \(reference.title)", rows: rows, marksZero: true).html
    }
    return """
      <section><h2>Minus \(reference.title.escaped), seed by seed</h2><div class="charts">\(charts.joined(separator: "\n"))</div>
      <p>An interval that holds 0: three seeds, or as many as there are, do not tell the two apart.</p></section>

      """
  }

  /// Few methods share a chart for each figure; many would hide each other, so that each has a small one before the rest.
  private var curves: String {
    let isCrowded = comparison.methods.count { $0.part == .whole } > 8
    let charts = ((isCrowded ? [] : ["loss"]) + comparison.figures).compactMap { figure -> String? in
      let series = comparison.curves(figure)
      guard !series.isEmpty else { return nil }
      if isCrowded { return CurveGrid(Chart(title: heading(figure), note: "mean over seeds", series: series)).html }
      return LineChart(Chart(title: heading(figure), note: "mean over seeds", series: series)).html
    }
    if charts.isEmpty { return "<p>No value was measured twice, so there is nothing to draw.</p>" }
    return isCrowded ? charts.joined() : "<div class=\"charts\">\(charts.joined())</div>"
  }
}
