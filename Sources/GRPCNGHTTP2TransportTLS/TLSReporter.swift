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
    if let reason = objectionToPeer() { return context.fireErrorCaught(ConnectionSecurityError(reason)) }
    let secured = SecuredPeer(certificates: peerCertificate.map { [$0] } ?? [], applicationProtocol: name)
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
    // Who the peer is says more than which name it does not bear.
    let isNamedOtherwise = (error as? NIOSSLExtraError) == .failedToValidateHostname
    context.fireErrorCaught(ConnectionSecurityError(isNamedOtherwise ? objectionToPeer() ?? reason : reason))
  }

  private var peerCertificate: [UInt8]? { try? handler.peerCertificate?.toDERBytes() }

  private func objectionToPeer() -> String? { peerCertificate.flatMap { objection?($0) } }
}
