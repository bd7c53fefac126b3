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
    /// Whether its first evaluation counts instead of the last: what a run started from.
    public let isStart: Bool
    /// Its runs' measurements, a seed each.
    public let logs: [MetricsLog]
  }

  /// What is compared, in order.
  public let methods: [Method]
  /// Names of the evaluations' figures, such as `eval/kl`, in order.
  public let figures: [String]
  /// Names of the seeds' folders.
  public let seeds: [String]
  /// What a page is called.
  public let title: String

  /// Reads runs.
  ///
  /// - Parameters:
  ///   - folder: Holds a folder for each seed.
  ///   - choices: `TITLE=RUN`, or `TITLE=RUN@start` for the first evaluation of a run; empty: each run under its own name.
  ///   - figures: Names of figures, with or without `eval/`; empty: all that any run has.
  /// - Throws: ``ReportError`` where there is no run, or a choice names none.
  public init(folder: URL, choices: [String] = [], figures: [String] = []) throws(ReportError) {
    let runs = try Self.runs(in: folder)
    let names = Set(runs.values.joined()).sorted()
    let seeds = runs.keys.sorted { ($0.count, $0) < ($1.count, $1) }
    var methods: [Method] = []
    for choice in choices.isEmpty ? names : choices {
      let parts = choice.split(separator: "=", maxSplits: 1).map(String.init)
      let isStart = choice.hasSuffix("@start")
      let run = (parts.last ?? "").replacing("@start", with: "")
      guard names.contains(run) else {
        throw .noRun(name: run, folder: folder.relativePath, known: names)
      }
      var logs: [MetricsLog] = []
      for seed in seeds where runs[seed]?.contains(run) == true {
        logs.append(try MetricsLog(file: folder.appending(path: "\(seed)/\(run)/metrics.jsonl")))
      }
      methods.append(Method(title: parts.first?.replacing("@start", with: "") ?? run, isStart: isStart, logs: logs))
    }
    let found = Set(methods.flatMap { $0.logs.flatMap(\.names) }).filter { Self.isFigure($0) }
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
  public func interval(_ figure: String) -> MeanInterval? {
    MeanInterval(logs.compactMap { isStart ? $0.curve(figure).first?.value : $0.last(figure) })
  }

  /// Seconds that the steps took: the student's arithmetic and what it waited for, without evaluations.
  public var seconds: MeanInterval? { total("train/compute_seconds", "wait/teacher", "wait/student") }

  /// Tokens that losses were taken of.
  public var tokens: MeanInterval? { total("train/tokens") }

  private func total(_ names: String...) -> MeanInterval? {
    isStart ? nil : MeanInterval(logs.map { log in names.reduce(0) { $0 + log.total($1) } })
  }

  /// The mean over seeds at each step that all of them measured.
  func curve(_ figure: String) -> [CurvePoint] {
    let curves = logs.map { Dictionary($0.curve(figure).map { ($0.step, $0.value) }) { $1 } }
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
    let header = [""] + figures.map { $0.replacing("eval/", with: "") } + ["seconds", "tokens", "seeds"]
    let lines = methods.map { method in
      [method.title] + figures.map { Self.text(method.interval($0)) }
        + [Self.text(method.seconds), method.tokens.map { FigureFormat.count($0.mean) } ?? ""]
        + ["\(method.logs.count)"]
    }
    return ([header, header.map { _ in "---" }] + lines).map { "| \($0.joined(separator: " | ")) |" }
      .joined(separator: "\n")
  }

  /// A mean with its interval, to a thousandth of small numbers and to a unit of large ones.
  static func text(_ interval: MeanInterval?) -> String {
    guard let interval else { return "" }
    return interval.formatted(decimals: abs(interval.mean) < 10 ? 3 : abs(interval.mean) < 100 ? 1 : 0)
  }

  /// Writes a page with the table, the intervals and the learning curves.
  public func write(to file: URL) throws(ReportError) {
    do { try Data(ComparisonPage(self).html.utf8).write(to: file, options: .atomic) } catch {
      throw .unwritable(file: file.path(percentEncoded: false), reason: error.localizedDescription)
    }
  }
}
