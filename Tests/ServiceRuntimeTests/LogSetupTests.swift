import Foundation
import Logging
import ServiceRuntime
import Synchronization
import Testing

@Suite struct LogSetupTests {
  private func lines(level: Logger.Level = .info, _ body: (Logger) -> Void) -> [String] {
    let written = Lines()
    body(LogSetup.logger(label: "test", level: level) { line in written.add(line) })
    return written.all
  }

  @Test("an event is one line: time, level, message, sorted metadata")
  func format() throws {
    let line = try #require(lines { $0.info("run started", metadata: ["step": "3", "run.id": "a b\n\"c\""]) }.first)
    #expect(line.hasSuffix(#"Z info run started run.id="a b\n\"c\"" step=3"# + "\n"))
    #expect(line.prefix(while: { $0 != " " }).count == "2026-01-31T12:00:00.123Z".count)
  }

  @Test(
    "a peer's control characters stand in quotes, written out", arguments: ["\u{1b}[2J", "\r\n", "\u{202e}x", "\u{7f}"])
  func controls(value: String) throws {
    let line = try #require(lines { $0.info("m", metadata: ["reason": "\(value)"]) }.first)
    #expect(!line.dropLast().unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F || $0.value == 0x202E })
    #expect(line.contains("reason=\""))
  }

  @Test("as JSON, an event is one object on one line with time, level, label, message and its data")
  func json() throws {
    let written = Lines()
    var logger = LogSetup.logger(label: "retort.test", level: .info, format: .json) { written.add($0) }
    logger[metadataKey: "run.id"] = "kd-1"
    let reason = "a\"b\\c\n\t\u{1b}[31m\u{0}\u{2028}é🙂"
    logger.info("checkpoint saved", metadata: ["step": "12", "reason": "\(reason)", "level": "mine"])
    let line = try #require(written.all.first)
    #expect(line.hasSuffix("}\n"))
    #expect(line.dropLast().unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x2028 })
    let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    #expect(object["message"] as? String == "checkpoint saved")
    #expect(object["level"] as? String == "info")
    #expect(object["label"] as? String == "retort.test")
    #expect(object["run.id"] as? String == "kd-1")
    #expect(object["step"] as? Int == 12)
    #expect(object["reason"] as? String == reason)
    #expect(object["data.level"] as? String == "mine")
    #expect((object["time"] as? String)?.count == "2026-01-31T12:00:00.123Z".count)
  }

  @Test("events below the level are left out")
  func level() {
    #expect(lines(level: .warning) { $0.info("quiet") }.isEmpty)
  }
}

/// Collects what is logged.
final class Lines: Sendable {
  private let lines = Mutex<[String]>([])
  func add(_ line: String) { lines.withLock { $0.append(line) } }
  var all: [String] { lines.withLock { $0 } }
}
