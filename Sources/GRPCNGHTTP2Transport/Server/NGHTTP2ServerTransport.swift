public import GRPCCore
import NIOConcurrencyHelpers
import NIOCore
public import NIOPosix
public import WireBytes

/// A server transport of grpc-swift-2 over HTTP/2, on libnghttp2 and SwiftNIO.
///
///     let transport = NGHTTP2ServerTransport(address: .tcp(host: "127.0.0.1", port: 0))
///     let server = GRPCServer(transport: transport, services: [service])
///     async let serving: Void = server.serve()
///     print("listening on \(try await transport.listeningAddress)")
public final class NGHTTP2ServerTransport: ServerTransport {
  /// Messages lie in memory as they are sent.
  public typealias Bytes = WireBytes

  /// What the server allows, and how it ends.
  public struct Configuration: Sendable {
    /// Limits of each connection.
    public var connection = ConnectionConfiguration()
    /// How long calls may go on after ``NGHTTP2ServerTransport/beginGracefulShutdown()``; nil: until they end.
    public var shutdownGracePeriod: Duration? = .seconds(30)
    /// What answers are compressed with where the client reads it and the handler does not choose: gzip, or nothing.
    public var compression = CompressionAlgorithm.none
    /// Connections that may be open at once; one more is closed as soon as it opens.
    public var maxConnections = 256
    /// Connections from one IP address that may be open at once. Unix sockets have no address: they all count as others.
    public var maxConnectionsPerPeer = 32
    /// Permissions of a Unix socket's file: who may write it may connect. The user that runs the server alone, unless set.
    public var socketFilePermissions: UInt32 = 0o600
    /// What secures connections beneath HTTP/2; nil: nothing does.
    public var security: (any ServerConnectionSecurity)?
    /// Time from a connection's opening until it must be secured.
    public var handshakeTimeout: Duration = .seconds(10)
    /// Learns of connections that could not be secured: who the peer was, and why. Called on event loops.
    public var didRefuseConnection: (@Sendable (_ remotePeer: String, _ reason: ConnectionSecurityError) -> Void)?

    /// Runs handlers on the event loop of their connection: no call waits for a thread, which saves up to 40 % of a small
    /// call's processor time. Only for handlers that neither compute nor block: they hold up all calls of the loop.
    public var runsHandlersOnEventLoop = false
    /// Is told of each call when it has ended; nil: nothing is counted.
    public var observer: (any CallObserver)?

    /// Makes a configuration of the defaults.
    public init() {}
  }

  private struct State {
    /// What is served, by the path of a request.
    var methods: [String: MethodDescriptor] = [:]
    var listener: (any Channel)?
    var socketFile: UnixSocketFile?
    var links: [ObjectIdentifier: ConnectionLink] = [:]
    var connectionsPerPeer: [String: Int] = [:]
    var isStarted = false
    var isStopping = false
    var address: Result<NetworkAddress, TransportError>?
    var addressWaiters: [CheckedContinuation<NetworkAddress, any Error>] = []

    /// Counts a connection in; returns why not.
    mutating func take(_ link: ConnectionLink, from peer: String?, within limits: Configuration) -> Refusal? {
      if isStopping { return Refusal(limit: nil) }
      if links.count >= limits.maxConnections { return Refusal(limit: .connections) }
      if let peer {
        if connectionsPerPeer[peer, default: 0] >= limits.maxConnectionsPerPeer {
          return Refusal(limit: .connectionsPerPeer)
        }
        connectionsPerPeer[peer, default: 0] += 1
      }
      links[ObjectIdentifier(link)] = link
      return nil
    }

    /// Counts a connection out.
    mutating func drop(_ id: ObjectIdentifier, from peer: String?) {
      guard links.removeValue(forKey: id) != nil, let peer, let count = connectionsPerPeer[peer] else { return }
      connectionsPerPeer[peer] = count > 1 ? count - 1 : nil
    }
  }

  /// Why a connection is not taken: a limit, or none when the server stops.
  private struct Refusal {
    let limit: TransportLimit?
  }

  /// Connections that wait to be accepted.
  private static let backlog: Int32 = 256

  private let address: NetworkAddress
  private let configuration: Configuration
  private let eventLoopGroup: MultiThreadedEventLoopGroup
  private let state = NIOLockedValueBox(State())
  private let recorder = PeakRecorder()
  private let limits = LimitRecorder()
  private let calls: AsyncStream<[AcceptedCall]>
  private let callsContinuation: AsyncStream<[AcceptedCall]>.Continuation

  /// Makes a transport that will listen on `address`.
  public init(
    address: NetworkAddress, configuration: Configuration = Configuration(),
    eventLoopGroup: MultiThreadedEventLoopGroup = .singleton
  ) {
    self.address = address
    self.configuration = configuration
    self.eventLoopGroup = eventLoopGroup
    (self.calls, self.callsContinuation) = AsyncStream.makeStream()
  }

  /// Where the server listens, with the port that the system chose; waits until it does.
  ///
  /// - Throws: ``TransportError`` when it cannot, or ends before.
  public var listeningAddress: NetworkAddress {
    get async throws {
      try await withCheckedThrowingContinuation { waiter in
        let known = state.withLockedValue { state in
          if state.address == nil { state.addressWaiters.append(waiter) }
          return state.address
        }
        if let known { waiter.resume(with: known.mapError { $0 as any Error }) }
      }
    }
  }

  /// Learns which methods answer with one message.
  public func configure(context: GRPCServerContext) {
    state.withLockedValue { state in
      for method in context.methods { state.methods["/" + method.fullyQualifiedMethod] = method }
    }
  }

  /// Listens, and runs `streamHandler` for each call until ``beginGracefulShutdown()`` or cancellation.
  ///
  /// - Throws: ``TransportError`` when it cannot listen.
  public func listen(
    streamHandler: @escaping @Sendable @concurrent (RPCStream<Inbound, Outbound>, ServerContext) async -> Void
  ) async throws {
    let listener = try await bind()
    await withTaskCancellationHandler {
      await withDiscardingTaskGroup { group in
        for await batch in calls {
          for accepted in batch {
            group.addTask(executorPreference: executor(of: accepted.call)) { await self.run(accepted, streamHandler) }
          }
        }
      }
    } onCancel: {
      stop(grace: .zero)
    }
    // The port is free when this returns.
    try? await listener.closeFuture.get()
  }

  /// Takes no new calls; those under way may end within the grace period.
  public func beginGracefulShutdown() {
    stop(grace: configuration.shutdownGracePeriod)
  }

  /// How often peers have passed each limit.
  public var limitCounts: LimitCounts { limits.counts }

  /// The most that any finished stream held in memory.
  package var peaks: PeakRecorder.Peaks { recorder.peaks }

  // MARK: Calls

  private func executor(of call: StreamCall) -> EventLoopTaskExecutor? {
    configuration.runsHandlersOnEventLoop ? EventLoopTaskExecutor(call.link.eventLoop) : nil
  }

  private func run(
    _ accepted: AcceptedCall,
    _ streamHandler: @Sendable @concurrent (RPCStream<Inbound, Outbound>, ServerContext) async -> Void
  ) async {
    let call = accepted.call
    let writer = ServerWriter(
      call: call, maxMessageBytes: configuration.connection.maxSendMessageBytes,
      compressesByDefault: configuration.compression == .gzip)
    await withServerContextRPCCancellationHandle { handle in
      call.attach(handle)
      let stream = RPCStream(
        descriptor: call.descriptor, inbound: RPCAsyncSequence(wrapping: RequestParts(call: call)),
        outbound: RPCWriter.Closable(wrapping: writer))
      var context = ServerContext(
        descriptor: call.descriptor, remotePeer: accepted.remotePeer, localPeer: accepted.localPeer,
        cancellation: handle)
      context.transportSpecific = accepted.securedPeer
      await streamHandler(stream, context)
    }
    // After a status there is nothing to do that could not wait until the loop is woken for something else.
    call.link.post(.handlerFinished(call.token), wakes: !writer.isOver)
  }

  // MARK: Life

  private func bind() async throws -> any Channel {
    let isFirst = state.withLockedValue { state in
      defer { state.isStarted = true }
      return !state.isStarted
    }
    guard isFirst else { throw TransportError.alreadyStarted }
    do {
      let listener = try await openListener()
      let bound = boundAddress(of: listener)
      let isStopping = state.withLockedValue { state in
        state.listener = listener
        return state.isStopping
      }
      if isStopping { close(listener) }
      settleAddress(isStopping ? .failure(.stopped) : .success(bound))
      return listener
    } catch {
      let error = TransportError.describe(error, at: address)
      settleAddress(.failure(error))
      throw error
    }
  }

  private func openListener() async throws -> any Channel {
    let bootstrap = ServerBootstrap(group: eventLoopGroup)
      .serverChannelOption(.backlog, value: Self.backlog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { channel in channel.eventLoop.makeCompletedFuture { channel.closeOnExec() } }
      // One read a turn: a connection that always has more to read does not keep others of its loop waiting.
      .childChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
      .childChannelOption(
        .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 16 << 10, maximum: 256 << 10)
      )
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try self.configureConnection(channel) }
      }
    switch address {
    case .tcp(let host, let port):
      return try await bootstrap.childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .bind(host: host, port: port).get()
    case .unixSocket(let path):
      let (file, descriptor) = try UnixSocketFile.listen(
        at: path, permissions: configuration.socketFilePermissions, backlog: Self.backlog)
      state.withLockedValue { $0.socketFile = file }
      do { return try await bootstrap.withBoundSocket(descriptor).get() } catch {
        file.remove()
        throw error
      }
    }
  }

  private func configureConnection(_ channel: any Channel) throws {
    channel.closeOnExec()
    let link = ConnectionLink(
      eventLoop: channel.eventLoop, maxUnsentBytes: configuration.connection.maxUnsentBytes)
    let id = ObjectIdentifier(link)
    let peer = channel.remoteAddress?.ipAddress
    let refusal = state.withLockedValue { state in state.take(link, from: peer, within: configuration) }
    if let refusal {
      if let limit = refusal.limit { limits.record(limit) }
      throw TransportError.stopped
    }
    do { try addHandlers(to: channel, link, from: peer) } catch {
      connectionClosed(id, from: peer)
      throw error
    }
  }

  private func addHandlers(to channel: any Channel, _ link: ConnectionLink, from peer: String?) throws {
    let id = ObjectIdentifier(link)
    let methods = state.withLockedValue { $0.methods }
    let continuation = callsContinuation
    let gate = try addSecurity(to: channel)
    let role = ServerRole(
      remotePeer: channel.remoteAddress.peerDescription, localPeer: channel.localAddress.peerDescription,
      securedPeer: { gate?.securedPeer },
      accept: { continuation.yield($0) }, methods: methods,
      runsHandlersHere: configuration.runsHandlersOnEventLoop, observer: configuration.observer,
      didClose: { self.connectionClosed(id, from: peer) })
    let handler = try ConnectionHandler(
      role: .server(role), link: link, peer: role.remotePeer, configuration: configuration.connection,
      recorder: recorder, limits: limits)
    try channel.pipeline.syncOperations.addHandler(handler)
  }

  /// Adds what secures the connection, if anything does.
  private func addSecurity(to channel: any Channel) throws -> SecurityGate? {
    guard let security = configuration.security else { return nil }
    let peer = channel.remoteAddress.peerDescription
    let didRefuse = configuration.didRefuseConnection
    let gate = SecurityGate(peer: peer, timeLimit: configuration.handshakeTimeout) { didRefuse?(peer, $0) }
    do { try security.addHandlers(to: channel.pipeline.syncOperations) } catch {
      if let error = error as? ConnectionSecurityError { didRefuse?(peer, error) }
      throw error
    }
    try channel.pipeline.syncOperations.addHandler(gate)
    return gate
  }

  private func connectionClosed(_ id: ObjectIdentifier, from peer: String?) {
    let isDone = state.withLockedValue { state in
      state.drop(id, from: peer)
      return state.isStopping && state.links.isEmpty
    }
    if isDone { callsContinuation.finish() }
  }

  private func stop(grace: Duration?) {
    let (listener, links, isDone) = state.withLockedValue { state in
      state.isStopping = true
      defer { state.listener = nil }
      return (state.listener, Array(state.links.values), state.links.isEmpty)
    }
    if let listener { close(listener) }
    settleAddress(.failure(.stopped))
    if isDone { callsContinuation.finish() }
    for link in links {
      if grace == .zero { link.post(.close(.serverStopped)) } else { link.post(.drain) }
    }
    guard let grace, grace > .zero, !links.isEmpty else { return }
    eventLoopGroup.next().scheduleTask(in: TimeAmount(grace)) {
      for link in links { link.post(.close(.serverStopped)) }
    }
  }

  /// Listens no more. A socket's file goes first: as long as the socket is there, no other file can pass for it.
  private func close(_ listener: any Channel) {
    state.withLockedValue { state in
      defer { state.socketFile = nil }
      return state.socketFile
    }?.remove()
    listener.close(promise: nil)
  }

  private func settleAddress(_ result: Result<NetworkAddress, TransportError>) {
    let waiters = state.withLockedValue { state -> [CheckedContinuation<NetworkAddress, any Error>] in
      guard state.address == nil else { return [] }
      state.address = result
      defer { state.addressWaiters = [] }
      return state.addressWaiters
    }
    for waiter in waiters { waiter.resume(with: result.mapError { $0 as any Error }) }
  }

  private func boundAddress(of listener: any Channel) -> NetworkAddress {
    guard case .tcp(let host, _) = address, let port = listener.localAddress?.port else { return address }
    return .tcp(host: host, port: port)
  }
}

extension RPCError {
  static var serverStopped: RPCError { RPCError(code: .unavailable, message: "the server was stopped") }
}
