import Foundation

/// Tables of the operator's pages.
enum OperatorTables {
  static func runs(_ runs: [OperatorView.Run]) -> String {
    let cards = runs.map { run in
      """
      <a class="run" href="/run/\(path(run.id))"><span class="top"><b>\(run.id.escaped)</b>\(badge(run.state))</span>
      \(progress(run))<span class="figures">\(figures(run).map { "<span>\($0.escaped)</span>" }.joined())</span>
      <span class="message">\(run.message.escaped)</span></a>
      """
    }
    let body =
      cards.isEmpty
      ? "<p class=\"none\">No run yet: hand one in with <code>retort run RECIPE.yaml --coordinator …</code></p>"
      : "<div class=\"runs\">\(cards.joined(separator: "\n"))</div>"
    return "<section id=\"runs\"><h2>Runs</h2>\(body)</section>"
  }

  /// - Parameter run: The run whose trainers they are; nil: they are all.
  static func trainers(_ trainers: [OperatorView.Trainer], _ run: OperatorView.Run?) -> String {
    let rows = trainers.map { trainer in
      let work = trainer.runID.isEmpty ? (trainer.isBusy ? "at work" : "free") : trainer.runID
      let link =
        trainer.runID.isEmpty || run != nil
        ? work.escaped : "<a href=\"/run/\(path(trainer.runID))\">\(work.escaped)</a>"
      return row([
        trainer.id.escaped, "<code>\(trainer.address.escaped)</code>", link,
        FigureFormat.duration(seconds: trainer.leaseSeconds), FigureFormat.duration(seconds: trainer.ageSeconds),
      ])
    }
    let none =
      run == nil
      ? "No trainer holds a lease: start <code>retort student --coordinator …</code>" : "No trainer works for it now."
    return section(
      "trainers", run == nil ? "Trainers" : "Trainers of the run",
      ["trainer", "address", "works for", "lease ends in", "here for"], rows, none: none)
  }

  static func section(_ id: String, _ title: String, _ names: [String], _ rows: [String], none: String)
    -> String
  {
    let head = names.map { "<th scope=\"col\">\($0)</th>" }.joined()
    let body =
      rows.isEmpty
      ? "<p class=\"none\">\(none)</p>"
      : "<div class=\"scroll\"><table class=\"texts\"><thead><tr>\(head)</tr></thead><tbody>\(rows.joined(separator: "\n"))</tbody></table></div>"
    return "<section id=\"\(id)\"><h2>\(title)</h2>\(body)</section>"
  }

  static func row(_ cells: [String]) -> String {
    "<tr><th scope=\"row\">\(cells[0])</th>\(cells.dropFirst().map { "<td>\($0)</td>" }.joined())</tr>"
  }

  /// A state's name with a colour of its own.
  static func badge(_ state: String) -> String { "<span class=\"badge \(state.escaped)\">\(state.escaped)</span>" }

  /// How far a run is.
  static func progress(_ run: OperatorView.Run) -> String {
    guard run.maxSteps > 0 else { return "<progress aria-label=\"progress\"></progress>" }
    return "<progress aria-label=\"progress\" max=\"\(run.maxSteps)\" value=\"\(run.step)\"></progress>"
  }

  private static func figures(_ run: OperatorView.Run) -> [String] {
    [
      run.method, run.maxSteps > 0 ? "step \(run.step) of \(run.maxSteps)" : "step \(run.step)",
      run.loss.map { "loss \(FigureFormat.number($0))" }, rate(run),
      run.restarts > 0 ? "\(run.restarts) restart\(run.restarts == 1 ? "" : "s")" : nil, waits(run),
    ].compactMap(\.self)
  }

  /// `3.2 steps/s`, `12s/step`.
  static func rate(_ run: OperatorView.Run) -> String? {
    run.stepsPerSecond.flatMap { pace in
      guard pace > 0 else { return nil }
      return pace >= 1 ? "\(FigureFormat.number(pace)) steps/s" : "\(FigureFormat.duration(seconds: 1 / pace))/step"
    }
  }

  /// What the run stood still for: `waited for teacher 12s, trainer 3.0s`.
  private static func waits(_ run: OperatorView.Run) -> String? {
    let waits = run.waits.filter { $0.seconds >= 0.05 }
    guard !waits.isEmpty else { return nil }
    return "waited for "
      + waits.map { "\($0.cause) \(FigureFormat.duration(seconds: $0.seconds))" }.joined(separator: ", ")
  }

  /// A name as a part of a path.
  private static func path(_ name: String) -> String {
    name.addingPercentEncoding(
      withAllowedCharacters: .urlHostAllowed.subtracting(CharacterSet(charactersIn: "&\"'<>")))?
      .escaped ?? ""
  }
}
