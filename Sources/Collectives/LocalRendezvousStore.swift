internal import Foundation

/// A rendezvous within one process.
public final class LocalRendezvousStore: RendezvousStore, @unchecked Sendable {
  // SAFETY: `values` is read and written while `changed` is locked.
  private var values: [String: [UInt8]] = [:]
  private let changed = NSCondition()

  /// An empty store.
  public init() {}

  /// Keeps a value, and wakes those that wait for it.
  public func set(_ key: String, _ value: [UInt8]) {
    changed.withLock {
      values[key] = value
      changed.broadcast()
    }
  }

  /// Waits for a value; throws when nobody has set it in time.
  public func get(_ key: String, timeout: Duration) throws -> [UInt8] {
    let deadline = Date(timeIntervalSinceNow: timeout / .seconds(1))
    return try changed.withLock {
      while true {
        if let value = values[key] { return value }
        guard changed.wait(until: deadline) else { throw Absence(key: key) }
      }
    }
  }

  /// A key that nobody has set in time.
  struct Absence: Error, CustomStringConvertible {
    let key: String
    var description: String { "nobody has set \(key)" }
  }
}
