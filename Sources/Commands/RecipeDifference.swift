import Recipes

/// The first setting in which two recipes differ.
struct RecipeDifference: Hashable {
  /// The setting, such as `training.max_steps`.
  let key: String
  /// Its value before.
  let was: String
  /// Its value now.
  let now: String

  /// Compares two recipes, `output_dir` aside; nil: they are the same.
  init?(from old: Recipe, to new: Recipe) {
    let (before, after) = (Self.settings(old), Self.settings(new))
    let values = Dictionary(uniqueKeysWithValues: after)
    let known = Set(before.map(\.key))
    let changes = before.map { ($0.key, $0.value, values[$0.key] ?? "unset") }
    let additions = after.filter { !known.contains($0.key) }.map { ($0.key, "unset", $0.value) }
    guard let first = (changes + additions).first(where: { $0.0 != "output_dir" && $0.1 != $0.2 }) else { return nil }
    (key, was, now) = first
  }

  /// Keys with their values, in the order of a resolved recipe, which has one on each line and blocks of one depth.
  private static func settings(_ recipe: Recipe) -> [(key: String, value: String)] {
    var block = ""
    return recipe.resolvedYAML.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingPrefix { $0 == " " } }
      guard let name = parts.first, let value = parts.last, parts.count == 2, !value.isEmpty else {
        block = parts.first.map(String.init) ?? ""
        return nil
      }
      return (line.hasPrefix("  ") ? "\(block).\(name)" : String(name), String(value))
    }
  }
}
