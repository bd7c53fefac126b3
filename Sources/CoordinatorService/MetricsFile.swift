internal import Foundation

/// `metrics.jsonl`: one JSON object per line, in the order of steps. The journal is the truth; this is its copy.
struct MetricsFile {
  private let file: URL
  private var known: Set<String>

  /// Writes the rows that the journal has.
  init(file: URL, entries: [MetricsEntry]) throws {
    self.file = file
    known = Set(entries.map(Self.identity))
    try rewrite(entries)
  }

  /// Adds a row; that of a repeated step stands already.
  mutating func append(_ entry: MetricsEntry) throws {
    guard known.insert(Self.identity(entry)).inserted else { return }
    try FolderError.explaining(file.deletingLastPathComponent().path) {
      let handle = try FileHandle(forWritingTo: file)
      defer { try? handle.close() }
      try handle.seekToEnd()
      try handle.write(contentsOf: Data((entry.row + "\n").utf8))
    }
  }

  /// Replaces everything, all or nothing.
  func rewrite(_ entries: [MetricsEntry]) throws {
    let text = entries.map { $0.row + "\n" }.joined()
    try FolderError.explaining(file.deletingLastPathComponent().path) {
      try Data(text.utf8).write(to: file, options: .atomic)
    }
  }

  private static func identity(_ entry: MetricsEntry) -> String { "\(entry.step) \(entry.kind.rawValue)" }
}

/// Names and values of a row, in the order in which people read them.
struct MetricsRowText {
  private var parts: [String]

  init(step: Int) { parts = ["\"step\":\(step)"] }

  /// Adds a number; one that is not finite is left out, since JSON has none.
  mutating func add(_ name: String, _ value: Double) {
    guard value.isFinite else { return }
    parts.append("\"\(name)\":\(value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)")")
  }

  var json: String { "{" + parts.joined(separator: ",") + "}" }
}
