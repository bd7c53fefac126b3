import GRPCNGHTTP2Transport
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

@Suite("The gate between TLS and HTTP/2") struct SecurityGateTests {
  private let failures = NIOLockedValueBox<[String]>([])

  private func channel() throws -> EmbeddedChannel {
    let gate = SecurityGate(peer: "peer", timeLimit: .seconds(10)) { [failures] error in
      failures.withLockedValue { $0.append("\(error)") }
    }
    let channel = EmbeddedChannel(handler: gate)
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    return channel
  }

  private func secure(_ channel: EmbeddedChannel, applicationProtocol: String?) {
    channel.pipeline.fireUserInboundEventTriggered(
      SecuredPeer(certificates: [[1]], applicationProtocol: applicationProtocol))
  }

  @Test("closes a connection that is not secured in time")
  func tooLate() throws {
    let channel = try channel()
    channel.embeddedEventLoop.advanceTime(by: .milliseconds(9_999))
    #expect(channel.isActive)
    channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
    #expect(!channel.isActive)
    #expect(failures.withLockedValue { $0 } == ["peer did not complete the TLS handshake within 10.0 seconds"])
  }

  @Test("leaves a secured connection alone, and knows its peer")
  func secured() throws {
    let channel = try channel()
    secure(channel, applicationProtocol: "h2")
    channel.embeddedEventLoop.advanceTime(by: .seconds(60))
    #expect(channel.isActive)
    let gate = try channel.pipeline.syncOperations.handler(type: SecurityGate.self)
    #expect(gate.securedPeer?.certificates == [[1]])
    try channel.writeInbound(ByteBuffer(string: "frames"))
    #expect(try channel.readInbound(as: ByteBuffer.self) == ByteBuffer(string: "frames"))
    _ = try channel.finish()
  }

  @Test("refuses a peer that did not agree on HTTP/2", arguments: [nil, "http/1.1"])
  func otherProtocol(name: String?) throws {
    let channel = try channel()
    secure(channel, applicationProtocol: name)
    #expect(!channel.isActive)
    #expect(failures.withLockedValue { $0.first?.contains("must offer h2") } == true)
  }

  @Test("passes nothing on before the connection is secured")
  func early() throws {
    let channel = try channel()
    try channel.writeInbound(ByteBuffer(string: "frames"))
    #expect(try channel.readInbound(as: ByteBuffer.self) == nil)
    channel.pipeline.fireErrorCaught(ConnectionSecurityError("expired"))
    #expect(!channel.isActive)
    #expect(failures.withLockedValue { $0 } == ["peer: expired"])
  }
}
