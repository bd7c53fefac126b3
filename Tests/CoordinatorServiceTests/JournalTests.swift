import CoordinatorService
import Foundation
import GRDB
import Testing

private func makeRun(_ runID: String) -> RunRecord {
  RunRecord(
    runID: runID, recipeYAML: "method: sft\n", outputDir: runID, method: "sft", submittedMilliseconds: 5,
    status: RunStatus(state: .waiting, message: "", step: 0, maxSteps: 9))
}

private let status = RunStatus(state: .running, message: "training", step: 1, maxSteps: 9)

@Suite("Journal")
struct JournalTests {
  @Test("writes through to the disk: synchronous=FULL, read back")
  func durable() async throws {
    try await withFolder { folder in
      let journal = try Journal(path: folder.path + "/journal.sqlite")
      #expect(try await journal.synchronousMode() == 2)
    }
  }

  @Test("tokens that a process may give are above all that were given before, whatever the clock says")
  func tokens() async throws {
    try await withFolder { folder in
      let path = folder.path + "/journal.sqlite"
      let late = Date(timeIntervalSince1970: 2_000_000_000)
      var last: UInt64 = 0
      for date in [late, late, Date(timeIntervalSince1970: 1), late + 10] {
        let base = try await Journal(path: path).beginTokens(at: date)
        // A process gives some.
        #expect(base > last + 1_000_000)
        last = base
      }
      let other = try await Journal(path: folder.path + "/other.sqlite").beginTokens(at: late + 60)
      #expect(other > last, "a new journal's tokens come after those of an old one, where clocks are right")
    }
  }

  @Test("waits two seconds for another process that holds the file, and says what is wrong where it stays")
  func held() async throws {
    try await withFolder { folder in
      let path = folder.path + "/journal.sqlite"
      let journal = try Journal(path: path)
      _ = try await journal.add(makeRun("a"), idempotencyKey: "")
      var configuration = Configuration()
      configuration.allowsUnsafeTransactions = true
      let other = try DatabaseQueue(path: path, configuration: configuration)
      try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
      let waited = await ContinuousClock().measure {
        let error = await #expect(throws: JournalError.self) { try await journal.keep(status, of: "a") }
        #expect(error?.description.contains("locked") == true)
      }
      #expect(waited > .seconds(1.5), "\(waited)")
      try await other.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
      try await journal.keep(status, of: "a")
    }
  }

  @Test("the same idempotency key gives the first run")
  func idempotency() async throws {
    try await withFolder { folder in
      let journal = try Journal(path: folder.path + "/journal.sqlite")
      #expect(try await journal.add(makeRun("a"), idempotencyKey: "key") == .new)
      #expect(try await journal.add(makeRun("b"), idempotencyKey: "key") == .known(makeRun("a")))
      #expect(try await journal.add(makeRun("c"), idempotencyKey: "") == .new)
      #expect(try await journal.add(makeRun("d"), idempotencyKey: "") == .new)
      #expect(try await journal.add(makeRun("d"), idempotencyKey: "") == .taken(runID: "d"))
      #expect(try await journal.add(makeRun("e"), idempotencyKey: "", folderIsFree: false) == .taken(runID: nil))
      #expect(try await journal.runs().map(\.runID) == ["a", "c", "d"])
    }
  }

  @Test("what was appended is there after reopening: events in order, completions, metrics, status")
  func reopen() async throws {
    try await withFolder { folder in
      let path = folder.path + "/journal.sqlite"
      let key = WorkItemKey(stage: .student(round: 3), index: 2)
      let result = ItemResult(key: key, name: "name", completions: [[1, 2, 70000], [], [9]])
      let events: [RunEvent] = [
        .restarted, .teacherReady(summary), .itemCompleted(key, session: 4), .stepCompleted(session: 4, step: 1),
      ]
      do {
        let journal = try Journal(path: path)
        _ = try await journal.add(makeRun("a"), idempotencyKey: "")
        for event in events {
          try await journal.append(
            event, to: "a", status: status, result: event == events[2] ? result : nil,
            metrics: event == events[3] ? MetricsEntry(step: 1, kind: .step, row: "{}") : nil)
        }
      }
      let journal = try Journal(path: path)
      #expect(try await journal.events(of: "a") == events)
      #expect(try await journal.results(of: "a") == [result])
      #expect(try await journal.metrics(of: "a").rows == [MetricsEntry(step: 1, kind: .step, row: "{}")])
      #expect(try await journal.run("a")?.status == status)
      #expect(try await journal.run("b") == nil)
    }
  }

  @Test("the row of a repeated step replaces the first, and is not sent twice")
  func replaced() async throws {
    try await withFolder { folder in
      let journal = try Journal(path: folder.path + "/journal.sqlite")
      for (step, row) in [(1, "a"), (2, "b"), (1, "c")] {
        try await journal.append(
          .stepCompleted(session: 1, step: step), to: "r", status: status,
          metrics: MetricsEntry(step: step, kind: .step, row: row))
      }
      let all = try await journal.metrics(of: "r")
      #expect(all.rows.map(\.row) == ["c", "b"])
      #expect(try await journal.metrics(of: "r", afterRow: all.last).rows.isEmpty)
      #expect(try await journal.metrics(of: "r", afterStep: 1).rows.map(\.row) == ["b"])
    }
  }

  @Test("the digest of the data is the first one given")
  func digest() async throws {
    try await withFolder { folder in
      let journal = try Journal(path: folder.path + "/journal.sqlite")
      _ = try await journal.add(makeRun("a"), idempotencyKey: "")
      #expect(try await journal.keepDataDigest("one", of: "a") == "one")
      #expect(try await journal.keepDataDigest("two", of: "a") == "one")
    }
  }

  @Test("a file that is no journal is refused with one line")
  func corrupt() async throws {
    try await withFolder { folder in
      let path = folder.path + "/journal.sqlite"
      try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: JournalError.self) { _ = try Journal(path: path) }
      #expect(error?.description.contains("damaged") == true)
    }
  }
}
