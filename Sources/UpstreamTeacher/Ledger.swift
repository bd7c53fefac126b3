internal import Foundation
internal import GRDB
internal import Synchronization

/// What was asked of the endpoint, what it cost, and what it answered: one SQLite file, shared by all runs that use it.
///
/// A call is *reserved* at its worst price before it is sent. It becomes *settled*, in the same transaction that stores its
/// answer; *released*, where the endpoint says that it did nothing; *failed*, where it says that it tried; or *doubtful*,
/// where nobody can say: for these two the worst price stays counted. What a method returned for is on disk. Calls that were
/// reserved when a process ended are doubtful.
public final class Ledger: Sendable {
  /// A call that was reserved.
  public struct CallID: Sendable, Hashable {
    let row: Int64
    let worst: Money
  }

  /// What all calls so far come to.
  public struct Totals: Sendable, Hashable {
    /// Price of settled calls.
    public var settled = Money.zero
    /// Worst price of calls whose end is not known yet.
    public var reserved = Money.zero
    /// Worst price of calls whose end nobody knows.
    public var doubtful = Money.zero
    /// Worst price of calls that failed on the endpoint's side.
    public var failed = Money.zero
    /// Number of settled, released, doubtful and failed calls.
    public var settledCalls = 0, releasedCalls = 0, doubtfulCalls = 0, failedCalls = 0
    /// Tokens of settled calls, as the endpoint counted them, or at their worst where it did not.
    public var promptTokens = 0, completionTokens = 0
    /// Settled calls that the endpoint did not count.
    public var uncountedCalls = 0

    /// What counts against the budget.
    public var spent: Money { settled + reserved + doubtful + failed }
  }

  /// A stored answer.
  package struct Stored: Sendable {
    /// The answer.
    package var reply: UpstreamReply
    /// How long the endpoint took for it.
    package var seconds: Double
  }

  private let queue: DatabaseQueue
  private let path: String
  private let totalsBox: Mutex<Totals>
  /// Calls that were on their way when a process ended, by that process's end.
  public let leftBehind: (calls: Int, worst: Money)

  /// Opens or makes the ledger of a file.
  ///
  /// - Throws: ``UpstreamError/ledger(path:reason:)``.
  public init(path: String) throws(UpstreamError) {
    self.path = path
    var configuration = Configuration()
    configuration.journalMode = .wal
    // Somebody may be reading it with a tool of their own.
    configuration.busyMode = .timeout(5)
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      // GRDB sets NORMAL when it opens a WAL database, so FULL is set afterwards and read back.
      let synchronous = try queue.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA synchronous = FULL")
        return try Int.fetchOne(database, sql: "PRAGMA synchronous") ?? -1
      }
      guard synchronous == 2 else { throw UpstreamError.ledger(path: path, reason: "SQLite refuses synchronous=FULL") }
      let (behind, totals) = try queue.write { database in
        try database.execute(sql: Self.schema)
        let row = try Row.fetchOne(
          database, sql: "SELECT count(*), ifnull(sum(worst), 0) FROM calls WHERE state = 'reserved'")
        try database.execute(
          sql: "UPDATE calls SET state = 'doubtful', reason = 'the process ended' WHERE state = 'reserved'")
        let calls: Int = row?[0] ?? 0
        let worst: Int64 = row?[1] ?? 0
        return ((calls: calls, worst: Money(billionths: worst)), try Self.totals(database))
      }
      leftBehind = behind
      totalsBox = Mutex(totals)
    } catch {
      throw Self.explained(error, path)
    }
  }

  private static let schema = """
    CREATE TABLE IF NOT EXISTS calls (
      id INTEGER PRIMARY KEY AUTOINCREMENT, question TEXT NOT NULL, state TEXT NOT NULL, worst INTEGER NOT NULL,
      cost INTEGER NOT NULL DEFAULT 0, prompt_tokens INTEGER NOT NULL DEFAULT 0,
      completion_tokens INTEGER NOT NULL DEFAULT 0, counted INTEGER NOT NULL DEFAULT 0, price TEXT NOT NULL,
      sent_ms INTEGER NOT NULL, ended_ms INTEGER, reason TEXT NOT NULL DEFAULT '');
    CREATE INDEX IF NOT EXISTS calls_by_question ON calls (question, state);
    CREATE TABLE IF NOT EXISTS replies (
      question TEXT PRIMARY KEY, call INTEGER NOT NULL, body BLOB NOT NULL, seconds REAL NOT NULL);
    CREATE TABLE IF NOT EXISTS served (
      endpoint TEXT NOT NULL, model TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (endpoint, model));
    """

  private static func totals(_ database: Database) throws -> Totals {
    var totals = Totals()
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT state, count(*), sum(cost), sum(worst), sum(prompt_tokens), sum(completion_tokens), sum(1 - counted)
        FROM calls GROUP BY state
        """)
    for row in rows {
      let state: String = row[0]
      switch state {
      case "settled":
        (totals.settledCalls, totals.settled) = (row[1], Money(billionths: row[2]))
        (totals.promptTokens, totals.completionTokens, totals.uncountedCalls) = (row[4], row[5], row[6])
      case "released": totals.releasedCalls = row[1]
      case "failed": (totals.failedCalls, totals.failed) = (row[1], Money(billionths: row[3]))
      case "doubtful": (totals.doubtfulCalls, totals.doubtful) = (row[1], Money(billionths: row[3]))
      default: break
      }
    }
    return totals
  }

  /// What all calls so far come to.
  public var totals: Totals { totalsBox.withLock { $0 } }

  /// The stored answer to a question; nil: there is none.
  package func reply(to question: String) throws(UpstreamError) -> Stored? {
    try transact { database in
      guard
        let row = try Row.fetchOne(
          database, sql: "SELECT body, seconds FROM replies WHERE question = ?", arguments: [question])
      else { return nil }
      let body: Data = row[0]
      return Stored(reply: try JSONDecoder().decode(UpstreamReply.self, from: body), seconds: row[1])
    }
  }

  /// Earlier calls of a question of which nobody knows whether they were billed.
  package func doubtfulCalls(of question: String) throws(UpstreamError) -> (count: Int, worst: Money) {
    try transact { database in
      let row = try Row.fetchOne(
        database, sql: "SELECT count(*), ifnull(sum(worst), 0) FROM calls WHERE question = ? AND state = 'doubtful'",
        arguments: [question])
      return (row?[0] ?? 0, Money(billionths: row?[1] ?? 0))
    }
  }

  /// Sets a call's worst price aside, before it is sent.
  ///
  /// - Throws: ``UpstreamError/budgetSpent(worst:left:budget:)``.
  package func reserve(_ question: String, worst: Money, price: Price?, budget: Money?) throws(UpstreamError) -> CallID
  {
    let isAllowed = totalsBox.withLock { totals in
      if let budget, totals.spent + worst > budget { return false }
      totals.reserved = totals.reserved + worst
      return true
    }
    guard isAllowed else {
      let (budget, spent) = (budget ?? .zero, totals.spent)
      throw .budgetSpent(worst: "\(worst)", left: "\(budget - spent)", budget: "\(budget)")
    }
    do {
      let row = try transact { database in
        try database.execute(
          sql: "INSERT INTO calls (question, state, worst, price, sent_ms) VALUES (?, 'reserved', ?, ?, ?)",
          arguments: [question, worst.billionths, price.map { "\($0.input)/\($0.output)" } ?? "", Self.milliseconds])
        return database.lastInsertedRowID
      }
      return CallID(row: row, worst: worst)
    } catch {
      totalsBox.withLock { $0.reserved = $0.reserved - worst }
      throw error
    }
  }

  /// The model that answered last, as the endpoint names it; nil: none has.
  package func servedModel(of model: String, at endpoint: EndpointURL) throws(UpstreamError) -> String? {
    try transact { database in
      try String.fetchOne(
        database, sql: "SELECT name FROM served WHERE endpoint = ? AND model = ?", arguments: [endpoint.base, model])
    }
  }

  /// Notes which model answers.
  package func noteServed(_ name: String, of model: String, at endpoint: EndpointURL) throws(UpstreamError) {
    try transact { database in
      try database.execute(
        sql: "INSERT OR REPLACE INTO served (endpoint, model, name) VALUES (?, ?, ?)",
        arguments: [endpoint.base, model, name])
    }
  }

  /// Stores a call's answer and what it cost, in one transaction.
  ///
  /// - Parameter keepsReply: Whether the same question is answered with it from now on.
  package func settle(
    _ call: CallID, question: String, reply: UpstreamReply, usage: UpstreamReply.Usage, cost: Money, seconds: Double,
    keepsReply: Bool = true
  ) throws(UpstreamError) {
    let isCounted = reply.usage != nil
    try transact { database in
      try database.execute(
        sql: """
          UPDATE calls SET state = 'settled', cost = ?, prompt_tokens = ?, completion_tokens = ?, counted = ?, ended_ms = ?
          WHERE id = ?
          """,
        arguments: [cost.billionths, usage.prompt, usage.completion, isCounted ? 1 : 0, Self.milliseconds, call.row])
      guard keepsReply else { return }
      try database.execute(
        sql: "INSERT OR REPLACE INTO replies (question, call, body, seconds) VALUES (?, ?, ?, ?)",
        arguments: [question, call.row, try JSONEncoder().encode(reply), seconds])
    }
    totalsBox.withLock { totals in
      totals.reserved = totals.reserved - call.worst
      totals.settled = totals.settled + cost
      totals.settledCalls += 1
      totals.promptTokens += usage.prompt
      totals.completionTokens += usage.completion
      if !isCounted { totals.uncountedCalls += 1 }
    }
  }

  /// Notes that a call did nothing that anybody bills.
  package func release(_ call: CallID, reason: String) throws(UpstreamError) {
    try end(call, "released", reason) { $0.releasedCalls += 1 }
  }

  /// Notes that a call failed on the endpoint's side, which may bill it all the same.
  package func fail(_ call: CallID, reason: String) throws(UpstreamError) {
    try end(call, "failed", reason) { totals in
      totals.failed = totals.failed + call.worst
      totals.failedCalls += 1
    }
  }

  /// Notes that nobody knows whether a call is billed.
  package func doubt(_ call: CallID, reason: String) throws(UpstreamError) {
    try end(call, "doubtful", reason) { totals in
      totals.doubtful = totals.doubtful + call.worst
      totals.doubtfulCalls += 1
    }
  }

  /// Ends a call that has no answer: on disk, then among the totals, from which its reserved price goes.
  private func end(
    _ call: CallID, _ state: String, _ reason: String, _ count: (inout Totals) -> Void
  ) throws(UpstreamError) {
    try transact { database in
      try database.execute(
        sql: "UPDATE calls SET state = ?, reason = ?, ended_ms = ? WHERE id = ?",
        arguments: [state, String(reason.prefix(400)), Self.milliseconds, call.row])
    }
    totalsBox.withLock { totals in
      totals.reserved = totals.reserved - call.worst
      count(&totals)
    }
  }

  private static var milliseconds: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

  /// Runs a body in one transaction, on this thread: half a millisecond, which no cancelled task may leave out.
  private func transact<T>(_ body: (Database) throws -> T) throws(UpstreamError) -> T {
    do { return try queue.write(body) } catch { throw Self.explained(error, path) }
  }

  private static func explained(_ error: any Error, _ path: String) -> UpstreamError {
    if let error = error as? UpstreamError { return error }
    guard let error = error as? DatabaseError else { return .ledger(path: path, reason: "\(error)") }
    return .ledger(path: path, reason: error.message ?? error.resultCode.description)
  }
}
