package import GRPCCore

/// Decides for a client when to look its servers up and to connect, which calls wait, and which fail. Has no I/O.
///
/// `Connection` is what calls are made on, `Waiter` whoever wants one. Times are since any fixed moment.
package struct ChannelMachine<Connection: Identifiable & Sendable, Waiter: Sendable>: Sendable {
  /// What is to be done.
  package enum Effect: Sendable {
    /// Look the addresses up, and report with ``resolved(_:at:)``.
    case resolve
    /// Call ``resolutionIsDue(at:)`` then.
    case resolveLater(Duration)
    /// What the balancer wants; never `resolve`.
    case step(BalancerStep<Connection>)
    /// Call ``nameBackoffElapsed(at:)`` after the pause that follows so many failures.
    case backOffName(failures: Int)
    /// The waiter has its connection.
    case serve(Waiter, Connection)
    /// The waiter waits in vain.
    case fail(Waiter, RPCError)
  }

  private var balancer: any Balancer<Connection>
  private var waiters: [UInt64: (waiter: Waiter, waitsForReady: Bool)] = [:]
  private var isStopped = false

  // Names.
  private let hasNames: Bool
  private let looksAgain: Bool
  private let interval: Duration
  private var knowsAddresses: Bool
  private var resolvedAt: Duration?
  private var isResolving = false
  private var isScheduled = false
  /// The addresses may be old: they are looked up before the next attempt.
  private var isDoubtful = false
  private var nameFailure: RPCError?
  private var nameFailures = 0

  /// Makes a machine of addresses that never change.
  package init(_ balancer: any Balancer<Connection>, addresses: [ServerAddress]) {
    self.init(balancer, hasNames: false, looksAgain: false, interval: .zero)
    _ = self.balancer.update(addresses)
    knowsAddresses = true
  }

  /// Makes a machine whose addresses are looked up.
  ///
  /// - Parameters:
  ///   - looksAgain: Whether calls cause another look when the last is `interval` ago, though connections are ready.
  ///   - interval: The least time between two looks while any connection is ready.
  package init(_ balancer: any Balancer<Connection>, looksAgain: Bool, interval: Duration) {
    self.init(balancer, hasNames: true, looksAgain: looksAgain, interval: interval)
  }

  private init(_ balancer: any Balancer<Connection>, hasNames: Bool, looksAgain: Bool, interval: Duration) {
    self.balancer = balancer
    self.hasNames = hasNames
    self.looksAgain = looksAgain
    self.interval = max(interval, .milliseconds(1))
    self.knowsAddresses = false
  }

  // MARK: Calls

  /// A connection that is ready, if any; and whether the addresses should be looked up again meanwhile.
  package mutating func pickReady(at now: () -> Duration) -> (connection: Connection, resolves: Bool)? {
    guard !isStopped, balancer.isReady, case .use(let connection) = balancer.pick() else { return nil }
    guard looksAgain, !isResolving, !isFresh(at: now(), for: interval) else { return (connection, false) }
    isResolving = true
    return (connection, true)
  }

  /// A call wants a connection. `id` names its wait.
  package mutating func pick(_ id: UInt64, _ waiter: Waiter, waitsForReady: Bool, at now: Duration) -> [Effect] {
    guard !isStopped else {
      return [.fail(waiter, RPCError(code: .failedPrecondition, message: "the client is shutting down"))]
    }
    waiters[id] = (waiter, waitsForReady)
    return settle([], at: now)
  }

  /// A call gives up waiting; returns its waiter if it still waits.
  package mutating func cancel(_ id: UInt64) -> Waiter? {
    waiters.removeValue(forKey: id)?.waiter
  }

  /// Ends; returns who waits in vain.
  package mutating func stop() -> [Waiter] {
    isStopped = true
    return takeWaiters { _ in true }
  }

  // MARK: Names

  /// The addresses were looked up.
  package mutating func resolved(_ result: Result<[ServerAddress], RPCError>, at now: Duration) -> [Effect] {
    isResolving = false
    guard !isStopped else { return [] }
    resolvedAt = now
    isDoubtful = false
    switch result {
    case .success(let addresses):
      knowsAddresses = true
      nameFailures = 0
      return settle(balancer.update(addresses), at: now)
    case .failure where knowsAddresses:
      return settle([], at: now)
    case .failure(let error):
      nameFailure = error
      nameFailures += 1
      return [.backOffName(failures: nameFailures)] + settle([], at: now)
    }
  }

  /// The time of another look has come.
  package mutating func resolutionIsDue(at now: Duration) -> [Effect] {
    isScheduled = false
    guard !isStopped, !isResolving, !isFresh(at: now, for: interval) else { return [] }
    isResolving = true
    return [.resolve]
  }

  /// The pause after a name that was not found is over.
  package mutating func nameBackoffElapsed(at now: Duration) -> [Effect] {
    nameFailure = nil
    return isStopped ? [] : settle([], at: now)
  }

  private func isFresh(at now: Duration, for time: Duration) -> Bool {
    resolvedAt.map { now - $0 < time } ?? false
  }

  /// The balancer believes that the addresses have changed.
  private mutating func requestResolution(at now: Duration) -> [Effect] {
    guard hasNames, !isResolving else { return [] }
    // A client that connects only for a call also looks up only for a call.
    guard looksAgain else {
      isDoubtful = true
      return []
    }
    let pause = balancer.isReady ? interval : min(interval, .seconds(1))
    if !isFresh(at: now, for: pause) {
      isResolving = true
      return [.resolve]
    }
    guard !isScheduled, let resolvedAt else { return [] }
    isScheduled = true
    return [.resolveLater(resolvedAt + interval - now)]
  }

  // MARK: Connections

  /// An attempt led to a connection.
  package mutating func attemptSucceeded(_ attempt: UInt64, _ connection: Connection, at now: Duration) -> [Effect] {
    guard !isStopped else { return [.step(.drain(connection))] }
    return settle(balancer.attemptSucceeded(attempt, connection, at: now), at: now)
  }

  /// An attempt failed.
  package mutating func attemptFailed(_ attempt: UInt64, _ error: RPCError, at now: Duration) -> [Effect] {
    isStopped ? [] : settle(balancer.attemptFailed(attempt, error), at: now)
  }

  /// An attempt takes long.
  package mutating func attemptLingers(_ attempt: UInt64, at now: Duration) -> [Effect] {
    isStopped ? [] : settle(balancer.attemptLingers(attempt), at: now)
  }

  /// A pause is over.
  package mutating func backoffElapsed(_ id: UInt64, at now: Duration) -> [Effect] {
    isStopped ? [] : settle(balancer.backoffElapsed(id), at: now)
  }

  /// A connection takes no more calls.
  package mutating func connectionLost(_ id: Connection.ID, at now: Duration) -> [Effect] {
    isStopped ? [] : settle(balancer.connectionLost(id, at: now), at: now)
  }

  // MARK: Inside

  /// Translates steps, then serves, fails or helps those who wait.
  private mutating func settle(_ steps: [BalancerStep<Connection>], at now: Duration) -> [Effect] {
    var effects: [Effect] = []
    for step in steps {
      if case .resolve = step { effects += requestResolution(at: now) } else { effects.append(.step(step)) }
    }
    guard !waiters.isEmpty else { return effects }
    if let nameFailure { return effects + takeWaiters { !$0 }.map { .fail($0, nameFailure) } }
    switch balancer.pick() {
    case .wait: break
    case .fail(let error): effects += takeWaiters { !$0 }.map { .fail($0, error) }
    case .idle: effects += start(at: now)
    case .use(let first):
      var connection = first
      for (index, waiter) in takeWaiters(where: { _ in true }).enumerated() {
        if index > 0, case .use(let next) = balancer.pick() { connection = next }
        effects.append(.serve(waiter, connection))
      }
    }
    return effects
  }

  private mutating func start(at now: Duration) -> [Effect] {
    guard !isResolving else { return [] }
    if hasNames, !knowsAddresses || isDoubtful || !isFresh(at: now, for: interval) {
      isResolving = true
      return [.resolve]
    }
    return balancer.connect().map { .step($0) }
  }

  private mutating func takeWaiters(where isTaken: (_ waitsForReady: Bool) -> Bool) -> [Waiter] {
    let taken = waiters.filter { isTaken($0.value.waitsForReady) }
    for id in taken.keys { waiters[id] = nil }
    return taken.sorted { $0.key < $1.key }.map(\.value.waiter)
  }
}
