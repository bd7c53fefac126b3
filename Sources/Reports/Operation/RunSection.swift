import Foundation

/// A run on its own page: figures, waits, curves, samples, recipe.
struct RunSection {
  let run: OperatorView.Run
  let detail: RunDetail
  /// Students that work for it.
  let trainers: [OperatorView.Trainer]
  /// Students that share its steps, or did.
  let replicas: [OperatorView.Replica]
  /// Models behind the coordinator.
  let teachers: [OperatorView.Teacher]

  /// Charts that are looked at first, in this order; the others are folded up.
  private static let first = [
    "Loss", "KL to the teacher", "Validation loss", "Perplexity", "Valid", "ROUGE l", "Exact match",
    "Next token agreement",
    "Throughput", "Waits",
  ]
  /// Charts of these that are shown at once.
  private static let firstCount = 6

  var html: String {
    """
    <section id="run" data-state="\(run.state.escaped)" data-step="\(run.step)"><div class="top"><h1>\(run.id.escaped)</h1>\(OperatorTables.badge(run.state))</div>
    <p class="message">\(run.message.escaped)</p>\(OperatorTables.progress(run))
    <dl class="facts"><dt>method</dt><dd>\(run.method.escaped)</dd><dt>handed in</dt><dd>\(OperatorPage.time(run.submitted)) UTC</dd>\
    <dt>results</dt><dd>\(run.outputDir.escaped)</dd></dl>
    \(tiles)</section>
    \(waits)
    \(OperatorTables.replicas(replicas))
    \(OperatorTables.trainers(trainers, run))
    \(OperatorTables.teachers(teachers, nil))
    \(curves)
    \(samples)
    \(recipe)
    """
  }

  private var tiles: String {
    var tiles = [
      ("Step", run.maxSteps > 0 ? "\(run.step) / \(run.maxSteps)" : "\(run.step)", OperatorTables.rate(run) ?? "")
    ]
    for (name, title) in [("loss", "Loss"), ("eval/kl", "KL to the teacher"), ("eval/validation_loss", "Validation")] {
      let values = detail.log.curve(name).map(\.value)
      guard let first = values.first, let last = values.last else { continue }
      tiles.append((title, FigureFormat.number(last), "from \(FigureFormat.number(first))"))
    }
    if let speed = detail.log.last("train/tokens_per_second") {
      tiles.append(("Speed", FigureFormat.count(speed), "positions/s of computing"))
    }
    tiles.append(("Restarts", "\(run.restarts)", "a trainer lost or failed"))
    let cells = tiles.map { "<div><span>\($0)</span><b>\($1)</b><small>\($2.escaped)</small></div>" }
    return "<div class=\"tiles\">\(cells.joined())</div>"
  }

  /// Where the time went: of all rows, and the waits for a trainer since the coordinator started.
  private var waits: String {
    let trainer = run.waits.first { $0.cause == "trainer" }?.seconds ?? 0
    let parts = [
      ("computing", "s2", detail.totals["train/compute_seconds"] ?? 0),
      ("waits for the teacher", "s1", detail.totals["wait/teacher"] ?? 0),
      ("waits for the student's text", "s3", detail.totals["wait/student"] ?? 0),
      ("waits for a trainer", "s5", trainer),
      ("replicas meet", "s4", detail.totals["wait/replica"] ?? 0),
    ].filter { $0.2 > 0 }
    let total = parts.reduce(0) { $0 + $1.2 }
    guard total > 0 else { return "" }
    var begin = 0.0
    let bars = parts.map { part in
      let width = part.2 / total * 1000
      defer { begin += width }
      let place = "x=\"\(String(format: "%.1f", begin))\" width=\"\(String(format: "%.1f", max(width - 2, 0.5)))\""
      return "<rect class=\"\(part.1)\" \(place) height=\"22\"/>"
    }
    let items = parts.map { name, color, seconds in
      "<li class=\"\(color)\">\(name) \(FigureFormat.duration(seconds: seconds)) (\(FigureFormat.percent(seconds / total)))</li>"
    }
    let told = parts.map { "\($0.0) \(FigureFormat.percent($0.2 / total))" }.joined(separator: ", ")
    return """
      <section id="waits"><h2>Where the time went</h2><figure class="waits">
      <svg viewBox="0 0 1000 22" preserveAspectRatio="none" role="img" aria-label="\(told.escaped)">\(bars.joined())</svg>
      <ul class="legend">\(items.joined())</ul></figure></section>
      """
  }

  private var curves: String {
    let charts = ChartPlan.charts(of: detail.log)
    let first = Self.first.compactMap { title in charts.first { $0.title == title } }.prefix(Self.firstCount)
    let rest = charts.filter { chart in !first.contains { $0.title == chart.title } }
    let shown =
      first.isEmpty
      ? "<p class=\"none\">Curves begin with the second value.</p>" : "<div class=\"charts\">\(Self.html(first))</div>"
    let more =
      rest.isEmpty
      ? "" : "<details><summary>\(rest.count) more</summary><div class=\"charts\">\(Self.html(rest))</div></details>"
    return "<section id=\"curves\"><h2>Curves</h2>\(shown)\(more)</section>"
  }

  private static func html(_ charts: some Sequence<Chart>) -> String {
    charts.map { LineChart($0).html }.joined(separator: "\n")
  }

  private var samples: String {
    guard !detail.samples.isEmpty else {
      return """
        <section id="samples"><h2>Samples</h2><p class="none">No text yet: the first evaluation writes some, where a figure of the \
        recipe's evaluation.metrics needs text (valid, rouge_l, distinct, …).</p></section>
        """
    }
    let step = detail.log.rows.last { row in row.values.keys.contains { $0.hasPrefix("eval/") } }?.step
    let cards = detail.samples.map { sample in
      let answers = sample.answers.map { answer in
        let text = answer.text.isEmpty ? "<i>nothing</i>" : answer.text.escaped
        return
          "<div data-who=\"\(answer.name.escaped)\"><h4>\(Self.title(answer.name).escaped)</h4><p>\(text)</p></div>"
      }
      return "<article><h3>\(sample.prompt.escaped)</h3><div class=\"answers\">\(answers.joined())</div></article>"
    }
    let note = step.map { "<p class=\"note\">Held-out prompts; the student's text after step \($0).</p>" } ?? ""
    return "<section id=\"samples\"><h2>Samples</h2>\(note)\(cards.joined(separator: "\n"))</section>"
  }

  private static func title(_ name: String) -> String {
    name == "start" ? "student, first evaluation" : name == "reference" ? "the data's answer" : name
  }

  private var recipe: String {
    guard !detail.recipe.isEmpty else { return "" }
    return """
      <section id="recipe"><h2>Recipe</h2><details><summary>Every setting, defaults written out</summary>\
      <pre>\(detail.recipe.escaped)</pre></details></section>
      """
  }
}
