import Commands
import Logging
import ServiceRuntime
import Synchronization
import Testing

@Suite("The log of refusals") struct RefusalLogTests {
  @Test("shows so many in a minute, and then how many more there were")
  func bounded() {
    let sink = Lines()
    let clock = Clock()
    let log = RefusalLog(logger: LogSetup.logger(label: "test", level: .info) { sink.add($0) }) { clock.now }
    for index in 0..<100 { log.note("call refused", metadata: ["index": "\(index)"]) }
    #expect(sink.all.count == RefusalLog.capacity)
    clock.advance(by: RefusalLog.window)
    log.note("call refused", metadata: ["index": "100"])
    #expect(sink.all.count == RefusalLog.capacity + 2)
    #expect(sink.all.contains { $0.contains("more refusals, not shown count=\(100 - RefusalLog.capacity)") })
  }
}

/// Lines that were written.
private final class Lines: Sendable {
  private let lines = Mutex<[String]>([])
  var all: [String] { lines.withLock { $0 } }
  func add(_ line: String) { lines.withLock { $0.append(line) } }
}

/// A clock that is moved by hand.
private final class Clock: Sendable {
  private let time = Mutex(Duration.zero)
  var now: Duration { time.withLock { $0 } }
  func advance(by duration: Duration) { time.withLock { $0 += duration } }
}
