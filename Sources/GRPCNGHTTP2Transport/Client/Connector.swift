import GRPCCore
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A connection that calls are made on.
struct ReadyConnection: Sendable, Identifiable {
  let id: UInt64
  let target: NetworkAddress
  let link: ConnectionLink
  let remotePeer: String
  let localPeer: String
}

/// Keeps a client connected: performs what a ``ConnectivityMachine`` decides.
final class Connector: Sendable {
  typealias Waiter = CheckedContinuation<ReadyConnection, any Error>

  fileprivate struct State {
    var machine = ConnectivityMachine<ReadyConnection, Waiter>()
    /// Connections that are open or being opened.
    var links: [UInt64: ConnectionLink] = [:]
    var nextID: UInt64 = 0
    var isStopped = false
    var isAttempting = false
    var endWaiters: [CheckedContinuation<Void, Never>] = []

    mutating func newID() -> UInt64 {
      nextID += 1
      return nextID
    }
  }

  private let targets: [NetworkAddress]
  private let configuration: NGHTTP2ClientTransport.Configuration
  private let eventLoopGroup: MultiThreadedEventLoopGroup
  private let state = NIOLockedValueBox(State())
  let recorder = PeakRecorder()
  /// Servers that complain of keepalive pings slow them down for all connections.
  private let stretch = KeepaliveStretch()

  init(
    targets: [NetworkAddress], configuration: NGHTTP2ClientTransport.Configuration,
    eventLoopGroup: MultiThreadedEventLoopGroup
  ) {
    self.targets = targets
    self.configuration = configuration
    self.eventLoopGroup = eventLoopGroup
  }

  // MARK: Calls

  /// A connection for a call, with a token for it.
  func connection(waitsForReady: Bool) async throws -> (ReadyConnection, UInt64) {
    let id = state.withLockedValue { $0.newID() }
    let connection = try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { pick(id, $0, waitsForReady: waitsForReady) }
    } onCancel: {
      let waiter = state.withLockedValue { $0.machine.cancel(id) }
      waiter?.resume(throwing: RPCError.cancelledWhileConnecting)
    }
    return (connection, id)
  }

  private func pick(_ id: UInt64, _ waiter: Waiter, waitsForReady: Bool) {
    let isCancelled = Task.isCancelled
    let action = state.withLockedValue { state -> ConnectivityMachine<ReadyConnection, Waiter>.Pick in
      if isCancelled { return .fail(.cancelledWhileConnecting) }
      return state.machine.pick(id, waiter, waitsForReady: waitsForReady)
    }
    switch action {
    case .use(let connection): waiter.resume(returning: connection)
    case .fail(let error): waiter.resume(throwing: error)
    case .wait(let startsAttempt): if startsAttempt { attempt(targets[...]) }
    }
  }

  // MARK: Life

  /// Returns when the connector was stopped and its connections are closed.
  func run() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        let isOver = state.withLockedValue { state in
          let isOver = state.isOver
          if !isOver { state.endWaiters.append(waiter) }
          return isOver
        }
        if isOver { waiter.resume() }
      }
    } onCancel: {
      stop(abruptly: true)
    }
  }

  func stop(abruptly: Bool) {
    let (waiters, links) = state.withLockedValue { state in
      state.isStopped = true
      return (state.machine.stop(), Array(state.links.values))
    }
    for waiter in waiters {
      waiter.resume(throwing: RPCError(code: .failedPrecondition, message: "the client is shutting down"))
    }
    let reason = RPCError(code: .unavailable, message: "the client was shut down")
    for link in links { link.post(abruptly ? .close(reason) : .drain) }
    endIfOver()
  }

  private func endIfOver() {
    let waiters = state.withLockedValue { state -> [CheckedContinuation<Void, Never>] in
      guard state.isOver else { return [] }
      defer { state.endWaiters = [] }
      return state.endWaiters
    }
    for waiter in waiters { waiter.resume() }
  }

  // MARK: Attempts

  /// Tries the first of `targets`, then the others.
  private func attempt(_ targets: ArraySlice<NetworkAddress>) {
    guard let target = targets.first else { return }
    let id = state.withLockedValue { state in
      state.isAttempting = true
      return state.newID()
    }
    connect(to: target, id: id).whenComplete { result in
      switch result {
      case .success(let connection):
        let waiters = self.state.withLockedValue { state in
          state.isAttempting = false
          return state.machine.attemptSucceeded(connection)
        }
        guard let waiters else {
          connection.link.post(.drain)
          return self.endIfOver()
        }
        for waiter in waiters { waiter.resume(returning: connection) }
      case .failure(let error):
        if targets.count > 1, !self.state.withLockedValue({ $0.isStopped }) {
          self.attempt(targets.dropFirst())
        } else {
          self.attemptFailed(ConnectFailure.describe(error, at: target, within: self.configuration.connectTimeout))
        }
      }
    }
  }

  private func attemptFailed(_ error: RPCError) {
    let outcome = state.withLockedValue { state in
      state.isAttempting = false
      return state.machine.attemptFailed(error)
    }
    guard let outcome else { return endIfOver() }
    for waiter in outcome.failed { waiter.resume(throwing: error) }
    var generator = SystemRandomNumberGenerator()
    let delay = configuration.backoff.delay(afterFailures: outcome.failures, using: &generator)
    eventLoopGroup.next().scheduleTask(in: TimeAmount(delay)) {
      if self.state.withLockedValue({ $0.machine.backoffElapsed() }) { self.attempt(self.targets[...]) }
    }
  }

  /// Opens a connection; done when the server's SETTINGS have come.
  private func connect(to target: NetworkAddress, id: UInt64) -> EventLoopFuture<ReadyConnection> {
    let eventLoop = eventLoopGroup.next()
    let link = ConnectionLink(eventLoop: eventLoop)
    let ready = eventLoop.makePromise(of: Void.self)
    let isOpen = state.withLockedValue { state in
      if !state.isStopped { state.links[id] = link }
      return !state.isStopped
    }
    guard isOpen else { return eventLoop.makeFailedFuture(ChannelError.alreadyClosed) }
    let bootstrap = ClientBootstrap(group: eventLoop)
      .connectTimeout(TimeAmount(configuration.connectTimeout))
      .channelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
      .channelOption(
        .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 16 << 10, maximum: 256 << 10)
      )
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let role = ClientRole(
            didBecomeReady: { ready.succeed() },
            didStartDraining: { self.connectionLost(id) },
            didClose: { reason in
              ready.fail(reason)
              self.connectionClosed(id)
            })
          let handler = try ConnectionHandler(
            role: .client(role), link: link, peer: "\(target)", configuration: self.configuration.connection,
            recorder: self.recorder, stretch: self.stretch)
          try self.addSecurity(to: channel, target: target)
          try channel.pipeline.syncOperations.addHandler(handler)
        }
      }
    let timeout = eventLoop.scheduleTask(in: TimeAmount(configuration.connectTimeout)) {
      ready.fail(ChannelError.connectTimeout(TimeAmount(self.configuration.connectTimeout)))
      link.post(.close(RPCError(code: .unavailable, message: "\(target) sent no SETTINGS in time")))
    }
    let opened =
      switch target {
      case .tcp(let host, let port):
        bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1).connect(host: host, port: port)
      case .unixSocket(let path): bootstrap.connect(unixDomainSocketPath: path)
      }
    opened.whenFailure { error in
      ready.fail(error)
      self.connectionClosed(id)
    }
    ready.futureResult.whenComplete { _ in timeout.cancel() }
    return opened.and(ready.futureResult).map { channel, _ in
      ReadyConnection(
        id: id, target: target, link: link, remotePeer: channel.remoteAddress.peerDescription,
        localPeer: channel.localAddress.peerDescription)
    }
  }

  /// Adds what secures the connection, if anything does.
  private func addSecurity(to channel: any Channel, target: NetworkAddress) throws {
    guard let security = configuration.security else { return }
    try security.addHandlers(to: channel.pipeline.syncOperations, serverName: target.serverName)
    try channel.pipeline.syncOperations.addHandler(
      SecurityGate(peer: "\(target)", timeLimit: configuration.handshakeTimeout))
  }

  private func connectionLost(_ id: UInt64) {
    if state.withLockedValue({ $0.machine.connectionLost(id) }) { attempt(targets[...]) }
  }

  private func connectionClosed(_ id: UInt64) {
    connectionLost(id)
    state.withLockedValue { $0.links[id] = nil }
    endIfOver()
  }
}

extension Connector.State {
  var isOver: Bool { isStopped && links.isEmpty && !isAttempting }
}

extension RPCError {
  fileprivate static var cancelledWhileConnecting: RPCError {
    RPCError(code: .cancelled, message: "the call was cancelled while it waited for a connection")
  }
}
