import GRPCCore
import GRPCNGHTTP2Transport
import NIOCore
import NIOEmbedded
import Testing
import WireBytes

/// Keeps what is written until it is told that the peer takes it.
private final class SlowSocket: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer
  var isStuck = false
  private var held: [(data: NIOAny, promise: EventLoopPromise<Void>?)] = []
  private var context: ChannelHandlerContext?

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if isStuck { held.append((data, promise)) } else { context.write(data, promise: promise) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    for one in held { one.promise?.fail(ChannelError.ioOnClosedChannel) }
  }

  func release() {
    isStuck = false
    for one in held { context?.write(one.data, promise: one.promise) }
    held = []
    context?.flush()
  }
}

@Suite("The end of a server's connection")
struct DrainTests {
  private static let greeting: Frames = [.magic, .settings(), .settingsAnswer]

  @Test("calls that a client opens before it has read the notice are answered, for five seconds")
  func waitsForClient() throws {
    let server = try MemoryServer()
    try server.receive([Self.greeting, .headers(1, .call("Reply"))])
    server.connection?.drain()
    server.advance(by: .milliseconds(4900))
    try server.receive(.headers(3, .call("Reply")))
    #expect(try server.reactions().isSuperset(of: [.status(1, 0), .status(3, 0)]))
    #expect(server.isOpen)
    server.advance(by: .milliseconds(200))
    try server.receive(.headers(5, .call("Reply")))
    #expect(try !server.reactions().contains(.status(5, 0)))
    #expect(!server.isOpen)
  }

  @Test("a client that has read the notice is left as soon as its last call has ended")
  func leaves() throws {
    let server = try MemoryServer()
    try server.receive([Self.greeting, .headers(1, .call("Hang"))])
    server.connection?.drain()
    server.advance(by: .zero)
    try server.receive(.ping(0xD5, answers: true))
    #expect(server.isOpen)
    try #require(server.calls.first).end(.ok, hasBegun: false)
    server.advance(by: .zero)
    #expect(server.sent.filter { $0.type == 7 }.map { number($0.payload.prefix(4)) }.first == 0x7FFF_FFFF)
    #expect(server.sent.last { $0.type == 7 }.map { number($0.payload.prefix(4)) } == 1)
    #expect(!server.isOpen)
  }

  @Test(
    "the last answer reaches a client that is slow to read it, and one that reads nothing is cut off",
    arguments: [true, false])
  func slowReader(reads: Bool) throws {
    let server = try MemoryServer()
    let socket = SlowSocket()
    try server.channel.pipeline.syncOperations.addHandler(socket, position: .first)
    try server.receive([Self.greeting, .headers(1, .call("Hang"))])
    socket.isStuck = true
    let call = try #require(server.calls.first)
    call.begin()
    call.send(WireBytes(patterned: 10_000))
    call.end(.ok, hasBegun: true)
    server.connection?.drain()
    server.advance(by: .zero)
    try server.receive(.ping(0xD5, answers: true))
    server.advance(by: .seconds(20))
    #expect(server.isOpen)
    if reads { socket.release() } else { server.advance(by: .seconds(10)) }
    server.advance(by: .zero)
    #expect(try server.reactions().contains(.status(1, 0)) == reads)
    #expect(!server.isOpen)
  }

  @Test("a server that must end now does not wait for slow readers")
  func closesNow() throws {
    let server = try MemoryServer()
    let socket = SlowSocket()
    try server.channel.pipeline.syncOperations.addHandler(socket, position: .first)
    try server.receive([Self.greeting])
    socket.isStuck = true
    server.connection?.drain()
    server.advance(by: .seconds(6))
    #expect(server.isOpen)
    server.connection?.close()
    server.advance(by: .zero)
    #expect(!server.isOpen)
  }
}
