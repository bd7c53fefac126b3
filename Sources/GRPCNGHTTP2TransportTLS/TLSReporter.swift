import GRPCNGHTTP2Transport
import NIOCore
import NIOSSL
import NIOTLS

/// Follows the TLS handler of a connection: tells of its success, and says in words why it failed.
final class TLSReporter: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let handler: NIOSSLHandler
  private let failure: TLSFailure
  private let objection: (@Sendable (_ certificate: [UInt8]) -> String?)?
  private var isOver = false

  /// - Parameters:
  ///   - expectedName: Who the server must prove to be; nil: this is the server.
  ///   - objection: Looks at a certificate that was verified.
  init(
    handler: NIOSSLHandler, files: TLSFileNames, expectedName: String?,
    objection: (@Sendable (_ certificate: [UInt8]) -> String?)? = nil
  ) {
    self.handler = handler
    self.objection = objection
    self.failure = TLSFailure(files: files, expectedName: expectedName)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case .handshakeCompleted(let name) = event as? TLSUserEvent else {
      return context.fireUserInboundEventTriggered(event)
    }
    let certificate = try? handler.peerCertificate?.toDERBytes()
    if let certificate, let reason = objection?(certificate) {
      return context.fireErrorCaught(ConnectionSecurityError(reason))
    }
    let secured = SecuredPeer(certificates: certificate.map { [$0] } ?? [], applicationProtocol: name)
    context.fireUserInboundEventTriggered(secured)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // What the peer sends says that it has accepted this end, its certificate included.
    isOver = true
    context.fireChannelRead(data)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard !isOver, let reason = failure.reason(for: error, peerCertificate: handler.peerCertificate) else {
      return context.fireErrorCaught(error)
    }
    context.fireErrorCaught(ConnectionSecurityError(reason))
  }
}
