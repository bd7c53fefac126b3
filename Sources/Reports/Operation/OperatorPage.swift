import Foundation

/// Lays out a coordinator as pages that refresh themselves: one of all runs, one of each. They load `/page.css` and `/page.js` of
/// their own server and nothing else; everything that comes from elsewhere is escaped.
public struct OperatorPage: Sendable {
  private let view: OperatorView

  /// Lays out a view.
  public init(_ view: OperatorView) { self.view = view }

  /// All runs, trainers and models.
  public var overview: String {
    page(
      title: "Runs",
      """
      \(OperatorTables.runs(view.runs))
      \(OperatorTables.trainers(view.trainers, nil))
      \(OperatorTables.teachers(view.teachers, view.cache))
      """)
  }

  /// One run; nil: there is none of that name.
  public func run(_ id: String, _ detail: RunDetail) -> String? {
    guard let run = view.runs.first(where: { $0.id == id }) else { return nil }
    let trainers = view.trainers.filter { $0.runID == id || $0.runID.hasPrefix("\(id)/") }
    let replicas = view.replicas.filter { $0.runID == id || $0.runID.hasPrefix("\(id)/") }
    return page(
      title: run.id,
      """
      <nav><a href="/">← all runs</a></nav>
      \(RunSection(run: run, detail: detail, trainers: trainers, replicas: replicas, teachers: view.teachers).html)
      """)
  }

  /// The pages' style sheet.
  public static var style: String { ReportStyle.css + "\n" + OperatorStyle.css }
  /// The pages' script.
  public static var script: String {
    "const wire=()=>{\(ReportStyle.script)};\n\(OperatorStyle.script)"
  }
  /// The pages' icon, SVG.
  public static var icon: String { OperatorStyle.icon }

  private func page(title: String, _ main: String) -> String {
    """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark"><title>\(title.escaped) · Retort</title>
    <link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/page.css">
    <noscript><meta http-equiv="refresh" content="10"></noscript></head><body>
    <header class="bar"><a class="brand" href="/">Retort</a><span class="where">\(view.address.escaped)</span>
    <span id="live" class="live" role="status">live</span></header>
    <main>
    \(main)
    <footer>As of \(Self.time(view.time)) UTC · Retort \(view.version.escaped) · this page reads, and changes nothing</footer>
    </main>
    <script src="/page.js"></script></body></html>
    """
  }

  static func time(_ date: Date) -> String {
    date.formatted(
      .iso8601.dateSeparator(.dash).year().month().day().dateTimeSeparator(.space).time(
        includingFractionalSeconds: false))
  }
}
