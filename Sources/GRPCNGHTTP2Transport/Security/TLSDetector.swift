import NIOCore

/// Looks at the first bytes that a client without TLS is sent: says so where the server speaks TLS.
final class TLSDetector: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let peer: String

  init(peer: String) { self.peer = peer }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data).readableBytesView.prefix(2)
    // A TLS record of type alert, version 3.x; HTTP/2 begins with the length of SETTINGS, less than 2^16.
    guard !bytes.elementsEqual([0x15, 0x03]) else {
      context.fireErrorCaught(ConnectionSecurityError("\(peer) speaks TLS, and this client was not told to"))
      return context.close(promise: nil)
    }
    context.fireChannelRead(data)
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }
}
