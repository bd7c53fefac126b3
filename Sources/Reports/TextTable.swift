/// A table of plain text: names to the left, numbers to the right.
public struct TextTable: Sendable {
  /// Where a column's text stands.
  public enum Alignment: Sendable {
    case left
    case right
  }

  private let header: [String]
  private let alignments: [Alignment]
  private var rows: [[String]] = []

  /// Makes a table. Columns without an alignment stand right, but the first stands left.
  public init(_ header: [String], alignments: [Alignment] = []) {
    self.header = header
    self.alignments = header.indices.map { index in
      index < alignments.count ? alignments[index] : index == 0 ? .left : .right
    }
  }

  /// Adds a row; missing cells are empty, and what is beyond the header is left out.
  public mutating func add(_ row: [String]) {
    rows.append(header.indices.map { $0 < row.count ? row[$0] : "" })
  }

  /// The lines, without a line break at the end.
  public var text: String {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { TerminalWidth.columns(of: $0[column]) }.max() ?? 0 }
    let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
    let lines = all.map { row in
      let cells = row.indices.map { padded(row[$0], to: widths[$0], alignments[$0]) }.joined(separator: "  ")
      return String(cells.reversed().drop(while: { $0 == " " }).reversed())
    }
    return ([lines[0], rule] + lines.dropFirst()).joined(separator: "\n")
  }

  private func padded(_ text: String, to width: Int, _ alignment: Alignment) -> String {
    let space = String(repeating: " ", count: max(0, width - TerminalWidth.columns(of: text)))
    return alignment == .left ? text + space : space + text
  }
}

/// How much room text takes in a terminal.
public enum TerminalWidth {
  /// Columns that a text takes: wide East Asian characters and emoji take two, marks none.
  public static func columns(of text: some StringProtocol) -> Int { text.reduce(0) { $0 + columns(of: $1) } }

  /// As much of a text as fits into so many columns, with `…` where something is left out.
  public static func clipped(_ text: String, to width: Int) -> String {
    guard columns(of: text) > width else { return text }
    var kept = ""
    var used = 0
    for character in text {
      used += columns(of: character)
      guard used < width else { break }
      kept.append(character)
    }
    return width > 0 ? kept + "…" : ""
  }

  private static func columns(of character: Character) -> Int {
    guard let scalar = character.unicodeScalars.first else { return 0 }
    if scalar.properties.isEmojiPresentation { return 2 }
    switch scalar.value {
    case 0..<0x20, 0x7f..<0xa0, 0x300..<0x370, 0x200B..<0x2010: return 0
    case 0x1100..<0x1160, 0x2E80..<0xA4D0, 0xAC00..<0xD7A4, 0xF900..<0xFB00, 0xFE30..<0xFE70, 0xFF00..<0xFF61,
      0x20000..<0x40000:
      return 2
    default: return 1
    }
  }
}
