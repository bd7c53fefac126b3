package import GRPCCore

/// Uses all addresses that answer, in turn. Keeps a connection to each, with a pause of its own after each failure.
package struct RoundRobin<Connection: Identifiable & Sendable>: Balancer {
  private enum Phase: Sendable {
    /// Before the first call. Becomes connecting.
    case idle
    /// Becomes ready or backing off.
    case connecting(attempt: UInt64)
    /// Becomes connecting when the connection is lost, or backing off when that comes soon.
    case ready(Connection, since: Duration)
    /// Becomes connecting after a pause.
    case backingOff(id: UInt64)
  }

  private struct Subchannel: Sendable {
    let address: ServerAddress
    var phase = Phase.idle
    var failures = 0
    var lastError: RPCError?
  }

  /// A connection that lasted less than this did not work: the next waits.
  private let shortest: Duration
  private var subchannels: [Subchannel] = []
  private var ready: [Connection] = []
  private var turn: Int
  private var isActive = false
  private var lastID: UInt64 = 0

  /// Makes a balancer without addresses.
  ///
  /// - Parameters:
  ///   - turn: Which of the ready connections comes first, modulo their number: random, so that clients differ.
  ///   - shortest: A connection that lasted less than this is followed by a pause.
  package init(turn: Int = 0, shortest: Duration = .seconds(1)) {
    self.turn = turn
    self.shortest = shortest
  }

  package var isReady: Bool { !ready.isEmpty }

  package mutating func pick() -> BalancerPick<Connection> {
    guard ready.isEmpty else {
      turn = (turn &+ 1) % ready.count
      return .use(ready[turn])
    }
    guard isActive, !subchannels.isEmpty else { return .idle }
    // Addresses that failed stay failed until they answer.
    guard subchannels.allSatisfy({ $0.failures > 0 }), let error = newestError else { return .wait }
    return .fail(error)
  }

  private var newestError: RPCError? {
    let errors = subchannels.compactMap(\.lastError)
    guard let error = errors.last, errors.count > 1 else { return errors.last }
    return RPCError(
      code: error.code, message: "none of \(errors.count) addresses answers; \(error.message)", cause: error.cause)
  }

  package mutating func connect() -> [BalancerStep<Connection>] {
    isActive = true
    return connectIdle()
  }

  private mutating func connectIdle() -> [BalancerStep<Connection>] {
    guard isActive else { return [] }
    var steps: [BalancerStep<Connection>] = []
    for index in subchannels.indices {
      if case .idle = subchannels[index].phase { steps.append(connect(index)) }
    }
    return steps
  }

  private mutating func connect(_ index: Int) -> BalancerStep<Connection> {
    lastID += 1
    subchannels[index].phase = .connecting(attempt: lastID)
    return .connect(subchannels[index].address, attempt: lastID)
  }

  private mutating func backOff(_ index: Int) -> BalancerStep<Connection> {
    lastID += 1
    subchannels[index].failures += 1
    subchannels[index].phase = .backingOff(id: lastID)
    return .backOff(lastID, failures: subchannels[index].failures)
  }

  package mutating func update(_ addresses: [ServerAddress]) -> [BalancerStep<Connection>] {
    var steps: [BalancerStep<Connection>] = []
    for subchannel in subchannels where !addresses.contains(subchannel.address) {
      if case .ready(let connection, _) = subchannel.phase { steps.append(.drain(connection)) }
    }
    let known = subchannels
    subchannels = addresses.map { address in
      known.first { $0.address == address } ?? Subchannel(address: address)
    }
    findReady()
    return steps + connectIdle()
  }

  private mutating func findReady() {
    ready = subchannels.compactMap { if case .ready(let connection, _) = $0.phase { connection } else { nil } }
  }

  package mutating func attemptSucceeded(
    _ attempt: UInt64, _ connection: Connection, at now: Duration
  ) -> [BalancerStep<Connection>] {
    guard let index = index(connecting: attempt) else { return [.drain(connection)] }
    subchannels[index].phase = .ready(connection, since: now)
    subchannels[index].failures = 0
    subchannels[index].lastError = nil
    findReady()
    return []
  }

  package mutating func attemptFailed(_ attempt: UInt64, _ error: RPCError) -> [BalancerStep<Connection>] {
    guard let index = index(connecting: attempt) else { return [] }
    subchannels[index].lastError = error
    return [backOff(index), .resolve]
  }

  private func index(connecting attempt: UInt64) -> Int? {
    subchannels.firstIndex { if case .connecting(attempt) = $0.phase { true } else { false } }
  }

  package mutating func attemptLingers(_ attempt: UInt64) -> [BalancerStep<Connection>] { [] }

  package mutating func backoffElapsed(_ id: UInt64) -> [BalancerStep<Connection>] {
    let index = subchannels.firstIndex { if case .backingOff(id) = $0.phase { true } else { false } }
    return index.map { [connect($0)] } ?? []
  }

  package mutating func connectionLost(_ id: Connection.ID, at now: Duration) -> [BalancerStep<Connection>] {
    for index in subchannels.indices {
      guard case .ready(let connection, let since) = subchannels[index].phase, connection.id == id else { continue }
      subchannels[index].lastError = RPCError(
        code: .unavailable, message: "\(subchannels[index].address) closed the connection")
      let step = now - since < shortest ? backOff(index) : connect(index)
      findReady()
      return [step, .resolve]
    }
    return []
  }
}
