import GRPCCore
import GRPCNGHTTP2Transport
import NIOCore
import NIOEmbedded
import WireBytes

/// Small limits, so that a short input can reach them.
private let configuration = {
  var configuration = ConnectionConfiguration()
  configuration.maxConcurrentStreams = 8
  configuration.maxReceiveMessageBytes = 16 << 10
  configuration.streamWindowBytes = 64 << 10
  configuration.inboundHighWaterBytes = 4 << 10
  configuration.outboundHighWaterBytes = 4 << 10
  configuration.maxHeaderListBytes = 2 << 10
  configuration.maxHeaderFields = 16
  configuration.maxResetsPerWindow = 8
  configuration.maxControlFramesPerWindow = 16
  configuration.maxUselessFrames = 16
  return configuration
}()

/// What the first byte of an input says of the rest.
private struct Plan {
  let pieceSize: Int
  /// Begins with the preface and empty SETTINGS, so that the input need not.
  let isGreeted: Bool
  /// An hour passes at the end, and all timers fire.
  let waits: Bool
  let manner: UInt8

  init(_ byte: UInt8) {
    pieceSize = [1 << 16, 1, 7, 100][Int(byte & 3)]
    isGreeted = byte & 4 == 0
    waits = byte & 8 != 0
    manner = byte >> 4
  }
}

/// Feeds a channel that has its handlers.
private func feed(_ channel: EmbeddedChannel, _ bytes: ArraySlice<UInt8>, _ plan: Plan, greeting: [UInt8]) throws {
  let address = try SocketAddress(unixDomainSocketPath: "/memory")
  channel.connect(to: address, promise: nil)
  channel.embeddedEventLoop.run()
  if plan.isGreeted { try channel.writeInbound(ByteBuffer(bytes: greeting)) }
  for piece in bytes.cut(into: plan.pieceSize) where channel.isActive {
    try channel.writeInbound(ByteBuffer(bytes: piece))
    channel.embeddedEventLoop.run()
    while try channel.readOutbound(as: ByteBuffer.self) != nil {}
  }
  if plan.waits { channel.embeddedEventLoop.advanceTime(by: .hours(1)) }
}

private let emptySettings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]

func fuzzServer(_ bytes: ArraySlice<UInt8>) {
  var bytes = bytes
  guard let first = bytes.popFirst() else { return }
  let plan = Plan(first)
  let channel = EmbeddedChannel()
  _ = try? InlineServer.add(to: channel, configuration: configuration, limits: LimitRecorder()) { call in
    switch plan.manner & 3 {
    case 0:
      call.begin()
      call.send(WireBytes(repeating: 7, count: Int(plan.manner) << 8))
      call.end(.ok, hasBegun: true)
    case 1: call.end(.unimplemented, hasBegun: false)
    case 2:
      call.begin()
      call.send(WireBytes([1]))
    default: call.leave()
    }
  }
  let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
  try? feed(channel, bytes, plan, greeting: preface + emptySettings)
  _ = try? channel.finish(acceptAlreadyClosed: true)
}

func fuzzClient(_ bytes: ArraySlice<UInt8>) {
  var bytes = bytes
  guard let first = bytes.popFirst() else { return }
  let plan = Plan(first)
  let channel = EmbeddedChannel()
  let added = try? InlineClient.add(
    to: channel, configuration: configuration, stretch: KeepaliveStretch(), didClose: { _ in })
  guard let client = added else { return }
  for index in 0..<UInt64(plan.manner % 4 + 1) {
    let method = MethodDescriptor(
      fullyQualifiedService: "fuzz.Fuzz", method: "Call", type: index % 2 == 0 ? .unary : .bidirectionalStreaming)
    try? client.open(method, token: index)
    client.finish(WireBytes(repeating: 1, count: 100), token: index)
  }
  if plan.manner & 4 != 0 { client.cancel(token: 0) }
  try? feed(channel, bytes, plan, greeting: emptySettings)
  _ = try? channel.finish(acceptAlreadyClosed: true)
}
