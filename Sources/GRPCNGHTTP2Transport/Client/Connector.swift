import GRPCCore
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A connection that calls are made on.
final class ReadyConnection: Sendable, Identifiable {
  let id: UInt64
  let link: ConnectionLink
  let remotePeer: String
  let localPeer: String
  /// What calls name as `:authority` unless they are told another.
  let authority: String

  init(id: UInt64, link: ConnectionLink, remotePeer: String, localPeer: String, authority: String) {
    (self.id, self.link) = (id, link)
    (self.remotePeer, self.localPeer, self.authority) = (remotePeer, localPeer, authority)
  }
}

/// Keeps a client connected: performs what a ``ChannelMachine`` decides.
///
/// How it opens a connection stands in the extension `+Attempts`.
final class Connector: Sendable {
  typealias Waiter = CheckedContinuation<ReadyConnection, any Error>
  typealias Machine = ChannelMachine<ReadyConnection, Waiter>

  /// A connection that is open, or is being opened.
  struct Opened {
    let link: ConnectionLink
    var channel: (any Channel)?
    /// The server's SETTINGS have come.
    var isReady = false
  }

  struct State {
    var machine: Machine
    var opened: [UInt64: Opened] = [:]
    var nextID: UInt64 = 0
    var isStopped = false
    var endWaiters: [CheckedContinuation<Void, Never>] = []

    mutating func newID() -> UInt64 {
      nextID += 1
      return nextID
    }
  }

  let configuration: NGHTTP2ClientTransport.Configuration
  let eventLoopGroup: MultiThreadedEventLoopGroup
  let state: NIOLockedValueBox<State>
  let recorder = PeakRecorder()
  /// Servers that complain of keepalive pings slow them down for all connections.
  let stretch = KeepaliveStretch()
  private let target: ServiceTarget
  private let start = ContinuousClock.now

  init(
    target: ServiceTarget, configuration: NGHTTP2ClientTransport.Configuration,
    eventLoopGroup: MultiThreadedEventLoopGroup
  ) {
    self.target = target
    self.configuration = configuration
    self.eventLoopGroup = eventLoopGroup
    self.state = NIOLockedValueBox(State(machine: Self.machine(for: target, configuration)))
  }

  private static func machine(
    for target: ServiceTarget, _ configuration: NGHTTP2ClientTransport.Configuration
  ) -> Machine {
    let isRoundRobin = configuration.effectiveLoadBalancing == .roundRobin
    let balancer: any Balancer<ReadyConnection> =
      isRoundRobin ? RoundRobin(turn: Int.random(in: 0..<(1 << 20))) : PickFirst()
    if target.hasNames {
      return Machine(balancer, looksAgain: isRoundRobin, interval: configuration.minResolutionInterval)
    }
    var seen: Set<NetworkAddress> = []
    let addresses = target.endpoints.filter { seen.insert($0).inserted }.map { ServerAddress($0) }
    return Machine(balancer, addresses: configuration.shufflesAddresses ? addresses.shuffled() : addresses)
  }

  /// The time since the connector was made.
  private var now: Duration { ContinuousClock.now - start }

  // MARK: Calls

  /// A connection for a call, with a token for it.
  func connection(waitsForReady: Bool) async throws -> (ReadyConnection, UInt64) {
    let (id, ready) = state.withLockedValue { ($0.newID(), $0.machine.pickReady { now }) }
    if let ready {
      if ready.resolves { resolve() }
      return (ready.connection, id)
    }
    let connection = try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { wait(id, $0, waitsForReady: waitsForReady) }
    } onCancel: {
      let waiter = state.withLockedValue { $0.machine.cancel(id) }
      waiter?.resume(throwing: RPCError.cancelledWhileConnecting)
    }
    return (connection, id)
  }

  private func wait(_ id: UInt64, _ waiter: Waiter, waitsForReady: Bool) {
    guard !Task.isCancelled else { return waiter.resume(throwing: RPCError.cancelledWhileConnecting) }
    perform { $0.pick(id, waiter, waitsForReady: waitsForReady, at: $1) }
    // A cancellation that came before the wait was known found nobody.
    if Task.isCancelled {
      state.withLockedValue { $0.machine.cancel(id) }?.resume(throwing: RPCError.cancelledWhileConnecting)
    }
  }

  // MARK: Life

  /// Returns when the connector was stopped and its connections are closed.
  func run() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        let isOver = state.withLockedValue { state in
          if !state.isOver { state.endWaiters.append(waiter) }
          return state.isOver
        }
        if isOver { waiter.resume() }
      }
    } onCancel: {
      stop(abruptly: true)
    }
  }

  /// Takes no new calls; those under way may end, unless it is `abruptly`.
  func stop(abruptly: Bool) {
    let (waiters, opened) = state.withLockedValue { state in
      state.isStopped = true
      return (state.machine.stop(), Array(state.opened.values))
    }
    for waiter in waiters {
      waiter.resume(throwing: RPCError(code: .failedPrecondition, message: "the client is shutting down"))
    }
    let reason = RPCError(code: .unavailable, message: "the client was shut down")
    for connection in opened {
      if connection.isReady {
        connection.link.post(abruptly ? .close(reason) : .drain)
      } else {
        // Nobody waits for it any more.
        connection.channel?.close(promise: nil)
      }
    }
    endIfOver()
  }

  func endIfOver() {
    let waiters = state.withLockedValue { state -> [CheckedContinuation<Void, Never>] in
      guard state.isOver else { return [] }
      defer { state.endWaiters = [] }
      return state.endWaiters
    }
    for waiter in waiters { waiter.resume() }
  }

  // MARK: Effects

  /// Tells the machine an event, and performs what it wants.
  func perform(_ event: (inout Machine, Duration) -> [Machine.Effect]) {
    let now = now
    for effect in state.withLockedValue({ event(&$0.machine, now) }) { perform(effect) }
  }

  private func perform(_ effect: Machine.Effect) {
    switch effect {
    case .serve(let waiter, let connection): waiter.resume(returning: connection)
    case .fail(let waiter, let error): waiter.resume(throwing: error)
    case .resolve: resolve()
    case .resolveLater(let delay): after(delay) { $0.resolutionIsDue(at: $1) }
    case .backOffName(let failures): after(backoff(failures)) { $0.nameBackoffElapsed(at: $1) }
    case .step(.connect(let address, let attempt)): self.attempt(attempt, address)
    case .step(.hurry(let attempt)):
      after(configuration.nextAddressDelay) { $0.attemptLingers(attempt, at: $1) }
    case .step(.backOff(let id, let failures)): after(backoff(failures)) { $0.backoffElapsed(id, at: $1) }
    case .step(.drain(let connection)): connection.link.post(.drain)
    case .step(.resolve): break
    }
  }

  private func backoff(_ failures: Int) -> Duration {
    var generator = SystemRandomNumberGenerator()
    return configuration.backoff.delay(afterFailures: failures, using: &generator)
  }

  private func after(
    _ delay: Duration, _ event: @escaping @Sendable (inout Machine, Duration) -> [Machine.Effect]
  ) {
    eventLoopGroup.next().scheduleTask(in: TimeAmount(delay)) { self.perform(event) }
  }

  /// Looks the names up on a thread that may wait.
  private func resolve() {
    let (target, resolver) = (target, configuration.resolver)
    let shuffles = configuration.shufflesAddresses
    NIOThreadPool.singleton.submit { state in
      guard state == .active else { return }
      let addresses = target.resolve(with: resolver).map { shuffles ? $0.shuffled() : $0 }
      self.perform { $0.resolved(addresses, at: $1) }
    }
  }
}

extension Connector.State {
  var isOver: Bool { isStopped && opened.isEmpty }
}

extension RPCError {
  fileprivate static var cancelledWhileConnecting: RPCError {
    RPCError(code: .cancelled, message: "the call was cancelled while it waited for a connection")
  }
}
