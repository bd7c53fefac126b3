import CoordinatorService
import Foundation
import GRPCCore
import Logging
import Synchronization
import Testing
import WireBytes
import WireFormat

/// A clock on which whoever sleeps lets the time pass.
private final class JumpingClock: Clock {
  struct Instant: InstantProtocol {
    var offset: Duration

    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (one: Instant, other: Instant) -> Bool { one.offset < other.offset }
  }

  private let time = Mutex(Duration.zero)

  var now: Instant { Instant(offset: time.withLock { $0 }) }
  var minimumResolution: Duration { .zero }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try Task.checkCancellation()
    time.withLock { $0 = max($0, deadline.offset) }
  }
}

/// A teacher that is away until a moment, and tells of each call.
private final class AbsentTeacher: TeacherUpstream {
  let address = "host:7001"
  private let clock: JumpingClock
  private let back: Duration
  private struct State {
    var asked = 0
    var answered = 0
    var onCall: @Sendable () -> Void = {}
  }

  private let calls = Mutex(State())

  init(_ clock: JumpingClock, back: Duration) {
    (self.clock, self.back) = (clock, back)
  }

  var counts: (asked: Int, answered: Int) { calls.withLock { ($0.asked, $0.answered) } }
  func onCall(_ body: @escaping @Sendable () -> Void) { calls.withLock { $0.onCall = body } }

  private func reach() throws {
    let tell = calls.withLock { $0.onCall }
    tell()
    guard clock.now.offset < back else { return }
    calls.withLock { $0.asked += 1 }
    // The words differ from time to time, as those of the system do.
    let reason = Int(clock.now.offset / .seconds(1)).isMultiple(of: 2) ? "connection refused" : "no route to host"
    throw RPCError(code: .unavailable, message: reason)
  }

  func describe() async throws -> WireModelDescription {
    try reach()
    return makeDescription()
  }

  func reply(
    to request: WireBytes, of method: TeacherMethod, receive: @escaping @Sendable (WireBytes) async throws -> Void
  ) async throws {
    try reach()
    calls.withLock { $0.answered += 1 }
    try await receive(request)
  }
}

/// Keeps messages.
private struct KeptLog: LogHandler {
  let lines: Lines
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  final class Lines: Sendable {
    private let kept = Mutex<[String]>([])
    var all: [String] { kept.withLock { $0 } }
    func add(_ line: String) { kept.withLock { $0.append(line) } }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let data = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    lines.add("\(event.level) \(event.message) \(data.joined(separator: " "))")
  }
}

@Suite("A teacher that is away for long")
struct TeacherOutageTests {
  @Test(
    "is waited for as long as it takes: asked every two seconds, told of once, answered once",
    arguments: [Duration.seconds(3600), .seconds(6 * 3600)])
  func hours(away: Duration) async throws {
    let (clock, lines) = (JumpingClock(), KeptLog.Lines())
    let teacher = AbsentTeacher(clock, back: away)
    try await withFolder { folder in
      let facade = TeacherFacade(
        upstream: teacher, cache: try ReplyCache(folder: folder), pauses: Backoff(clock: clock),
        logger: Logger(label: "test") { _ in KeptLog(lines: lines) }, now: { clock.now.offset })
      let longest = Mutex(Duration.zero)
      teacher.onCall { if let wait = facade.wait?.time { longest.withLock { $0 = max($0, wait) } } }
      #expect(try await facade.reply(to: WireBytes("q".utf8), of: .score) == [WireBytes("q".utf8)])
      let late = clock.now.offset - away
      #expect(late >= .zero && late <= .seconds(2), "\(late)")
      let expected = Int(away / .seconds(2))
      #expect(abs(teacher.counts.asked - expected) <= 4 && teacher.counts.answered == 1, "\(teacher.counts)")
      #expect(longest.withLock { $0 } >= away && facade.wait == nil && facade.waitingReason == nil)
      #expect(facade.waited >= away && facade.waited <= away + .seconds(2), "\(facade.waited)")
      #expect(facade.retries == teacher.counts.asked)
      let told = lines.all
      #expect(told.count == 2 && told[0].hasPrefix("warning waiting for the teacher"), "\(told)")
      let seconds = Int(away / .seconds(1))
      let back = (seconds...seconds + 2).map {
        "info the teacher is back teacher.address=host:7001 waited.seconds=\($0)"
      }
      #expect(back.contains(told.last ?? ""), "\(told)")
      // Once answered, it is not asked again.
      _ = try await facade.reply(to: WireBytes("q".utf8), of: .score)
      #expect(teacher.counts.answered == 1)
    }
  }
}
