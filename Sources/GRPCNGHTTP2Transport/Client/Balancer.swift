package import GRPCCore

/// How a client spreads its calls over the addresses of a service.
public enum LoadBalancing: Sendable, Hashable {
  /// All calls go to the first address that answers; another is sought when that connection is lost.
  case pickFirst
  /// Calls go to all addresses that answer, in turn.
  case roundRobin
}

/// What a balancer wants done.
package enum BalancerStep<Connection: Sendable>: Sendable {
  /// Connect, and report with ``Balancer/attemptSucceeded(_:_:at:)`` or ``Balancer/attemptFailed(_:_:)``.
  case connect(ServerAddress, attempt: UInt64)
  /// Call ``Balancer/attemptLingers(_:)`` after a moment: other addresses need not wait for a slow one.
  case hurry(attempt: UInt64)
  /// Call ``Balancer/backoffElapsed(_:)`` after the pause that follows so many failures in a row.
  case backOff(UInt64, failures: Int)
  /// Finish the calls on this connection, and close it.
  case drain(Connection)
  /// The addresses may have changed.
  case resolve
}

/// What a call does that wants a connection.
package enum BalancerPick<Connection: Sendable>: Sendable {
  case use(Connection)
  /// Nothing is under way: ``Balancer/connect()`` would begin.
  case idle
  case wait
  /// Calls that do not wait for readiness fail.
  case fail(RPCError)
}

/// Decides which addresses of a service to connect to, and which connection a call takes. Has no I/O and no clock.
package protocol Balancer<Connection>: Sendable {
  associatedtype Connection: Identifiable & Sendable

  /// What the next call does.
  mutating func pick() -> BalancerPick<Connection>
  /// Begins to connect, unless that was begun.
  mutating func connect() -> [BalancerStep<Connection>]
  /// The addresses are now these.
  mutating func update(_ addresses: [ServerAddress]) -> [BalancerStep<Connection>]
  /// An attempt led to a connection, at a time since any fixed moment.
  mutating func attemptSucceeded(_ attempt: UInt64, _ connection: Connection, at now: Duration)
    -> [BalancerStep<Connection>]
  /// An attempt failed.
  mutating func attemptFailed(_ attempt: UInt64, _ error: RPCError) -> [BalancerStep<Connection>]
  /// An attempt takes long.
  mutating func attemptLingers(_ attempt: UInt64) -> [BalancerStep<Connection>]
  /// A pause is over.
  mutating func backoffElapsed(_ id: UInt64) -> [BalancerStep<Connection>]
  /// A connection takes no more calls.
  mutating func connectionLost(_ id: Connection.ID, at now: Duration) -> [BalancerStep<Connection>]
  /// Whether any connection can be used.
  var isReady: Bool { get }
}
