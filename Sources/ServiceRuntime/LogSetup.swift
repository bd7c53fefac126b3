import Foundation
public import Logging

/// Sends the process's log to standard error, one line per event.
public enum LogSetup {
  /// How a line is written.
  public enum Format: String, Sendable, CaseIterable {
    /// For people: `2026-01-31T12:00:00.123Z info run started run.id=7f3a step=12`: time, level, a constant message, then the
    /// data under dotted keys in alphabetical order.
    case text
    /// For programs, see ``JSONLogLine``.
    case json
  }

  /// Names the format where no option does.
  public static let formatVariable = "RETORT_LOG_FORMAT"

  /// Installs the handler; call once, before the first logger is made.
  public static func bootstrap(level: Logger.Level, format: Format = .text) {
    LoggingSystem.bootstrap { label in
      // A line that cannot be written, since the disk of the log is full, is lost; the service goes on.
      LineLogHandler(label: label, level: level, format: format) {
        try? FileHandle.standardError.write(contentsOf: Data($0.utf8))
      }
    }
  }

  /// A logger that writes to a closure instead; for tests and for programs that own the terminal.
  public static func logger(
    label: String, level: Logger.Level, format: Format = .text, write: @escaping @Sendable (String) -> Void
  ) -> Logger {
    Logger(label: label) { LineLogHandler(label: $0, level: level, format: format, write: write) }
  }
}

/// Formats events as lines.
struct LineLogHandler: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  private let label: String
  private let format: LogSetup.Format
  private let write: @Sendable (String) -> Void

  init(label: String, level: Logger.Level, format: LogSetup.Format, write: @escaping @Sendable (String) -> Void) {
    logLevel = level
    (self.label, self.format, self.write) = (label, format, write)
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var data = metadata.merging(event.metadata ?? [:]) { _, new in new }
    if let error = event.error { data["error"] = "\(error)" }
    let time = Date().formatted(
      .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted))
    switch format {
    case .text:
      let pairs = data.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.quoted("\($0.value)"))" }
      write("\(time) \(event.level.rawValue) \(event.message)\(pairs.joined())\n")
    case .json:
      let line = JSONLogLine(
        time: time, level: event.level.rawValue, label: label, message: "\(event.message)",
        data: data.mapValues { "\($0)" })
      write("\(line)\n")
    }
  }

  /// A value that would break the line or its pairs apart stands in quotes, with line breaks as `\n`. Other control characters,
  /// with which a peer's text could rewrite a terminal, are written as `\u{1b}` everywhere.
  private static func quoted(_ value: String) -> String {
    let isSafe = value.unicodeScalars.allSatisfy { !$0.isLogControl }
    guard !isSafe || value.isEmpty || value.contains(where: { $0.isWhitespace || $0 == "\"" || $0 == "=" }) else {
      return value
    }
    var quoted = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": quoted += "\\\\"
      case "\"": quoted += "\\\""
      case "\n": quoted += "\\n"
      case _ where scalar.isLogControl: quoted += "\\u{\(String(scalar.value, radix: 16))}"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return "\"\(quoted)\""
  }
}
