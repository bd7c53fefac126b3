import GRPCCore
import NIOConcurrencyHelpers
import NIOCore

/// What a connection looks at now and then: silence, age, and peers that keep it waiting.
extension ConnectionHandler {
  /// The longest time between two looks.
  private static let longestTick: Duration = .seconds(5)

  func startTicking() {
    guard ticker == nil else { return }
    openedAt = now
    let link = link
    let tick = TimeAmount(tickInterval)
    ticker = link.eventLoop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { _ in link.tick() }
  }

  /// A quarter of the shortest time that this end keeps, so that each is kept within a quarter.
  private var tickInterval: Duration {
    let kept: [Duration?]
    switch role {
    case .client:
      let keepalive = configuration.clientKeepalive
      kept = [keepalive.interval, keepalive.interval.map { _ in keepalive.timeout }]
    case .server:
      let keepalive = configuration.serverKeepalive
      kept =
        [
          configuration.handshakeTimeout, configuration.headersTimeout, configuration.streamStallTimeout,
          configuration.maxIdle, configuration.maxAge, configuration.maxAgeGrace, configuration.maxCallDuration,
          keepalive.interval, keepalive.interval.map { _ in keepalive.timeout },
        ] + configuration.callTimeLimits.values.map { min($0.unnamed, $0.longest) }
    }
    return max(min((kept.compactMap { $0 }.min() ?? Self.longestTick) / 4, Self.longestTick), .milliseconds(1))
  }

  /// The time by which limits are kept.
  var now: Duration { link.eventLoop.now.duration(since: epoch) }

  func tick() {
    guard context != nil, !isClosing else { return }
    let now = now
    if isServer { watchPeer(at: now) }
    if !isClosing { keepAlive(at: now) }
    turn()
  }

  /// Looks soon whether readers have caught up, while the connection's window is held.
  func watchHeldWindow() {
    guard session.inbound.isHeld, !watchesHeldWindow else { return }
    watchesHeldWindow = true
    let link = link
    link.eventLoop.scheduleTask(in: .milliseconds(10)) { link.checkHeldWindow() }
  }

  func checkHeldWindow() {
    watchesHeldWindow = false
    guard context != nil, !isClosing else { return }
    session.checkInbound()
    turn()
    watchHeldWindow()
  }

  private func keepAlive(at now: Duration) {
    switch keepalive.tick(at: now, calls: session.streams.count, callsBegun: session.headerBlocksBegun) {
    case nil: break
    case .ping: session.submitPing(Self.keepaliveMark)
    case .drain(let reason):
      drainReason = reason.rawValue
      drain()
    case .close(.keepaliveTimeout):
      // The peer reads nothing: no GOAWAY would reach it.
      limits.record(.keepaliveTimeout)
      hasCountedLoss = true
      lossReason = RPCError(code: .unavailable, message: "the peer did not answer a keepalive ping in time")
      context?.close(promise: nil)
    case .close(let limit):
      limits.record(limit)
      hasCountedLoss = true
      let reason = RPCError(code: .unavailable, message: "the connection has reached its greatest age")
      lose(reason, code: .noError, text: KeepaliveMachine.Reason.age.rawValue)
    }
  }

  // MARK: Slow peers

  private func watchPeer(at now: Duration) {
    if !isReady, now - openedAt >= configuration.handshakeTimeout {
      // Who has not even said that it speaks HTTP/2 would not understand GOAWAY.
      guard pendingPreface == 0 else {
        limits.record(.handshakeTime)
        context?.close(promise: nil)
        return
      }
      return enforce(.handshakeTime)
    }
    if watchHeaders(at: now) || watchOutput(at: now) { return }
    for stream in Array(session.streams.values) { watch(stream, at: now) }
  }

  /// Ends a connection whose peer takes too long over a header list.
  private func watchHeaders(at now: Duration) -> Bool {
    guard session.openHeaderBlock != nil else {
      slowHeaders = nil
      return false
    }
    if let slow = slowHeaders, slow.block == session.headerBlocksBegun {
      guard now - slow.since >= configuration.headersTimeout else { return false }
      enforce(.headersTime)
      return true
    }
    slowHeaders = (session.headerBlocksBegun, now)
    return false
  }

  /// Ends a connection whose peer reads nothing of what waits for it.
  private func watchOutput(at now: Duration) -> Bool {
    guard let timeout = configuration.streamStallTimeout, context?.channel.isWritable == false else {
      unwritableSince = nil
      return false
    }
    guard let since = unwritableSince else {
      unwritableSince = now
      return false
    }
    guard now - since >= timeout else { return false }
    limits.record(.streamStall)
    hasCountedLoss = true
    lossReason = RPCError(code: .unavailable, message: "the peer did not read for \(timeout)")
    context?.close(promise: nil)
    return true
  }

  private func watch(_ stream: HTTP2Stream, at now: Duration) {
    if let timeout = configuration.streamStallTimeout,
      stream.isStalled(at: now, timeout: timeout, isHeld: session.inbound.isHeld)
    {
      limits.record(.streamStall)
      stream.call?.account?.failed(.refused)
      return session.reset(stream, .cancel)
    }
    guard let callTime = stream.callTime, let call = stream.call, stream.ending == nil else { return }
    guard let openedAt = stream.openedAt else {
      stream.openedAt = now
      return
    }
    guard now - openedAt >= callTime.limit else { return }
    limits.record(.callDuration)
    let status = Status(code: .deadlineExceeded, message: callTime.reason)
    call.abort(RPCError(code: .deadlineExceeded, message: status.message), discarding: true)
    stream.dropOutbound()
    stream.discardsData = true
    answer(stream, trailers: ResponseHead.trailers(status, [:], areAll: !stream.submittedHeaders))
  }

  // MARK: Limits

  /// Ends the connection, since its peer has passed a limit.
  func enforce(_ limit: TransportLimit) {
    limits.record(limit)
    hasCountedLoss = true
    let reason = RPCError(code: .unavailable, message: "the peer has passed a limit: \(limit.rawValue)")
    lose(reason, code: .enhanceYourCalm, text: limit.rawValue)
  }
}

/// By how much the keepalive pings of a client have slowed down, since its server complained of them.
package final class KeepaliveStretch: Sendable {
  private static let most = 1 << 10
  private let state = NIOLockedValueBox(1)

  package init() {}

  /// What the interval of new connections is multiplied with.
  package var factor: Int { state.withLockedValue { $0 } }

  /// Doubles it: the server has called the pings too many.
  package func double() {
    state.withLockedValue { $0 = min($0 * 2, Self.most) }
  }
}

extension NIODeadline {
  /// The time from `start` to this.
  func duration(since start: NIODeadline) -> Duration {
    .nanoseconds((self - start).nanoseconds)
  }
}
