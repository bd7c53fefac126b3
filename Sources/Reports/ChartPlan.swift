/// One chart of the report: curves that share an axis.
struct Chart: Sendable, Hashable {
  let title: String
  /// Unit, and what is better.
  let note: String
  let series: [Series]

  struct Series: Sendable, Hashable {
    let label: String
    let points: [CurvePoint]
  }
}

/// Decides which of a run's values are drawn together.
enum ChartPlan {
  private struct Rule {
    let title: String
    let note: String
    let takes: @Sendable (String) -> Bool
  }

  private static let rules = [
    Rule(title: "Loss", note: "nats, per optimizer step; lower is better") { $0 == "loss" },
    Rule(title: "Loss terms", note: "nats, before their weights") { $0.hasPrefix("train/loss") || $0.contains("term") },
    Rule(title: "KL to the teacher", note: "nats per token; 0 is the teacher itself") {
      $0.lastPart.words.contains("kl")
    },
    Rule(title: "Gradient norm", note: "before clipping") { $0.contains("grad") },
    Rule(title: "Waits", note: "seconds per step, by whom the student waited for") { $0.hasPrefix("wait/") },
    Rule(title: "Throughput", note: "tokens per second; higher is better") { $0.hasSuffix("tokens_per_second") },
    Rule(title: "Learning rate", note: "of the optimizer") { $0.hasSuffix("learning_rate") || $0 == "train/lr" },
    Rule(title: "Teacher's view", note: "shares, 0 to 1") {
      $0.hasSuffix("teacher_mass") || $0.hasSuffix("top_agreement")
    },
    Rule(title: "Rewards of pairs", note: "β times the log-ratio to the reference") {
      ["rewards/chosen", "rewards/rejected", "rewards/margins"].contains($0)
    },
    Rule(title: "Pairs in the right order", note: "share of the pairs, 0 to 1") {
      $0 == "rewards/accuracies" || $0 == "train/ranking_agreement"
    },
    Rule(title: "Ranking of demonstrations", note: "mean over pairs of subsets; lower is better") {
      $0 == "train/ranking_loss"
    },
    Rule(title: "Log-probs of pairs", note: "nats per token; both falling is a collapse") {
      $0.hasPrefix("logps/") && $0.hasSuffix("_per_token")
    },
  ]

  /// The charts of a run. Evaluations come after the losses; a value with a single point gets no chart.
  static func charts(of log: MetricsLog) -> [Chart] {
    var names = log.names.filter { !$0.isOfOneRPC && !$0.tellsDecoding && log.curve($0).count > 1 }
    func claim(_ title: String, _ note: String, _ takes: (String) -> Bool) -> Chart? {
      let taken = names.filter(takes)
      names.removeAll(where: takes)
      guard !taken.isEmpty else { return nil }
      let isShort = Set(taken.map(\.lastPart)).count == taken.count
      let series = taken.prefix(6).map { Chart.Series(label: isShort ? $0.lastPart : $0, points: log.curve($0)) }
      return Chart(title: title, note: note, series: series)
    }
    let planned = rules.map { claim($0.title, $0.note, $0.takes) }
    let evaluations = names.filter { $0.hasPrefix("eval/") }
    let families = evaluations.reduce(into: [String]()) { found, name in
      if !found.contains(name.family) { found.append(name.family) }
    }
    let evaluated = families.map { family in
      claim(family.title, "on held-out prompts") { $0.hasPrefix("eval/") && $0.family == family }
    }
    let wire = names.filter { $0.hasPrefix("wire/") || $0.hasPrefix("cache/") }.map { name in
      claim(name.lastPart.title, name) { $0 == name }
    }
    return (planned.prefix(3) + evaluated + planned.dropFirst(3) + wire).compactMap { $0 }
  }
}

extension String {
  /// `eval/forward_kl` → `forward_kl`.
  var lastPart: String { split(separator: "/").last.map(String.init) ?? self }
  /// Whether it tells how answers were written, not how good they are.
  var tellsDecoding: Bool { hasPrefix("eval/decode/") }
  /// `forward_kl` → `forward`, `kl`.
  var words: [Substring] { split(separator: "_") }
  /// `eval/valid_greedy` and `eval/valid` → `valid`: figures of one kind, drawn together.
  var family: String { lastPart.hasSuffix("_greedy") ? String(lastPart.dropLast("_greedy".count)) : lastPart }
  /// `bytes_per_token` → `Bytes per token`, `forward_kl` → `Forward KL`.
  var title: String {
    let spoken = words.map { $0 == "kl" ? "KL" : $0 == "rouge" ? "ROUGE" : String($0) }.joined(separator: " ")
    return spoken.prefix(1).uppercased() + spoken.dropFirst()
  }
}
