import Foundation
public import Logging

/// Sends the process's log to standard error, one line per event.
///
/// A line is `2026-01-31T12:00:00.123Z info run started run.id=7f3a step=12`: time, level, a constant message, then the data
/// under dotted keys in alphabetical order.
public enum LogSetup {
  /// Installs the handler; call once, before the first logger is made.
  public static func bootstrap(level: Logger.Level) {
    LoggingSystem.bootstrap { _ in LineLogHandler(level: level) { FileHandle.standardError.write(Data($0.utf8)) } }
  }

  /// A logger that writes to a closure instead; for tests and for programs that own the terminal.
  public static func logger(
    label: String, level: Logger.Level, write: @escaping @Sendable (String) -> Void
  ) -> Logger {
    Logger(label: label) { _ in LineLogHandler(level: level, write: write) }
  }
}

/// Formats events as lines.
struct LineLogHandler: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  private let write: @Sendable (String) -> Void

  init(level: Logger.Level, write: @escaping @Sendable (String) -> Void) {
    logLevel = level
    self.write = write
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var data = metadata.merging(event.metadata ?? [:]) { _, new in new }
    if let error = event.error { data["error"] = "\(error)" }
    let pairs = data.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.quoted("\($0.value)"))" }
    let time = Date().formatted(
      .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted))
    write("\(time) \(event.level.rawValue) \(event.message)\(pairs.joined())\n")
  }

  /// A value that would break the line or its pairs apart stands in quotes, with line breaks as `\n`.
  private static func quoted(_ value: String) -> String {
    guard value.isEmpty || value.contains(where: { $0.isWhitespace || $0 == "\"" || $0 == "=" }) else { return value }
    let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    return "\"\(escaped)\""
  }
}
