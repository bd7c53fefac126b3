public import Foundation

/// Everything that is known about a run at its end, ready to be shown.
public struct RunReport: Sendable {
  /// Short name of the run.
  public var title: String
  /// What it did, in a few words each: method, teacher, student, seed.
  public var facts: [(name: String, value: String)]
  /// What was measured.
  public var log: MetricsLog
  /// The recipe with every default written out, YAML.
  public var recipe: String
  /// Completions of the same prompts side by side.
  public var samples: [SampleComparison]

  /// Makes a report of parts.
  public init(
    title: String, facts: [(name: String, value: String)] = [], log: MetricsLog, recipe: String = "",
    samples: [SampleComparison] = []
  ) {
    self.title = title
    self.facts = facts
    self.log = log
    self.recipe = recipe
    self.samples = samples
  }

  /// Reads a run's folder: `metrics.jsonl`, and `recipe.yaml` and `samples.jsonl` where they exist.
  public init(folder: URL) throws(ReportError) {
    let recipe = (try? String(contentsOf: folder.appending(path: "recipe.yaml"), encoding: .utf8)) ?? ""
    let samples = (try? String(contentsOf: folder.appending(path: "samples.jsonl"), encoding: .utf8)) ?? ""
    let log = try MetricsLog(file: folder.appending(path: "metrics.jsonl"))
    let warning = Self.collapse(in: log).map { [(name: "warning", value: $0)] } ?? []
    self.init(
      title: folder.standardizedFileURL.lastPathComponent, facts: Self.facts(inRecipe: recipe) + warning, log: log,
      recipe: recipe, samples: samples.split(separator: "\n").compactMap(SampleComparison.init(json:)))
  }

  /// Writes `report.html` into a folder; returns the file.
  @discardableResult public func write(into folder: URL) throws(ReportError) -> URL {
    let file = folder.appending(path: "report.html")
    do { try Data(ReportPage(self).html.utf8).write(to: file, options: .atomic) } catch {
      throw .unwritable(file: file.path(percentEncoded: false), reason: error.localizedDescription)
    }
    return file
  }

  /// Rows of the final figures: name, first, last and best value of each curve.
  var figures: [(name: String, first: Double, last: Double, low: Double, high: Double)] {
    let order = ["loss", "eval/", "train/", "wait/", "wire/"]
    // The table of the wire sums up what is told of each RPC.
    let names = log.names.filter { !$0.isOfOneRPC }.sorted { first, second in
      let ranks = [first, second].map { name in order.firstIndex { name.hasPrefix($0) } ?? order.count }
      return (ranks[0], first) < (ranks[1], second)
    }
    return names.compactMap { name in
      let values = log.curve(name).map(\.value)
      guard let first = values.first, let last = values.last, let low = values.min(), let high = values.max() else {
        return nil
      }
      return (name, first, last, low, high)
    }
  }

  /// The table that a terminal shows at the end of a run.
  public var summary: String {
    var table = TextTable(["", "start", "end"])
    let shown = [
      "eval/", "lion/hard_share", "lion/mean_gap", "lion/unscored", "lion/yield", "data/accepted_share", "data/kept",
      "data/improvements",
    ]
    for figure in figures where figure.name == "loss" || shown.contains(where: figure.name.hasPrefix) {
      guard !figure.name.tellsDecoding else { continue }
      table.add([figure.name, FigureFormat.number(figure.first), FigureFormat.number(figure.last)])
    }
    return Self.collapse(in: log).map { "\(table.text)\nwarning: \($0)" } ?? table.text
  }

  /// What is to be said of a student that unlearnt what it was to prefer; nil: nothing.
  private static func collapse(in log: MetricsLog) -> String? {
    guard let step = log.curve("rewards/collapse").first(where: { $0.value > 0 })?.step else { return nil }
    let texts = [("preferred texts", "logps/chosen_per_token"), ("others", "logps/rejected_per_token")]
    let falls = texts.map { name, curve in
      let values = log.curve(curve).map(\.value)
      let ends = [values.first ?? 0, values.last ?? 0].map(FigureFormat.number)
      return "the \(name) went from \(ends[0]) to \(ends[1]) nats a token"
    }
    return "collapse from step \(step): \(falls.joined(separator: ", "))"
  }

  /// Top-level `key: value` lines of a resolved recipe that tell runs apart.
  private static func facts(inRecipe yaml: String) -> [(name: String, value: String)] {
    let wanted = ["method", "teacher", "student", "seed"]
    return yaml.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, wanted.contains(String(parts[0])) else { return nil }
      let value = parts[1].trimmingCharacters(in: CharacterSet(charactersIn: " \"'"))
      return value.isEmpty ? nil : (String(parts[0]), value)
    }
  }
}

/// What several models answer to one prompt.
public struct SampleComparison: Sendable, Hashable {
  /// The prompt.
  public var prompt: String
  /// The answers with the names of those who gave them, in order.
  public var answers: [Answer]

  /// An answer and who gave it.
  public struct Answer: Sendable, Hashable {
    /// Who answered.
    public var name: String
    /// The answer.
    public var text: String

    /// Makes an answer.
    public init(name: String, text: String) {
      self.name = name
      self.text = text
    }
  }

  /// Makes a comparison.
  public init(prompt: String, answers: [Answer]) {
    self.prompt = prompt
    self.answers = answers
  }

  /// Reads one line of JSON: `prompt`, and a text for each who answered; teacher and reference stand first.
  public init?(json line: some StringProtocol) {
    guard var texts = try? JSONDecoder().decode([String: String].self, from: Data(line.utf8)),
      let prompt = texts.removeValue(forKey: "prompt")
    else { return nil }
    let first = ["reference", "teacher", "start"]
    let names = texts.keys.sorted { left, right in
      (first.firstIndex(of: left) ?? first.count, left) < (first.firstIndex(of: right) ?? first.count, right)
    }
    self.init(prompt: prompt, answers: names.map { Answer(name: $0, text: texts[$0] ?? "") })
  }
}
