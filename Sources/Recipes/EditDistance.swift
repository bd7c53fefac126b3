/// Names close to a misspelt one.
enum EditDistance {
  /// Fewest insertions, deletions and substitutions that turn one text into the other (Levenshtein).
  static func between(_ first: String, _ second: String) -> Int {
    let (first, second) = (Array(first), Array(second))
    var row = Array(0...second.count)
    for (i, letter) in first.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in second.enumerated() {
        let substituted = diagonal + (letter == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substituted, diagonal + 1, row[j] + 1)
      }
    }
    return row[second.count]
  }

  /// The candidate with the smallest distance, the first of equals; nil where more than half the name would change.
  static func nearest(to name: String, among candidates: [String]) -> String? {
    let ranked = candidates.map { (candidate: $0, distance: between(name, $0)) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance * 2 <= max(name.count, 2) else {
      return nil
    }
    return best.candidate
  }
}
