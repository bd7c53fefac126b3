package import NIOCore

/// Stands between the handlers that secure a connection and HTTP/2: lets it live only if it is secured in time, and for HTTP/2.
///
/// Nothing of HTTP/2 leaves before that, since the handlers beneath hold writes back until then.
package final class SecurityGate: ChannelInboundHandler {
  package typealias InboundIn = ByteBuffer
  package typealias InboundOut = ByteBuffer

  /// The protocol that must be agreed upon.
  static let applicationProtocol = "h2"

  /// The peer, once the connection is secured.
  package private(set) var securedPeer: SecuredPeer?
  private let peer: String
  private let timeLimit: Duration
  private let didFail: (ConnectionSecurityError) -> Void
  private var timer: Scheduled<Void>?
  private var hasFailed = false

  /// Makes a gate.
  ///
  /// - Parameters:
  ///   - peer: The other end, for errors.
  ///   - timeLimit: Time from the connection's opening until it must be secured.
  ///   - didFail: Called once where the connection could not be secured.
  package init(peer: String, timeLimit: Duration, didFail: @escaping (ConnectionSecurityError) -> Void = { _ in }) {
    self.peer = peer
    self.timeLimit = timeLimit
    self.didFail = didFail
  }

  package func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { startTimer(context) }
  }

  package func handlerRemoved(context: ChannelHandlerContext) {
    timer?.cancel()
  }

  package func channelActive(context: ChannelHandlerContext) {
    startTimer(context)
    context.fireChannelActive()
  }

  private func startTimer(_ context: ChannelHandlerContext) {
    guard timer == nil else { return }
    timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(timeLimit)) { [timeLimit] in
      self.fail("\(self.peer) did not complete the TLS handshake within \(timeLimit)", context)
    }
  }

  package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard let secured = event as? SecuredPeer else { return context.fireUserInboundEventTriggered(event) }
    timer?.cancel()
    guard secured.applicationProtocol == Self.applicationProtocol else {
      let other = secured.applicationProtocol.map { "speaks \($0)" } ?? "named no protocol (ALPN)"
      return fail("\(peer) \(other): it must offer \(Self.applicationProtocol)", context)
    }
    securedPeer = secured
  }

  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if securedPeer != nil { context.fireChannelRead(data) }
  }

  package func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? ConnectionSecurityError else { return context.fireErrorCaught(error) }
    fail("\(peer): \(error)", context)
  }

  package func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    if securedPeer == nil { fail("\(peer) closed the connection during the TLS handshake", context) }
    context.fireChannelInactive()
  }

  private func fail(_ reason: String, _ context: ChannelHandlerContext) {
    guard !hasFailed else { return }
    hasFailed = true
    let error = ConnectionSecurityError(reason)
    didFail(error)
    context.fireErrorCaught(error)
    context.close(promise: nil)
  }
}
