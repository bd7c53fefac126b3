package import GRPCCore

/// Decides for a client when to connect, which calls wait, and which fail. Has no I/O.
///
/// `Connection` is what calls are made on, `Waiter` whoever wants one.
package struct ConnectivityMachine<Connection: Identifiable & Sendable, Waiter: Sendable>: Sendable {
  private enum Phase {
    /// Nothing is wanted. Becomes connecting when a call comes.
    case idle
    /// Becomes ready, backing off, or stopped.
    case connecting
    /// Becomes idle or connecting when the connection is lost.
    case ready(Connection)
    /// The last attempt failed. Becomes idle after a while, or connecting when a call waits.
    case backingOff(RPCError)
    /// Nothing more is done.
    case stopped
  }

  /// What a call does that wants a connection.
  package enum Pick {
    case use(Connection)
    case wait(startsAttempt: Bool)
    case fail(RPCError)
  }

  private var phase = Phase.idle
  private var waiters: [UInt64: (waiter: Waiter, waitsForReady: Bool)] = [:]
  private var failures = 0

  /// Makes a machine that is idle.
  package init() {}

  /// A call wants a connection. `id` names its wait.
  package mutating func pick(_ id: UInt64, _ waiter: Waiter, waitsForReady: Bool) -> Pick {
    switch phase {
    case .ready(let connection): return .use(connection)
    case .stopped:
      return .fail(RPCError(code: .failedPrecondition, message: "the client is shutting down"))
    case .backingOff(let error) where !waitsForReady: return .fail(error)
    case .idle:
      phase = .connecting
      waiters[id] = (waiter, waitsForReady)
      return .wait(startsAttempt: true)
    case .connecting, .backingOff:
      waiters[id] = (waiter, waitsForReady)
      return .wait(startsAttempt: false)
    }
  }

  /// A call gives up waiting; returns its waiter if it still waits.
  package mutating func cancel(_ id: UInt64) -> Waiter? {
    waiters.removeValue(forKey: id)?.waiter
  }

  /// The attempt led to a connection; returns who waits for it, or nil when nobody wants it any more.
  package mutating func attemptSucceeded(_ connection: Connection) -> [Waiter]? {
    guard case .connecting = phase else { return nil }
    phase = .ready(connection)
    failures = 0
    return takeWaiters { _ in true }
  }

  /// The attempt failed; returns who fails with it, and the number of failures in a row, after which to back off.
  package mutating func attemptFailed(_ error: RPCError) -> (failed: [Waiter], failures: Int)? {
    guard case .connecting = phase else { return nil }
    phase = .backingOff(error)
    failures += 1
    return (takeWaiters { !$0 }, failures)
  }

  /// The backoff is over; returns whether to make an attempt at once.
  package mutating func backoffElapsed() -> Bool {
    guard case .backingOff = phase else { return false }
    return becomeIdle()
  }

  /// A connection takes no more calls; returns whether to make an attempt at once.
  package mutating func connectionLost(_ id: Connection.ID) -> Bool {
    guard case .ready(let connection) = phase, connection.id == id else { return false }
    return becomeIdle()
  }

  /// Ends; returns who waits in vain.
  package mutating func stop() -> [Waiter] {
    phase = .stopped
    return takeWaiters { _ in true }
  }

  private mutating func becomeIdle() -> Bool {
    phase = waiters.isEmpty ? .idle : .connecting
    return !waiters.isEmpty
  }

  private mutating func takeWaiters(where isTaken: (_ waitsForReady: Bool) -> Bool) -> [Waiter] {
    let taken = waiters.filter { isTaken($0.value.waitsForReady) }
    for id in taken.keys { waiters[id] = nil }
    return taken.sorted { $0.key < $1.key }.map(\.value.waiter)
  }
}
