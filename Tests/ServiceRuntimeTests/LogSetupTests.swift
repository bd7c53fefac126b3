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
