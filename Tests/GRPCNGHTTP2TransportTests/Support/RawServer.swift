import GRPCNGHTTP2Transport
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A server that answers the frames of a client with bytes that a test wrote down. It knows no HTTP/2 but where frames end.
///
/// It sends SETTINGS when the connection opens, and acknowledges those of the client, unless the script says otherwise.
final class RawServer: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// When something happens. Each is noticed once per connection.
  enum Moment: Hashable, Sendable {
    /// The connection opens.
    case open
    /// The client's SETTINGS have come.
    case settings
    /// Headers of the first stream have come.
    case headers
    /// The first DATA has come.
    case data
    /// The client ends the first stream.
    case end
  }

  /// What is done then.
  enum Deed: Sendable {
    case send([UInt8])
    /// After a moment, so that it arrives by itself.
    case sendLater([UInt8])
    case closeWrites
    case close
    /// After a moment.
    case closeLater
    /// Closes with a TCP reset.
    case cut
  }

  typealias Script = [Moment: [Deed]]

  private let script: Script
  private let greets: Bool
  private var received: [UInt8] = []
  private var noticed: Set<Moment> = []
  private var preface = clientPreface.count - 9

  init(_ script: Script, greets: Bool) {
    self.script = script
    self.greets = greets
  }

  func channelActive(context: ChannelHandlerContext) {
    if greets { send(frame(type: 4), context) }
    notice(.open, context)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received += unwrapInboundIn(data).readableBytesView
    let skipped = min(preface, received.count)
    received.removeFirst(skipped)
    preface -= skipped
    while let head = nextFrame() {
      switch (head.type, head.flags) {
      case (4, 0):
        if greets { send(frame(type: 4, flags: 1), context) }
        notice(.settings, context)
      case (1, _): notice(.headers, context)
      case (0, _): notice(.data, context)
      default: break
      }
      if head.type < 2, head.flags & 1 != 0 { notice(.end, context) }
    }
  }

  private func nextFrame() -> (type: UInt8, flags: UInt8)? {
    guard received.count >= 9 else { return nil }
    let length = Int(received[0]) << 16 | Int(received[1]) << 8 | Int(received[2])
    guard received.count >= 9 + length else { return nil }
    defer { received.removeFirst(9 + length) }
    return (received[3], received[4])
  }

  private func notice(_ moment: Moment, _ context: ChannelHandlerContext) {
    guard noticed.insert(moment).inserted else { return }
    for deed in script[moment] ?? [] { perform(deed, context) }
  }

  private func perform(_ deed: Deed, _ context: ChannelHandlerContext) {
    switch deed {
    case .send(let bytes): send(bytes, context)
    case .sendLater(let bytes):
      let channel = context.channel
      channel.eventLoop.scheduleTask(in: .milliseconds(30)) {
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
      }
    case .closeWrites: context.close(mode: .output, promise: nil)
    case .close: context.close(promise: nil)
    case .closeLater:
      let channel = context.channel
      channel.eventLoop.scheduleTask(in: .milliseconds(30)) { channel.close(promise: nil) }
    case .cut:
      let channel = context.channel
      let lingers = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
      lingers?.whenComplete { _ in channel.close(promise: nil) }
    }
  }

  private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
  }

  /// Runs servers on one port for the length of `body`: each connection gets the next script, and the last serves all others.
  static func serve<R: Sendable>(
    _ scripts: [Script], greets: Bool = true, _ body: (NetworkAddress) async throws -> R
  ) async throws -> R {
    let count = NIOLockedValueBox(0)
    return try await ScriptedPeer.serve { channel in
      let index = count.withLockedValue { count in
        defer { count += 1 }
        return min(count, scripts.count - 1)
      }
      try channel.pipeline.syncOperations.addHandler(RawServer(scripts[index], greets: greets))
    } _: {
      try await body($0)
    }
  }
}

/// Header fields as HPACK writes those that it does not index, in HEADERS that may end the stream.
func headers(_ fields: (String, String)..., stream: UInt32 = 1, flags: UInt8 = 4) -> [UInt8] {
  frame(type: 1, flags: flags, stream: stream, hpack(fields))
}

/// Header fields as HPACK writes those that it does not index.
func hpack(_ fields: [(String, String)]) -> [UInt8] {
  func text(_ text: String) -> [UInt8] {
    var rest = text.utf8.count
    guard rest >= 127 else { return [UInt8(rest)] + text.utf8 }
    var bytes: [UInt8] = [127]
    rest -= 127
    while rest >= 128 {
      bytes.append(UInt8(rest & 127 | 128))
      rest >>= 7
    }
    return bytes + [UInt8(rest)] + text.utf8
  }
  return fields.flatMap { [0] + text($0.0) + text($0.1) }
}
