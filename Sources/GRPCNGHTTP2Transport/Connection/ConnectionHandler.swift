import GRPCCore
import NIOCore
import WireBytes

/// Joins a channel, an ``HTTP2Session`` and the calls on it. Confined to the channel's event loop.
///
/// What each side does with the peer's headers stands in the extensions `+Client` and `+Server`.
final class ConnectionHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// What differs between the two ends.
  enum Role {
    case client(ClientRole)
    case server(ServerRole)
  }

  /// Bytes that are handed to the channel before it is asked whether it takes more.
  private static let outputBatch = 256 << 10
  /// How long the end of a connection may take to reach the peer.
  private static let writePatience: TimeAmount = .seconds(30)
  /// How long a peer may take to close a connection that this end has closed.
  private static let lingerPatience: TimeAmount = .seconds(1)

  let session: HTTP2Session
  let link: ConnectionLink
  let configuration: ConnectionConfiguration
  let role: Role
  let recorder: PeakRecorder
  var streams: [UInt64: HTTP2Stream] = [:]
  /// Calls that came in this turn, to be handed over together.
  var accepted: [AcceptedCall] = []
  /// Parts that came in this turn for readers who wait for them.
  var deliveries: [InboundQueue.Delivery] = []
  /// Handlers that still run though their stream was cut off: they count as streams.
  var orphans: Set<UInt64> = []
  /// No new calls: closes when the last stream is gone.
  var isDraining = false
  var hasSentLastGoAway = false
  /// The peer's SETTINGS have come.
  var isReady = false
  private(set) var context: ChannelHandlerContext?
  private var isTurning = false
  /// The limit that ends the connection was counted.
  var hasCountedLoss = false
  private(set) var isClosing = false
  var lossReason: RPCError
  /// Why the connection is closed once its calls have ended, as GOAWAY says it.
  var drainReason = ""
  let limits: LimitRecorder
  var keepalive: KeepaliveMachine
  let stretch: KeepaliveStretch
  /// When this end was made, by the clock of the loop: from here its times are counted.
  let epoch: NIODeadline
  var ticker: RepeatedTask?
  /// When the channel could first carry HTTP/2.
  var openedAt: Duration = .zero
  /// The header list that was arriving at the last tick, and since when it has been.
  var slowHeaders: (block: Int, since: Duration)?
  /// A look at the window that is held is coming.
  var watchesHeldWindow = false
  /// Since when the channel takes nothing.
  var unwritableSince: Duration?
  private(set) var pendingPreface: Int
  private var wasActive = false
  private var isClosed = false
  /// Bytes that are still read, and thrown away, so that a last GOAWAY reaches a peer that goes on sending.
  private var lingerBytes = 1 << 20

  init(
    role: Role, link: ConnectionLink, peer: String, configuration: ConnectionConfiguration, recorder: PeakRecorder,
    limits: LimitRecorder = LimitRecorder(), stretch: KeepaliveStretch = KeepaliveStretch()
  ) throws(HTTP2SessionError) {
    let eventLoop = link.eventLoop
    let epoch = eventLoop.now
    self.epoch = epoch
    self.limits = limits
    self.stretch = stretch
    self.role = role
    self.recorder = recorder
    self.link = link
    self.configuration = configuration
    self.lossReason = RPCError(code: .unavailable, message: "the connection to \(peer) was lost")
    switch role {
    case .client:
      self.session = try HTTP2Session(role: .client, configuration: configuration) {
        eventLoop.now.duration(since: epoch)
      }
      self.keepalive = .client(configuration, start: .zero, stretch: stretch.factor)
      self.pendingPreface = 0
    case .server:
      self.session = try HTTP2Session(role: .server, configuration: configuration) {
        eventLoop.now.duration(since: epoch)
      }
      self.keepalive = .server(configuration, start: .zero, jitter: .random(in: 0.9...1.1))
      self.pendingPreface = HTTP1Answer.preface.count
    }
  }

  // MARK: Channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if context.channel.isActive { start() }
  }

  func channelActive(context: ChannelHandlerContext) {
    start()
    context.fireChannelActive()
  }

  private func start() {
    wasActive = true
    link.attach(self)
    startTicking()
    if pendingPreface == 0 { turn() }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let buffer = unwrapInboundIn(data)
    guard !isClosing else { return linger(buffer) }
    keepalive.didReceive()
    guard checkPreface(buffer) else { return refuseProtocol(buffer) }
    // What tasks asked for until now comes first, and they need not wake the loop for it.
    for operation in link.takeOperations(isWake: false) { perform(operation) }
    do throws(HTTP2SessionError) {
      try session.receive(buffer)
    } catch {
      if let limit = error.limit {
        enforce(limit)
      } else {
        lose(RPCError(code: .unavailable, message: "HTTP/2 failed: \(error)"), code: .protocolError)
      }
    }
    react()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    turn()
    watchHeldWindow()
    context.fireChannelReadComplete()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    turn()
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if lossReason.cause == nil {
      lossReason.cause = error
      if let error = error as? ConnectionSecurityError { lossReason.message = "\(error)" }
    }
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    end()
  }

  /// Fails what is left: the channel is gone, or never came to be.
  private func end() {
    guard context != nil else { return }
    context = nil
    isClosing = true
    ticker?.cancel()
    ticker = nil
    // Calls that are aborted here look for another connection: not for this one.
    if case .client(let client) = role, wasActive { client.didStartDraining() }
    let unopened = link.close()
    for case .open(let call, _, _) in unopened {
      call.account?.end(.connectionLost, status: Status.Code(lossReason.code))
      call.abort(lossReason, untaken: .unsent)
    }
    for stream in streams.values {
      guard let call = stream.call else { continue }
      recorder.record(call)
      reportEnd(of: call, stream, .connectionLost, status: Status.Code(lossReason.code))
      if isServer || stream.sentHeaders {
        call.abort(lossReason, discarding: isServer)
      } else {
        call.abort(lossReason, untaken: .unsent)
      }
    }
    streams = [:]
    switch role {
    case .client(let client): if wasActive { client.didClose(lossReason) }
    case .server(let server): server.didClose()
    }
  }

  var isServer: Bool { session.role == .server }

  // MARK: Turns

  /// Performs what tasks asked for.
  func performMailbox() {
    for operation in link.takeOperations(isWake: true) { perform(operation) }
    turn()
  }

  /// Reacts to what the peer did, sends what there is to send, and closes when nothing is left to do.
  func turn() {
    guard !isTurning else { return }
    isTurning = true
    defer { isTurning = false }
    repeat {
      react()
      flush()
    } while session.hasEvents && context != nil
    if isDraining, session.streams.isEmpty, !isServer || hasSentLastGoAway {
      session.terminate(.noError, reason: drainReason)
      isClosing = true
    }
    if isClosing { flush() }
    if isClosing || !session.isAlive { closeAfterWrites() }
  }

  private func flush() {
    guard let context, pendingPreface == 0 || isClosing else { return }
    while context.channel.isWritable {
      let pieces: [ByteBuffer]
      do throws(HTTP2SessionError) {
        pieces = try session.produce(limit: Self.outputBatch)
      } catch {
        lossReason = RPCError(code: .unavailable, message: "HTTP/2 failed: \(error)")
        isClosing = true
        return
      }
      for stream in session.takeProgressed() where stream.sentBytes > 0 {
        stream.call?.gate.release(stream.sentBytes)
        stream.sentBytes = 0
      }
      if pieces.isEmpty { break }
      for piece in pieces { context.write(wrapOutboundOut(piece), promise: nil) }
      context.flush()
    }
  }

  private func closeAfterWrites() {
    guard let context, !isClosed else { return }
    isClosed = true
    isClosing = true
    let channel = context.channel
    let lingers = isServer
    // The last answers may be on their way to a slow peer; one that is cut off gets no more time than this.
    let isOrderly = session.streams.isEmpty && session.sentError == nil
    let patience = isOrderly ? Self.writePatience : Self.lingerPatience
    if session.sentError != nil, !hasCountedLoss { limits.record(.protocolErrors) }
    let limit = Self.close(channel, in: patience)
    context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
      limit.cancel()
      guard lingers else { return channel.close(promise: nil) }
      // What a peer has sent and nobody read would make the system throw away what the peer has not read.
      channel.close(mode: .output).whenFailure { _ in channel.close(promise: nil) }
      _ = Self.close(channel, in: Self.lingerPatience)
    }
  }

  /// Closes a channel after a time; the timer does not hold the connection's memory for as long.
  private static func close(_ channel: any Channel, in time: TimeAmount) -> Scheduled<Void> {
    let limit = channel.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    channel.closeFuture.whenComplete { _ in limit.cancel() }
    return limit
  }

  private func linger(_ buffer: ByteBuffer) {
    lingerBytes -= buffer.readableBytes
    if lingerBytes < 0 { context?.close(promise: nil) }
  }

  /// Ends the connection with GOAWAY; every call on it fails with `reason`.
  func lose(_ reason: RPCError, code: HTTP2ErrorCode, text: String = "") {
    guard !isClosing else { return }
    lossReason = reason
    isClosing = true
    session.terminate(code, reason: text)
  }

  // MARK: Protocol

  /// Whether what came so far may be the start of HTTP/2.
  private func checkPreface(_ buffer: ByteBuffer) -> Bool {
    guard pendingPreface > 0 else { return true }
    let expected = HTTP1Answer.preface.suffix(pendingPreface).prefix(buffer.readableBytes)
    guard buffer.readableBytesView.prefix(expected.count).elementsEqual(expected) else { return false }
    pendingPreface -= expected.count
    return true
  }

  private func refuseProtocol(_ buffer: ByteBuffer) {
    if HTTP1Answer.isRequest(buffer) {
      isClosing = true
      pendingPreface = 0
      context?.write(wrapOutboundOut(ByteBuffer(string: HTTP1Answer.text)), promise: nil)
      closeAfterWrites()
    } else {
      lose(RPCError(code: .unavailable, message: "the peer does not speak HTTP/2"), code: .protocolError)
    }
  }

  private func react() {
    for event in session.takeEvents() {
      if case .flood(let limit) = event {
        enforce(limit)
        break
      }
      react(to: event)
    }
    deliver()
    handOver()
  }

  private func react(to event: HTTP2Session.Event) {
    switch event {
    case .headers(let stream, let headers, let isFirst, let overflow, let endStream):
      switch role {
      case .client:
        receiveResponse(stream, headers, isFirst: isFirst, overflow: overflow, endStream: endStream)
      case .server(let server):
        if isFirst { receiveRequest(stream, headers, overflow: overflow, server: server) }
      }
    case .message(let stream, let message):
      if let call = stream.call, push(.message(message), to: call) { stream.isCongested = true }
    case .refused(let stream, let error):
      refuse(stream, error)
    case .remoteEnd(let stream):
      remoteEnded(stream)
    case .closed(let stream, let code):
      closed(stream, code: code)
    case .settings:
      isReady = true
      if case .client(let client) = role { client.didBecomeReady() }
    case .goAway(let lastStreamID, let code):
      receiveGoAway(lastStreamID: lastStreamID, code: code)
    case .pingAnswer(let mark):
      if mark == Self.drainMark { sendLastGoAway() }
    case .flood: break
    }
  }
}
