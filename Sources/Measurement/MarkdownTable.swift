import Foundation

/// A table that is read as easily in a terminal as on a page.
public enum MarkdownTable {
  /// Lines of equal width; the first `leading` columns are names and stand left, figures stand right.
  ///
  /// - Parameter rows: The head, then the rows, each with as many cells.
  public static func text(_ rows: [[String]], leading: Int = 2) -> String {
    guard let head = rows.first else { return "" }
    let columns = head.indices
    let widths = columns.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      let cells = columns.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return column < leading ? row[column] + space : space + row[column]
      }
      return "| " + cells.joined(separator: " | ") + " |"
    }
    let rule = columns.map { column in
      let dashes = String(repeating: "-", count: max(1, widths[column] - 1))
      return column < leading ? dashes + "-" : dashes + ":"
    }
    return ([lines[0], "| " + rule.joined(separator: " | ") + " |"] + lines.dropFirst()).joined(separator: "\n")
  }

  /// A number with its thousands apart.
  public static func number(_ value: Double, _ places: Int = 0) -> String {
    value.formatted(.number.precision(.fractionLength(places)).locale(Locale(identifier: "en_US")))
  }
}
