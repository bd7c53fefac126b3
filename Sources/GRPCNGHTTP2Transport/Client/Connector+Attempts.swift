import GRPCCore
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// How a client opens one connection.
extension Connector {
  /// Connects to an address, and tells the machine how it went.
  func attempt(_ attempt: UInt64, _ address: ServerAddress) {
    let id = state.withLockedValue { $0.newID() }
    connect(to: address, id: id).whenComplete { result in
      switch result {
      case .success(let connection):
        self.perform { $0.attemptSucceeded(attempt, connection, at: $1) }
      case .failure(let error):
        let error = ConnectFailure.describe(error, at: address, within: self.configuration.connectTimeout)
        self.perform { $0.attemptFailed(attempt, error, at: $1) }
      }
    }
  }

  /// Opens a connection; done when the server's SETTINGS have come.
  private func connect(to address: ServerAddress, id: UInt64) -> EventLoopFuture<ReadyConnection> {
    let eventLoop = eventLoopGroup.next()
    let link = ConnectionLink(eventLoop: eventLoop)
    let ready = eventLoop.makePromise(of: Void.self)
    let isOpen = state.withLockedValue { state in
      if !state.isStopped { state.opened[id] = Opened(link: link) }
      return !state.isStopped
    }
    guard isOpen else { return eventLoop.makeFailedFuture(ChannelError.alreadyClosed) }
    let timeout = eventLoop.scheduleTask(in: TimeAmount(configuration.connectTimeout)) {
      ready.fail(ChannelError.connectTimeout(TimeAmount(self.configuration.connectTimeout)))
      link.post(.close(RPCError(code: .unavailable, message: "\(address) sent no SETTINGS in time")))
    }
    let opened = open(address, on: eventLoop) { channel in
      channel.closeOnExec()
      self.keep(channel, id)
      try self.addHandlers(to: channel, address, link, id: id, ready: ready)
    }
    opened.whenFailure { error in
      ready.fail(error)
      self.connectionClosed(id)
    }
    ready.futureResult.whenComplete { _ in timeout.cancel() }
    return opened.and(ready.futureResult).map { channel, _ in
      ReadyConnection(
        id: id, link: link, remotePeer: channel.remoteAddress.peerDescription,
        localPeer: channel.localAddress.peerDescription, authority: address.origin.authority)
    }
  }

  private func open(
    _ address: ServerAddress, on eventLoop: any EventLoop, _ setUp: @escaping @Sendable (any Channel) throws -> Void
  ) -> EventLoopFuture<any Channel> {
    let bootstrap = ClientBootstrap(group: eventLoop)
      .connectTimeout(TimeAmount(configuration.connectTimeout))
      .channelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
      .channelOption(
        .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 16 << 10, maximum: 256 << 10)
      )
      .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try setUp(channel) } }
    return switch address.socket {
    case .tcp(let host, let port):
      bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1).connect(host: host, port: port)
    case .unixSocket(let path): bootstrap.connect(unixDomainSocketPath: path)
    }
  }

  private func addHandlers(
    to channel: any Channel, _ address: ServerAddress, _ link: ConnectionLink, id: UInt64, ready: EventLoopPromise<Void>
  ) throws {
    let role = ClientRole(
      didBecomeReady: {
        self.state.withLockedValue { $0.opened[id]?.isReady = true }
        ready.succeed()
      },
      didStartDraining: { self.connectionLost(id) },
      didClose: { reason in
        ready.fail(reason)
        self.connectionClosed(id)
      })
    let handler = try ConnectionHandler(
      role: .client(role), link: link, peer: "\(address)", configuration: configuration.connection,
      recorder: recorder, stretch: stretch)
    try addSecurity(to: channel, target: address.origin)
    try channel.pipeline.syncOperations.addHandler(handler)
  }

  /// Adds what secures the connection, if anything does.
  private func addSecurity(to channel: any Channel, target: NetworkAddress) throws {
    guard let security = configuration.security else {
      return try channel.pipeline.syncOperations.addHandler(TLSDetector(peer: "\(target)"))
    }
    try security.addHandlers(to: channel.pipeline.syncOperations, serverName: target.serverName)
    try channel.pipeline.syncOperations.addHandler(
      SecurityGate(peer: "\(target)", timeLimit: configuration.handshakeTimeout))
  }

  /// Lets ``stop(abruptly:)`` reach a connection that is not open yet.
  private func keep(_ channel: any Channel, _ id: UInt64) {
    let isStopped = state.withLockedValue { state in
      state.opened[id]?.channel = channel
      return state.isStopped
    }
    if isStopped { channel.close(promise: nil) }
  }

  private func connectionLost(_ id: UInt64) {
    perform { $0.connectionLost(id, at: $1) }
  }

  private func connectionClosed(_ id: UInt64) {
    connectionLost(id)
    state.withLockedValue { $0.opened[id] = nil }
    endIfOver()
  }
}
