public import Evaluation
public import Foundation

/// Runs of several methods over several seeds, side by side: each figure's mean over seeds with its 95 % interval, what it
/// cost, and how it came about.
///
/// Runs stand in `FOLDER/SEED/RUN/`, as `scripts/study.sh` writes them.
public struct MethodComparison: Sendable {
  /// A line of the table: a run of each seed.
  public struct Method: Sendable {
    /// What people call it.
    public let title: String
    /// What of its runs counts.
    public let part: Part
    /// Its runs' measurements, by the name of the seed's folder.
    public let logs: [(seed: String, log: MetricsLog)]
  }

  /// What of a run a line of the table shows.
  public enum Part: String, Sendable {
    /// The last evaluation, what it cost, and the way there.
    case whole
    /// The first evaluation alone: what the run started from.
    case start
    /// The last evaluation alone: of a run that others begin with, whose own way there would dwarf theirs.
    case end

    /// Splits `RUN`, `RUN@start` or `RUN@end`.
    fileprivate static func split(_ choice: String) -> (run: String, part: Part) {
      for part in [start, end] where choice.hasSuffix("@\(part)") {
        return (String(choice.dropLast(part.rawValue.count + 1)), part)
      }
      return (choice, whole)
    }
  }

  /// What is compared, in order.
  public let methods: [Method]
  /// Names of the evaluations' figures, such as `eval/kl`, in order.
  public let figures: [String]
  /// Names of the seeds' folders.
  public let seeds: [String]
  /// What a page is called.
  public let title: String
  /// The method that the others are compared with, seed by seed; nil: none.
  public let reference: Method?

  /// Reads runs.
  ///
  /// - Parameters:
  ///   - folder: Holds a folder for each seed.
  ///   - choices: `TITLE=RUN`, or `TITLE=RUN@start` for the first evaluation of a run, `TITLE=RUN@end` for the last alone; empty:
  ///     each run under its own name.
  ///   - figures: Names of figures, with or without `eval/`; empty: all that any run has.
  ///   - reference: The title of the method that the others are compared with.
  /// - Throws: ``ReportError`` where there is no run, or a choice or the reference names none.
  public init(
    folder: URL, choices: [String] = [], figures: [String] = [], reference: String? = nil
  ) throws(ReportError) {
    let runs = try Self.runs(in: folder)
    let names = Set(runs.values.joined()).sorted()
    let seeds = runs.keys.sorted { ($0.count, $0) < ($1.count, $1) }
    var methods: [Method] = []
    for choice in choices.isEmpty ? names : choices {
      let parts = choice.split(separator: "=", maxSplits: 1).map(String.init)
      let (run, part) = Part.split(parts.last ?? "")
      guard names.contains(run) else {
        throw .noRun(name: run, folder: folder.relativePath, known: names)
      }
      var logs: [(seed: String, log: MetricsLog)] = []
      for seed in seeds where runs[seed]?.contains(run) == true {
        logs.append((seed, try MetricsLog(file: folder.appending(path: "\(seed)/\(run)/metrics.jsonl"))))
      }
      methods.append(Method(title: Part.split(parts.first ?? run).run, part: part, logs: logs))
    }
    self.reference = methods.first { $0.title == reference }
    if let reference, self.reference == nil {
      throw .noMethod(title: reference, known: methods.map(\.title))
    }
    let found = Set(methods.flatMap { $0.logs.flatMap(\.log.names) }).filter { Self.isFigure($0) }
    let wanted = figures.map { $0.hasPrefix("eval/") ? $0 : "eval/\($0)" }
    (self.methods, self.seeds, title) = (methods, seeds, folder.standardizedFileURL.lastPathComponent)
    self.figures = wanted.isEmpty ? found.sorted() : wanted
  }

  /// Evaluations tell how answers were written, too.
  private static func isFigure(_ name: String) -> Bool { name.hasPrefix("eval/") && !name.tellsDecoding }

  /// Names of runs with measurements, by seed.
  private static func runs(in folder: URL) throws(ReportError) -> [String: [String]] {
    func entries(_ url: URL) -> [URL] {
      (try? FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)) ?? []
    }
    var runs: [String: [String]] = [:]
    for seed in entries(folder) where Int(seed.lastPathComponent) != nil {
      let names = entries(seed).filter {
        FileManager.default.fileExists(atPath: $0.appending(path: "metrics.jsonl").path(percentEncoded: false))
      }
      if !names.isEmpty { runs[seed.lastPathComponent] = names.map(\.lastPathComponent).sorted() }
    }
    guard !runs.isEmpty else {
      throw .unreadable(
        file: folder.relativePath, reason: "no folder SEED/RUN with a metrics.jsonl")
    }
    return runs
  }
}

extension MethodComparison.Method {
  /// A figure over the seeds; nil where no run has it.
  public func interval(_ figure: String) -> MeanInterval? { MeanInterval(values(figure).map(\.value)) }

  /// How far a figure is above another method's, seed by seed: what the seeds' starts have in common falls out.
  ///
  /// Nil where no seed has both.
  public func difference(_ figure: String, from other: Self) -> MeanInterval? {
    let others = Dictionary(other.values(figure).map { ($0.seed, $0.value) }) { $1 }
    return MeanInterval(values(figure).compactMap { seed, value in others[seed].map { value - $0 } })
  }

  private func values(_ figure: String) -> [(seed: String, value: Double)] {
    logs.compactMap { seed, log in
      (part == .start ? log.curve(figure).first?.value : log.last(figure)).map { (seed, $0) }
    }
  }

  /// Seconds that the steps took: the student's arithmetic and what it waited for, without evaluations.
  public var seconds: MeanInterval? { total("train/compute_seconds", "wait/teacher", "wait/student") }

  /// Tokens that losses were taken of.
  public var tokens: MeanInterval? { total("train/tokens") }

  private func total(_ names: String...) -> MeanInterval? {
    part == .start ? nil : MeanInterval(logs.map { _, log in names.reduce(0) { $0 + log.total($1) } })
  }

  /// The mean over seeds at each step that all of them measured.
  func curve(_ figure: String) -> [CurvePoint] {
    let curves = logs.map { _, log in Dictionary(log.curve(figure).map { ($0.step, $0.value) }) { $1 } }
    guard let first = curves.first else { return [] }
    return first.keys.sorted().compactMap { step in
      let values = curves.compactMap { $0[step] }
      guard values.count == curves.count else { return nil }
      return CurvePoint(step: step, value: values.reduce(0, +) / Double(values.count))
    }
  }
}

extension MethodComparison {
  /// The table, as Markdown.
  public var table: String {
    let lines = methods.map { method in
      [method.title] + figures.map { Self.text(method.interval($0)) }
        + [Self.text(method.seconds), method.tokens.map { FigureFormat.count($0.mean) } ?? ""]
        + ["\(method.logs.count)"]
    }
    return Self.markdown([""] + figureNames + ["seconds", "tokens", "seeds"], lines)
  }

  /// How far each method is above the reference, seed by seed, as Markdown; nil without a reference.
  public var differences: String? {
    reference.map { reference in
      let lines = methods.filter { $0.title != reference.title }.map { method in
        [method.title] + figures.map { Self.text(method.difference($0, from: reference)) }
      }
      return Self.markdown(["minus \(reference.title)"] + figureNames, lines)
    }
  }

  private var figureNames: [String] { figures.map { $0.replacing("eval/", with: "") } }

  private static func markdown(_ header: [String], _ lines: [[String]]) -> String {
    ([header, header.map { _ in "---" }] + lines).map { "| \($0.joined(separator: " | ")) |" }.joined(separator: "\n")
  }

  /// A mean with its interval, to a thousandth of small numbers and to a unit of large ones.
  static func text(_ interval: MeanInterval?) -> String {
    guard let interval else { return "" }
    return interval.formatted(decimals: abs(interval.mean) < 10 ? 3 : abs(interval.mean) < 100 ? 1 : 0)
  }

  /// Writes the first figure's learning curves as a picture, a small chart for each method.
  ///
  /// - Throws: ``ReportError`` where nothing was measured twice, or the file cannot be written.
  public func writeCurves(to file: URL) throws(ReportError) {
    let series = figures.first.map(curves) ?? []
    guard let figure = figures.first, !series.isEmpty else {
      throw .unwritable(
        file: file.path(percentEncoded: false), reason: "no figure was measured twice, so there is no curve")
    }
    let chart = Chart(title: figure.lastPart.title, note: "mean over seeds", series: series)
    try Self.write(CurveGrid(chart).picture, to: file)
  }

  /// A figure's curve of each method that shows its way.
  func curves(_ figure: String) -> [Chart.Series] {
    methods.filter { $0.part == .whole }.map { Chart.Series(label: $0.title, points: $0.curve(figure)) }
      .filter { $0.points.count > 1 }
  }

  /// Writes a page with the table, the intervals and the learning curves.
  public func write(to file: URL) throws(ReportError) {
    try Self.write(ComparisonPage(self).html, to: file)
  }

  private static func write(_ text: String, to file: URL) throws(ReportError) {
    do { try Data(text.utf8).write(to: file, options: .atomic) } catch {
      throw .unwritable(file: file.path(percentEncoded: false), reason: error.localizedDescription)
    }
  }
}
