public import Foundation
internal import GRDB

extension Journal {
  /// Begins to give fencing tokens: those of this process are above all that were given before, by whatever coordinator had the journal.
  ///
  /// - Parameter date: Now; so that a coordinator with a new journal comes after those before it, where clocks are right.
  /// - Returns: A number below all tokens that may be given now. On disk.
  public func beginTokens(at date: Date = Date()) async throws(JournalError) -> UInt64 {
    try await write { database in
      let last = try Int64.fetchOne(database, sql: "SELECT epoch FROM tokens") ?? 0
      let epoch = max(last + 1, Int64(date.timeIntervalSince1970))
      try database.execute(sql: "INSERT OR REPLACE INTO tokens (id, epoch) VALUES (0, ?)", arguments: [epoch])
      return UInt64(epoch) << 32
    }
  }
}
