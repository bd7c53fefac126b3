internal import Foundation
internal import GRDB

/// Runs, their events, completions and metrics in one SQLite file. What a method returned for is on disk.
///
/// One connection, WAL, `synchronous=FULL`: GRDB sets NORMAL when it opens a WAL database, so it is set afterwards and
/// read back.
public final class Journal: Sendable {
  private let queue: DatabaseQueue
  private let path: String

  /// Opens or makes the file.
  public init(path: String) throws(JournalError) {
    self.path = path
    var configuration = Configuration()
    configuration.journalMode = .wal
    // Another process may hold the file for a moment: one that reads it, or a coordinator that was killed and is not gone yet.
    configuration.busyMode = .timeout(2)
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      let synchronous = try queue.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA synchronous = FULL")
        return try Int.fetchOne(database, sql: "PRAGMA synchronous") ?? -1
      }
      guard synchronous == 2 else { throw JournalError.notDurable(path: path, synchronous: synchronous) }
      try queue.write { try $0.execute(sql: Self.schema) }
    } catch {
      throw Self.explained(error, path)
    }
  }

  private static let schema = """
    CREATE TABLE IF NOT EXISTS runs (
      ordinal INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL UNIQUE, idempotency_key TEXT UNIQUE,
      recipe TEXT NOT NULL, output_dir TEXT NOT NULL, method TEXT NOT NULL, submitted_ms INTEGER NOT NULL,
      data_digest TEXT NOT NULL DEFAULT '', state TEXT NOT NULL, message TEXT NOT NULL, step INTEGER NOT NULL,
      max_steps INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS events (
      run_id TEXT NOT NULL, sequence INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (run_id, sequence)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS items (
      run_id TEXT NOT NULL, item BLOB NOT NULL, name TEXT NOT NULL, token_ids BLOB NOT NULL,
      PRIMARY KEY (run_id, item));
    CREATE TABLE IF NOT EXISTS metrics (
      id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL, step INTEGER NOT NULL, kind TEXT NOT NULL,
      row TEXT NOT NULL, UNIQUE (run_id, step, kind));
    CREATE TABLE IF NOT EXISTS tokens (id INTEGER PRIMARY KEY CHECK (id = 0), epoch INTEGER NOT NULL);
    """

  /// Runs a body in one transaction.
  func write<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws(JournalError) -> T {
    do { return try await queue.write(body) } catch { throw Self.explained(error, path) }
  }

  /// Runs a body that only reads.
  func read<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws(JournalError) -> T {
    do { return try await queue.read(body) } catch { throw Self.explained(error, path) }
  }

  /// The setting that makes a commit durable, read back: 2 is FULL.
  public func synchronousMode() async throws(JournalError) -> Int {
    try await read { try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? -1 }
  }

  private static func explained(_ error: any Error, _ path: String) -> JournalError {
    if let error = error as? JournalError { return error }
    guard let error = error as? DatabaseError else { return .failed(path: path, reason: "\(error)") }
    let reason = error.message ?? error.resultCode.description
    switch error.resultCode {
    case .SQLITE_FULL: return .diskFull(path: path)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: return .corrupt(path: path, reason: reason)
    default: return .failed(path: path, reason: reason)
    }
  }
}
