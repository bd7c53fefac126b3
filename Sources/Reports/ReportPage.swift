/// Lays out a report as one HTML page that needs nothing else: no network, no fonts, no files.
struct ReportPage {
  private let report: RunReport

  init(_ report: RunReport) { self.report = report }

  var html: String {
    """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
    <meta name="color-scheme" content="light dark"><title>\(report.title.escaped) · Retort</title>
    <style>\(ReportStyle.css)</style></head><body>
    <header><h1>\(report.title.escaped)</h1>\(facts)</header>
    \(tiles)
    <section><h2>Curves</h2><div class="charts">\(charts)</div></section>
    \(samples)
    <section><h2>Figures</h2>\(figures)</section>
    \(WireTable(report.log).html)
    \(recipe)
    <footer>Written by Retort from metrics.jsonl. Move over a chart to read its values.</footer>
    <script>\(ReportStyle.script)</script></body></html>
    """
  }

  private var facts: String {
    let items = report.facts.map { "<dt>\($0.name.escaped)</dt><dd>\($0.value.escaped)</dd>" }
    return items.isEmpty ? "" : "<dl class=\"facts\">\(items.joined())</dl>"
  }

  /// The figures that people look for first, with where they began.
  private var tiles: String {
    let measured = report.figures.filter {
      $0.name == "loss" || $0.name.hasPrefix("eval/") && !$0.name.tellsDecoding
    }.prefix(6).map { figure in
      tile(
        figure.name.lastPart.title, FigureFormat.number(figure.last),
        "from \(FigureFormat.number(figure.first))")
    }
    let steps = report.log.rows.last.map { tile("Optimizer steps", FigureFormat.count(Double($0.step)), tokens) } ?? ""
    return "<div class=\"tiles\">\(measured.joined())\(steps)</div>"
  }

  private var tokens: String {
    let tokens = report.log.total("train/tokens")
    return tokens > 0 ? "\(FigureFormat.count(tokens)) tokens" : ""
  }

  private func tile(_ name: String, _ value: String, _ note: String) -> String {
    "<div><span>\(name.escaped)</span><b>\(value)</b><small>\(note.escaped)</small></div>"
  }

  private var charts: String {
    let charts = ChartPlan.charts(of: report.log)
    return charts.isEmpty
      ? "<p>No value was measured twice, so there is nothing to draw.</p>"
      : charts.map { LineChart($0).html }.joined(separator: "\n")
  }

  private var samples: String {
    guard !report.samples.isEmpty else { return "" }
    let cards = report.samples.map { sample in
      let answers = sample.answers.map {
        "<div><h4>\($0.name.escaped)</h4><p>\($0.text.isEmpty ? "<i>nothing</i>" : $0.text.escaped)</p></div>"
      }
      return "<article><h3>\(sample.prompt.escaped)</h3><div class=\"answers\">\(answers.joined())</div></article>"
    }
    return "<section><h2>Samples</h2>\(cards.joined(separator: "\n"))</section>"
  }

  private var figures: String {
    let rows = report.figures.map { figure in
      let cells = [figure.first, figure.last, figure.low, figure.high].map { "<td>\(FigureFormat.number($0))</td>" }
      return "<tr><th scope=\"row\">\(figure.name.escaped)</th>\(cells.joined())</tr>"
    }
    return """
      <div class="scroll"><table><thead><tr><th scope="col">value</th><th scope="col">first</th><th scope="col">last</th>\
      <th scope="col">least</th><th scope="col">greatest</th></tr></thead><tbody>
      \(rows.joined(separator: "\n"))
      </tbody></table></div>
      """
  }

  private var recipe: String {
    guard !report.recipe.isEmpty else { return "" }
    return
      "<section><h2>Recipe</h2><details><summary>Every setting, defaults written out</summary><pre>\(report.recipe.escaped)</pre></details></section>"
  }
}
