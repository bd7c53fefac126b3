package import GRPCCore

/// Uses the first address that answers. Connects when a call wants it.
package struct PickFirst<Connection: Identifiable & Sendable>: Balancer {
  private enum Phase: Sendable {
    /// Nothing is wanted. Becomes connecting.
    case idle
    /// Tries one address after another. Becomes ready or backing off.
    case connecting(Pass)
    /// Becomes idle when the connection is lost.
    case ready(Connection, ServerAddress)
    /// No address answered. Becomes idle after a pause.
    case backingOff(RPCError, id: UInt64)
  }

  private struct Pass: Sendable {
    var rest: ArraySlice<ServerAddress>
    var attempts: [UInt64: ServerAddress] = [:]
    var newest: UInt64 = 0
  }

  private var phase = Phase.idle
  private var addresses: [ServerAddress] = []
  private var failures = 0
  private var lastID: UInt64 = 0

  /// Makes a balancer without addresses.
  package init() {}

  package var isReady: Bool { if case .ready = phase { true } else { false } }

  package mutating func pick() -> BalancerPick<Connection> {
    switch phase {
    case .idle: .idle
    case .connecting: .wait
    case .ready(let connection, _): .use(connection)
    case .backingOff(let error, _): .fail(error)
    }
  }

  package mutating func connect() -> [BalancerStep<Connection>] {
    guard case .idle = phase, !addresses.isEmpty else { return [] }
    var pass = Pass(rest: addresses[...])
    let steps = tryNext(&pass)
    phase = .connecting(pass)
    return steps
  }

  private mutating func tryNext(_ pass: inout Pass) -> [BalancerStep<Connection>] {
    guard let address = pass.rest.popFirst() else { return [] }
    lastID += 1
    pass.attempts[lastID] = address
    pass.newest = lastID
    let connect = BalancerStep<Connection>.connect(address, attempt: lastID)
    return pass.rest.isEmpty ? [connect] : [connect, .hurry(attempt: lastID)]
  }

  package mutating func update(_ addresses: [ServerAddress]) -> [BalancerStep<Connection>] {
    self.addresses = addresses
    guard case .ready(let connection, let address) = phase, !addresses.contains(address) else { return [] }
    phase = .idle
    return [.drain(connection)]
  }

  package mutating func attemptSucceeded(
    _ attempt: UInt64, _ connection: Connection, at now: Duration
  ) -> [BalancerStep<Connection>] {
    guard case .connecting(let pass) = phase, let address = pass.attempts[attempt] else { return [.drain(connection)] }
    phase = .ready(connection, address)
    failures = 0
    return []
  }

  package mutating func attemptFailed(_ attempt: UInt64, _ error: RPCError) -> [BalancerStep<Connection>] {
    guard case .connecting(var pass) = phase, pass.attempts.removeValue(forKey: attempt) != nil else { return [] }
    let steps = tryNext(&pass)
    phase = .connecting(pass)
    guard pass.attempts.isEmpty else { return steps }
    failures += 1
    lastID += 1
    phase = .backingOff(error, id: lastID)
    return [.backOff(lastID, failures: failures), .resolve]
  }

  package mutating func attemptLingers(_ attempt: UInt64) -> [BalancerStep<Connection>] {
    guard case .connecting(var pass) = phase, pass.newest == attempt else { return [] }
    let steps = tryNext(&pass)
    phase = .connecting(pass)
    return steps
  }

  package mutating func backoffElapsed(_ id: UInt64) -> [BalancerStep<Connection>] {
    if case .backingOff(_, id) = phase { phase = .idle }
    return []
  }

  package mutating func connectionLost(_ id: Connection.ID, at now: Duration) -> [BalancerStep<Connection>] {
    guard case .ready(let connection, _) = phase, connection.id == id else { return [] }
    phase = .idle
    return [.resolve]
  }
}
