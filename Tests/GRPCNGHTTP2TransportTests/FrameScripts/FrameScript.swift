import GRPCCore
import GRPCNGHTTP2Transport
import NIOCore
import NIOEmbedded
import Testing
import WireBytes

/// Frames that a client sends after the preface and SETTINGS, and what the server must do then.
struct FrameScript: Sendable, CustomTestStringConvertible {
  /// What the server does. Several: one of them.
  enum Reaction: Sendable, Hashable, CustomStringConvertible {
    /// The connection goes on, and no stream was reset.
    case nothing
    /// GOAWAY with the code, then the end.
    case goAway(HTTP2ErrorCode)
    /// RST_STREAM; the connection goes on.
    case reset(UInt32, HTTP2ErrorCode)
    /// An answer of gRPC, with its status, or of HTTP.
    case status(UInt32, Int)
    case http(UInt32, Int)
    /// So many bytes of DATA were sent on a stream.
    case sent(UInt32, Int)
    /// The connection is closed without GOAWAY.
    case closed

    var description: String {
      switch self {
      case .nothing: "goes on"
      case .goAway(let code): "GOAWAY \(code.name)"
      case .reset(let id, let code): "RST_STREAM \(id) \(code.name)"
      case .status(let id, let code): "stream \(id) gets grpc-status \(code)"
      case .http(let id, let code): "stream \(id) gets status \(code)"
      case .sent(let id, let count): "stream \(id) gets \(count) bytes"
      case .closed: "closes"
      }
    }
  }

  /// Which section of which RFC, and what is done.
  let name: String
  let frames: Frames
  let expected: [Reaction]
  let hasPreface: Bool

  init(_ name: String, _ frames: Frames, _ expected: Reaction..., preface: Bool = true) {
    self.name = name
    self.frames = frames
    self.expected = expected
    self.hasPreface = preface
  }

  var testDescription: String { name }

  /// Plays the script to a server in memory, in pieces of `cut` bytes, and returns what it did.
  func play(cut: Int, configuration: ConnectionConfiguration = .init()) throws -> Set<Reaction> {
    let table = try MemoryServer(configuration)
    if hasPreface { try table.receive((Frames.magic.bytes + Frames.settings().bytes)[...]) }
    var rest = frames.bytes[...]
    while !rest.isEmpty {
      try table.receive(rest.prefix(cut))
      rest = rest.dropFirst(cut)
    }
    // Who goes on answers a ping.
    try table.receive(Frames.ping(0xEE).bytes[...])
    return try table.reactions()
  }
}

/// A server's end in memory. Its methods: `Hang` never answers, `Reply` answers with 10 bytes at once, and `Gone` leaves.
final class MemoryServer {
  let channel = EmbeddedChannel()
  let limits = LimitRecorder()
  private(set) var output: [UInt8] = []
  private(set) var calls: [InlineServer.Call] = []
  private(set) var connection: InlineServer.Connection?

  init(_ configuration: ConnectionConfiguration = .init()) throws {
    connection = try InlineServer.add(to: channel, configuration: configuration, limits: limits) {
      [unowned self] call in
      calls.append(call)
      switch call.method.method {
      case "Reply":
        call.begin()
        call.send(WireBytes(patterned: 5))
        call.end(.ok, hasBegun: true)
      case "Gone": call.leave()
      default: break
      }
    }
    channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
  }

  /// Whether the server still has the connection.
  var isOpen: Bool { channel.isActive }

  func receive(_ bytes: ArraySlice<UInt8>) throws {
    guard isOpen, !bytes.isEmpty else { return collect() }
    channel.pipeline.fireChannelRead(ByteBuffer(bytes: bytes))
    channel.pipeline.fireChannelReadComplete()
    channel.embeddedEventLoop.run()
    collect()
  }

  func receive(_ frames: Frames) throws { try receive(frames.bytes[...]) }

  /// Lets time pass.
  func advance(by time: Duration) {
    channel.embeddedEventLoop.advanceTime(by: TimeAmount(time))
    collect()
  }

  private func collect() {
    while let piece = try? channel.readOutbound(as: ByteBuffer.self) {
      output += Array(piece.readableBytesView)
    }
  }

  /// Whole frames that the server has sent.
  var sent: [(type: UInt8, flags: UInt8, stream: UInt32, payload: [UInt8])] { wholeFrames(in: output) }

  /// The code and the text of the last GOAWAY.
  var goAway: (code: HTTP2ErrorCode?, text: String)? {
    sent.last { $0.type == 7 }.map { frame in
      (
        HTTP2ErrorCode(rawValue: number(frame.payload.dropFirst(4).prefix(4))),
        String(decoding: frame.payload.dropFirst(8), as: UTF8.self)
      )
    }
  }

  /// What the server has done, as scripts say it.
  func reactions() throws -> Set<FrameScript.Reaction> {
    var reactions: Set<FrameScript.Reaction> = []
    var bytes: [UInt32: Int] = [:]
    for frame in sent {
      switch frame.type {
      case 0: bytes[frame.stream, default: 0] += frame.payload.count
      case 3:
        let code = HTTP2ErrorCode(rawValue: number(frame.payload[...])) ?? .internalError
        // After a whole answer it only asks the client to stop.
        if code != .noError { reactions.insert(.reset(frame.stream, code)) }
      case 7:
        if let code = HTTP2ErrorCode(rawValue: number(frame.payload.dropFirst(4).prefix(4))) {
          reactions.insert(.goAway(code))
        }
      default: break
      }
    }
    for (stream, count) in bytes { reactions.insert(.sent(stream, count)) }
    try reactions.formUnion(answers())
    let answersPing = sent.contains { $0.type == 6 && $0.payload.first == 0xEE }
    let hasGoAway = sent.contains { $0.type == 7 }
    if !hasGoAway { reactions.insert(answersPing && isOpen ? .nothing : .closed) }
    return reactions
  }

  /// The statuses of the answers, as a client reads them.
  private func answers() throws -> Set<FrameScript.Reaction> {
    let client = try HTTP2Session(role: .client, configuration: ConnectionConfiguration()) { .zero }
    for _ in 0..<100 { _ = client.submitRequest([":method": "POST", ":path": "/"], maxMessageBytes: 1 << 20) }
    _ = try client.produce(limit: 1 << 20)
    // The observer has sent nothing of what is answered besides calls.
    let seen = sent.filter { [0, 1, 9].contains($0.type) || ($0.type == 4 && $0.flags == 0) }
    for one in seen {
      try client.receive(ByteBuffer(bytes: frame(type: one.type, flags: one.flags, stream: one.stream, one.payload)))
    }
    var reactions: Set<FrameScript.Reaction> = []
    for case .headers(let stream, let headers, _, _, _) in client.takeEvents() {
      let id = UInt32(stream.id)
      if let status = headers["grpc-status"].flatMap({ Int($0) }) { reactions.insert(.status(id, status)) }
      if let status = headers[":status"].flatMap({ Int($0) }) { reactions.insert(.http(id, status)) }
    }
    return reactions
  }
}

/// The frames in `bytes`, without an incomplete one at the end.
func wholeFrames(in bytes: [UInt8]) -> [(type: UInt8, flags: UInt8, stream: UInt32, payload: [UInt8])] {
  var frames: [(type: UInt8, flags: UInt8, stream: UInt32, payload: [UInt8])] = []
  var rest = bytes[...]
  while rest.count >= 9 {
    let start = rest.startIndex
    let length = Int(number(rest.prefix(3)))
    guard rest.count >= 9 + length else { break }
    let stream = number(rest.dropFirst(5).prefix(4)) & 0x7FFF_FFFF
    frames.append((rest[start + 3], rest[start + 4], stream, Array(rest.dropFirst(9).prefix(length))))
    rest = rest.dropFirst(9 + length)
  }
  return frames
}

/// Bytes in network order as a number.
func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
