import Recipes

/// The first setting in which two recipes differ.
struct RecipeDifference: Hashable {
  /// The setting, such as `training.max_steps`.
  let key: String
  /// Its value before.
  let was: String
  /// Its value now.
  let now: String

  /// How an endpoint is reached, paced and paid: no result depends on it, so that a run can go on with a larger budget.
  private static let dealings: Set<Substring> = [
    "api_key_file", "ca", "price_input", "price_output", "prices", "budget", "doubtful_calls", "requests_per_minute",
    "tokens_per_minute", "concurrency", "call_timeout", "patience", "refuse_other_models",
  ]

  /// Whether two values of a key make two runs.
  private static func counts(_ key: String) -> Bool {
    key != "output_dir" && key != "training.share" && !dealings.contains(key.split(separator: ".").last ?? "")
  }

  /// Compares two recipes, `output_dir`, the share of students and the dealings with endpoints aside; nil: they are the same.
  init?(from old: Recipe, to new: Recipe) {
    let (before, after) = (Self.settings(old), Self.settings(new))
    let values = Dictionary(uniqueKeysWithValues: after)
    let known = Set(before.map(\.key))
    let changes = before.map { ($0.key, $0.value, values[$0.key] ?? "unset") }
    let additions = after.filter { !known.contains($0.key) }.map { ($0.key, "unset", $0.value) }
    guard let first = (changes + additions).first(where: { Self.counts($0.0) && $0.1 != $0.2 }) else { return nil }
    (key, was, now) = first
  }

  /// Keys with their values, in the order of a resolved recipe, which has one on each line.
  private static func settings(_ recipe: Recipe) -> [(key: String, value: String)] {
    var blocks: [Substring] = []
    return recipe.resolvedYAML.split(separator: "\n").compactMap { line in
      let name = line.prefix { $0 != ":" }.drop { $0 == " " }
      let value = line.drop { $0 != ":" }.dropFirst().drop { $0 == " " }
      // Blocks are indented by two spaces each.
      blocks = Array(blocks.prefix(line.prefix { $0 == " " }.count / 2)) + [name]
      return value.isEmpty ? nil : (blocks.joined(separator: "."), String(value))
    }
  }
}
