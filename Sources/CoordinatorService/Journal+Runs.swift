internal import Foundation
internal import GRDB

extension Journal {
  /// What came of adding a run.
  public enum Admission: Sendable, Hashable {
    /// It is kept.
    case new
    /// This one came under the same idempotency key before.
    case known(RunRecord)
    /// The folder of its results is another run's; nil: one that this journal has not.
    case taken(runID: String?)
  }

  /// Adds a run, unless its idempotency key or its folder is known.
  ///
  /// - Parameter folderIsFree: Whether the folder holds no run on disk.
  public func add(
    _ run: RunRecord, idempotencyKey: String, folderIsFree: Bool = true
  ) async throws(JournalError) -> Admission {
    try await write { database in
      if !idempotencyKey.isEmpty,
        let row = try Row.fetchOne(
          database, sql: "SELECT * FROM runs WHERE idempotency_key = ?", arguments: [idempotencyKey])
      {
        return .known(RunRecord(row))
      }
      let folder = RunFolder.canonical(run.outputDir)
      for row in try Row.fetchAll(database, sql: "SELECT run_id, output_dir FROM runs ORDER BY ordinal DESC")
      where RunFolder.canonical(row["output_dir"]) == folder {
        return .taken(runID: row["run_id"])
      }
      guard folderIsFree else { return .taken(runID: nil) }
      try database.execute(
        sql: """
          INSERT INTO runs (run_id, idempotency_key, recipe, output_dir, method, submitted_ms, state, message, step, max_steps)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          run.runID, idempotencyKey.isEmpty ? nil : idempotencyKey, run.recipeYAML, run.outputDir, run.method,
          run.submittedMilliseconds, run.status.state.rawValue, run.status.message, run.status.step,
          run.status.maxSteps,
        ])
      return .new
    }
  }

  /// All runs, oldest first.
  public func runs() async throws(JournalError) -> [RunRecord] {
    try await read { try Row.fetchAll($0, sql: "SELECT * FROM runs ORDER BY ordinal").map(RunRecord.init) }
  }

  /// A run; nil: there is none of that name.
  public func run(_ runID: String) async throws(JournalError) -> RunRecord? {
    try await read {
      try Row.fetchOne($0, sql: "SELECT * FROM runs WHERE run_id = ?", arguments: [runID]).map(RunRecord.init)
    }
  }

  /// Keeps the digest of a run's data the first time, and returns the kept one.
  public func keepDataDigest(_ digest: String, of runID: String) async throws(JournalError) -> String {
    try await write { database in
      try database.execute(
        sql: "UPDATE runs SET data_digest = ? WHERE run_id = ? AND data_digest = ''", arguments: [digest, runID])
      return try String.fetchOne(database, sql: "SELECT data_digest FROM runs WHERE run_id = ?", arguments: [runID])
        ?? ""
    }
  }

  /// Keeps a run's status alone.
  public func keep(_ status: RunStatus, of runID: String) async throws(JournalError) {
    try await write { try $0.keep(status, of: runID) }
  }
}

extension Database {
  func keep(_ status: RunStatus, of runID: String) throws {
    try execute(
      sql: "UPDATE runs SET state = ?, message = ?, step = ?, max_steps = ? WHERE run_id = ?",
      arguments: [status.state.rawValue, status.message, status.step, status.maxSteps, runID])
  }
}

extension RunRecord {
  fileprivate init(_ row: Row) {
    self.init(
      runID: row["run_id"], recipeYAML: row["recipe"], outputDir: row["output_dir"], method: row["method"],
      submittedMilliseconds: row["submitted_ms"],
      status: RunStatus(
        state: RunStatus.State(rawValue: row["state"]) ?? .failed, message: row["message"], step: row["step"],
        maxSteps: row["max_steps"]))
  }
}
