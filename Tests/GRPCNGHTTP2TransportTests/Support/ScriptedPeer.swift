import GRPCNGHTTP2Transport
import NIOCore
import NIOPosix

/// The far end of a connection that does what a test says, well or badly: an ``HTTP2Session`` on a socket.
final class ScriptedPeer: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  /// Reacts to an event; to nil when the connection opens.
  typealias Script = @Sendable (HTTP2Session, HTTP2Session.Event?, any Channel) -> Void

  private let session: HTTP2Session
  private let script: Script

  init(role: HTTP2Session.Role, script: @escaping Script) throws {
    self.session = try HTTP2Session(role: role, configuration: ConnectionConfiguration()) { .zero }
    self.script = script
  }

  func channelActive(context: ChannelHandlerContext) {
    script(session, nil, context.channel)
    flush(context)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    do {
      try session.receive(unwrapInboundIn(data))
    } catch {
      context.close(promise: nil)
    }
    for event in session.takeEvents() { script(session, event, context.channel) }
    flush(context)
  }

  private func flush(_ context: ChannelHandlerContext) {
    for piece in (try? session.produce(limit: 1 << 20)) ?? [] { context.write(wrapOutboundOut(piece), promise: nil) }
    context.flush()
  }

  /// Runs a server on loopback that follows `script` on each connection, for the length of `body`.
  static func serve<R: Sendable>(
    _ script: @escaping Script, _ body: (NetworkAddress) async throws -> R
  ) async throws -> R {
    try await serve { channel in
      try channel.pipeline.syncOperations.addHandler(ScriptedPeer(role: .server, script: script))
    } _: {
      try await body($0)
    }
  }

  /// Runs a server on loopback whose connections get what `setUp` adds.
  static func serve<R: Sendable>(
    setUp: @escaping @Sendable (any Channel) throws -> Void, _ body: (NetworkAddress) async throws -> R
  ) async throws -> R {
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in channel.eventLoop.makeCompletedFuture { try setUp(channel) } }
      .bind(host: "127.0.0.1", port: 0).get()
    let port = listener.localAddress?.port ?? 0
    do {
      let result = try await body(.tcp(host: "127.0.0.1", port: port))
      try await listener.close()
      return result
    } catch {
      try await listener.close()
      throw error
    }
  }

  /// Connects to a server, follows `script`, and returns when the connection is closed.
  static func connect(to address: NetworkAddress, _ script: @escaping Script) async throws {
    guard case .tcp(let host, let port) = address else { return }
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(ScriptedPeer(role: .client, script: script))
        }
      }
      .connect(host: host, port: port).get()
    try await channel.closeFuture.get()
  }
}

/// Sends bytes when the connection opens, and keeps what comes until it closes.
final class BytesPeer: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  private let bytes: [UInt8]
  private var received = ByteBuffer()
  private let done: EventLoopPromise<ByteBuffer>?

  init(_ bytes: [UInt8], done: EventLoopPromise<ByteBuffer>? = nil) {
    self.bytes = bytes
    self.done = done
  }

  func channelActive(context: ChannelHandlerContext) {
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received.writeImmutableBuffer(unwrapInboundIn(data))
  }

  func channelInactive(context: ChannelHandlerContext) {
    done?.succeed(received)
  }

  /// Sends bytes to a server and returns all that it says until it closes the connection.
  static func exchange(_ bytes: [UInt8], with address: NetworkAddress) async throws -> [UInt8] {
    guard case .tcp(let host, let port) = address else { return [] }
    let group = MultiThreadedEventLoopGroup.singleton
    let done = group.next().makePromise(of: ByteBuffer.self)
    _ = try await ClientBootstrap(group: group)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(BytesPeer(bytes, done: done))
        }
      }
      .connect(host: host, port: port).get()
    return Array(try await done.futureResult.get().readableBytesView)
  }
}

/// One frame, as bytes.
func frame(type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
  let length = payload.count
  let head: [UInt8] = [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags]
  return head + (0..<4).map { UInt8(stream >> (24 - 8 * UInt32($0)) & 255) } + payload
}

/// The types and first payloads of the frames in `bytes`; stops at what is not a whole frame.
func frames(in bytes: [UInt8]) -> [(type: UInt8, payload: [UInt8])] {
  var frames: [(UInt8, [UInt8])] = []
  var rest = bytes[...]
  while rest.count >= 9 {
    let head = Array(rest.prefix(9))
    let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
    guard rest.count >= 9 + length else { break }
    frames.append((head[3], Array(rest.dropFirst(9).prefix(length))))
    rest = rest.dropFirst(9 + length)
  }
  return frames
}

/// What begins every connection of a client: the preface and empty SETTINGS.
let clientPreface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(type: 4)
