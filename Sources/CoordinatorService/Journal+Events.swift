internal import Foundation
internal import GRDB

extension Journal {
  /// Adds an event with what came of it, all or nothing.
  ///
  /// - Parameters:
  ///   - event: What happened.
  ///   - runID: To which run.
  ///   - status: The run's status after it.
  ///   - result: Completions that the event announces.
  ///   - metrics: Measurements that the event announces; a repeated step replaces its row.
  public func append(
    _ event: RunEvent, to runID: String, status: RunStatus, result: ItemResult? = nil, metrics: MetricsEntry? = nil
  ) async throws(JournalError) {
    try await append(anyEvent: event, to: runID, status: status, result: result, metrics: metrics)
  }

  /// The same of a run whose method has events of its own.
  func append(
    anyEvent event: some Encodable & Sendable, to runID: String, status: RunStatus, result: ItemResult? = nil,
    metrics: MetricsEntry? = nil
  ) async throws(JournalError) {
    try await write { database in
      try database.execute(
        sql: """
          INSERT INTO events (run_id, sequence, body)
          SELECT ?, coalesce(max(sequence), 0) + 1, ? FROM events WHERE run_id = ?
          """,
        arguments: [runID, try Self.encode(event), runID])
      if let result {
        try database.execute(
          sql: "INSERT OR REPLACE INTO items (run_id, item, name, token_ids) VALUES (?, ?, ?, ?)",
          arguments: [runID, try Self.encode(result.key), result.name, TokenBlob.data(of: result.completions)])
      }
      if let metrics {
        try database.execute(
          sql: """
            INSERT INTO metrics (run_id, step, kind, row) VALUES (?, ?, ?, ?)
            ON CONFLICT (run_id, step, kind) DO UPDATE SET row = excluded.row
            """,
          arguments: [runID, metrics.step, metrics.kind.rawValue, metrics.row])
      }
      try database.keep(status, of: runID)
    }
  }

  /// All events of a run, in order.
  public func events(of runID: String) async throws(JournalError) -> [RunEvent] {
    try await events(of: runID, as: RunEvent.self)
  }

  /// All events of a run whose method has events of its own, in order.
  func events<Event: Decodable & Sendable>(
    of runID: String, as: Event.Type
  ) async throws(JournalError) -> [Event] {
    try await read { database in
      try Data.fetchAll(database, sql: "SELECT body FROM events WHERE run_id = ? ORDER BY sequence", arguments: [runID])
        .map { try JSONDecoder().decode(Event.self, from: $0) }
    }
  }

  /// Completions of all items of a run.
  public func results(of runID: String) async throws(JournalError) -> [ItemResult] {
    try await read { database in
      try Row.fetchAll(database, sql: "SELECT item, name, token_ids FROM items WHERE run_id = ?", arguments: [runID])
        .map { row in
          ItemResult(
            key: try JSONDecoder().decode(WorkItemKey.self, from: row["item"]), name: row["name"],
            completions: TokenBlob.completions(in: row["token_ids"]))
        }
    }
  }

  /// Rows of metrics in the order in which they first came.
  ///
  /// - Parameters:
  ///   - runID: The run.
  ///   - row: The last row that the caller has; 0: none.
  ///   - step: Rows of steps up to this are left out; −1: none is.
  /// - Returns: The rows, and the number of the last.
  public func metrics(
    of runID: String, afterRow row: Int = 0, afterStep step: Int = -1
  ) async throws(JournalError) -> (rows: [MetricsEntry], last: Int) {
    try await read { database in
      let rows = try Row.fetchAll(
        database, sql: "SELECT * FROM metrics WHERE run_id = ? AND id > ? AND step > ? ORDER BY id",
        arguments: [runID, row, step])
      let entries = rows.map {
        MetricsEntry(step: $0["step"], kind: MetricsEntry.Kind(rawValue: $0["kind"]) ?? .step, row: $0["row"])
      }
      return (entries, rows.last.map { $0["id"] } ?? row)
    }
  }

  private static func encode(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return try encoder.encode(value)
  }
}

/// Completions as little-endian words: for each its length, then its ids.
enum TokenBlob {
  static func data(of completions: [[UInt32]]) -> Data {
    var data = Data(capacity: completions.reduce(0) { $0 + 4 * ($1.count + 1) })
    for completion in completions {
      for word in [UInt32(completion.count)] + completion {
        withUnsafeBytes(of: word.littleEndian) { data.append(contentsOf: $0) }
      }
    }
    return data
  }

  static func completions(in data: Data) -> [[UInt32]] {
    let words = stride(from: data.startIndex, to: data.endIndex - 3, by: 4).map { place in
      (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[place + $1]) << UInt32(8 * $1) }
    }
    var completions: [[UInt32]] = []
    var rest = words[...]
    while let count = rest.popFirst() {
      completions.append(Array(rest.prefix(Int(count))))
      rest = rest.dropFirst(Int(count))
    }
    return completions
  }
}
