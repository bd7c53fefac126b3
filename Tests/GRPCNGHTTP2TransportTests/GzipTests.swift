import GRPCCore
import GRPCNGHTTP2Transport
import NIOConcurrencyHelpers
import NIOCore
import Testing
import WireBytes

@Suite("gzip of one message")
struct GzipTests {
  private static func compressed(_ message: WireBytes) throws -> WireBytes {
    WireBytes(framed: try #require(Gzip.deflate(message)))
  }

  /// What comes compressed, with the prefix of a message of that many bytes.
  private static func framed(_ bytes: [UInt8]) -> WireBytes {
    var buffer = ByteBuffer(integer: 1 as UInt8)
    buffer.writeInteger(UInt32(bytes.count))
    buffer.writeBytes(bytes)
    return WireBytes(framed: buffer)
  }

  @Test("what is deflated inflates to the same", arguments: [300, 4096, 4097, 70_000, 1 << 20])
  func roundTrips(size: Int) throws {
    let message = WireBytes(patterned: size)
    let small = try Self.compressed(message)
    #expect(small.isCompressed)
    #expect(small.count < size)
    let large = try Gzip.inflate(small, limit: size)
    #expect(large == message)
    #expect(large.wasCompressed)
    #expect(!large.isCompressed)
  }

  @Test("what gains nothing is not deflated", arguments: [0, 1, 2, 20])
  func noGain(size: Int) {
    #expect(Gzip.deflate(WireBytes(patterned: size)) == nil)
  }

  @Test("a message at the limit passes, one more byte does not", arguments: [1000, 5000, 1 << 20])
  func limit(size: Int) throws {
    let small = try Self.compressed(WireBytes(repeating: 0, count: size))
    #expect(try Gzip.inflate(small, limit: size).count == size)
    #expect(throws: Gzip.Failure.oversize(limit: size - 1)) { try Gzip.inflate(small, limit: size - 1) }
  }

  @Test("a bomb is not inflated beyond the limit, whatever size it announces", arguments: [nil, 0, 100, 0xFFFF_FFFF])
  func bomb(announced: UInt32?) throws {
    var bytes = try Self.compressed(WireBytes(repeating: 0, count: 32 << 20)).array
    if let announced {
      for index in 0..<4 {
        bytes[bytes.count - 4 + index] = UInt8(truncatingIfNeeded: announced >> (8 * UInt32(index)))
      }
    }
    let bomb = Self.framed(bytes)
    let clock = ContinuousClock()
    let stopped = clock.measure {
      #expect(throws: Gzip.Failure.oversize(limit: 1 << 20)) { try Gzip.inflate(bomb, limit: 1 << 20) }
    }
    let whole = clock.measure { _ = try? Gzip.inflate(bomb, limit: 64 << 20) }
    #expect(stopped < whole / 2)
  }

  @Test("what is not one whole gzip member is refused")
  func malformed() throws {
    let good = try Self.compressed(WireBytes(patterned: 5000)).array
    var badChecksum = good
    badChecksum[good.count - 5] ^= 1
    let bad = [
      [], [7], Array(good.dropLast()), Array(good.prefix(good.count / 2)), good + [0], good + good, badChecksum,
    ]
    for bytes in bad {
      #expect(throws: Gzip.Failure.malformed) { try Gzip.inflate(Self.framed(bytes), limit: 1 << 20) }
    }
  }
}

@Suite("gzip in calls", .timeLimit(.minutes(1)))
struct CompressedCallTests {
  private static var gzipOptions: CallOptions {
    var options = CallOptions.defaults
    options.compression = .gzip
    return options
  }

  private func first(_ metadata: Metadata, _ key: String) -> String? {
    Array(metadata[stringValues: key]).first
  }

  @Test("a call compresses its request when its options say so, and the answer only when the handler does")
  func perCall() async throws {
    try await Loopback.run { loopback in
      let message = WireBytes(patterned: 300_000)
      for (options, asks) in [
        (CallOptions.defaults, false), (Self.gzipOptions, false), (.defaults, true), (Self.gzipOptions, true),
      ] {
        let metadata: Metadata = asks ? ["gzip": "on"] : [:]
        let response = try await loopback.unary(message, metadata: metadata, options: options)
        let reply = try response.message
        #expect(reply == message)
        #expect(first(response.metadata, "came-compressed") == "\(options.compression == .gzip)")
        #expect(reply.wasCompressed == asks)
      }
    }
  }

  @Test("configurations of both sides are the default, which options and handlers override")
  func configured() async throws {
    var server = Loopback.ServerConfiguration()
    server.compression = .gzip
    var client = Loopback.ClientConfiguration()
    client.compression = .gzip
    try await Loopback.run(server: server, client: client) { loopback in
      let message = WireBytes(patterned: 10_000)
      let both = try await loopback.unary(message)
      #expect(first(both.metadata, "came-compressed") == "true")
      #expect(try both.message.wasCompressed)
      var options = CallOptions.defaults
      options.compression = CompressionAlgorithm.none
      let neither = try await loopback.unary(message, metadata: ["gzip": "off"], options: options)
      #expect(first(neither.metadata, "came-compressed") == "false")
      #expect(try !neither.message.wasCompressed)
    }
  }

  @Test("messages of one stream may be compressed or not, both ways")
  func perMessage() async throws {
    try await Loopback.run { loopback in
      let flags = [true, false, false, true, true, false]
      let seen = try await loopback.client.bidirectionalStreaming(
        request: StreamingClientRequest(metadata: ["gzip": "on"]) { writer in
          for flag in flags {
            if flag {
              try await writer.write(WireBytes(patterned: 2000))
            } else {
              try await MessageCompression.skip { try await writer.write(WireBytes(patterned: 2000)) }
            }
          }
        }, descriptor: EchoService.chat, serializer: RawCoding(), deserializer: RawCoding(), options: Self.gzipOptions
      ) { response in
        var seen: [Bool] = []
        for try await message in response.messages {
          #expect(message == WireBytes(patterned: 2000))
          seen.append(message.wasCompressed)
        }
        return seen
      }
      #expect(seen == flags)
    }
  }

  @Test("a bomb in a request is RESOURCE_EXHAUSTED, and the connection lives on")
  func requestBomb() async throws {
    var server = Loopback.ServerConfiguration()
    server.connection.maxReceiveMessageBytes = 1 << 20
    try await Loopback.run(server: server) { loopback in
      let response = try await loopback.unary(WireBytes(repeating: 0, count: 16 << 20), options: Self.gzipOptions)
      let error = #expect(throws: RPCError.self) { try response.message }
      #expect(error?.code == .resourceExhausted)
      #expect(error?.message == "an inflated message exceeds the limit of 1048576 bytes")
      #expect(try await loopback.unary(WireBytes([1])).message == WireBytes([1]))
    }
  }

  @Test("a bomb in an answer is RESOURCE_EXHAUSTED, by the limit of the call")
  func responseBomb() async throws {
    try await Loopback.run { loopback in
      var options = CallOptions.defaults
      options.maxResponseMessageBytes = 1 << 20
      let response = try await loopback.unary(
        WireBytes(repeating: 0, count: 16 << 20), metadata: ["gzip": "on"], options: options)
      let error = #expect(throws: RPCError.self) { try response.message }
      #expect(error?.code == .resourceExhausted)
      #expect(try await loopback.unary(WireBytes([1])).message == WireBytes([1]))
    }
  }

  /// What the server answers to a request with these headers, and this DATA.
  private func answer(_ extra: HeaderFields, _ data: [UInt8]) async throws -> (headers: HeaderFields, data: [UInt8]) {
    let seen = NIOLockedValueBox<(headers: HeaderFields, data: [UInt8])>(([:], []))
    try await Loopback.run { loopback in
      try await ScriptedPeer.connect(to: loopback.address) { session, event, channel in
        switch event {
        case nil:
          var headers: HeaderFields = [
            ":method": "POST", ":scheme": "http", ":path": "/test.Echo/Echo", ":authority": "x", "te": "trailers",
            "content-type": "application/grpc",
          ]
          for field in extra.fields { headers.append(field.name, field.value) }
          guard let stream = session.submitRequest(headers, maxMessageBytes: 1 << 20) else { return }
          session.send(ByteBuffer(bytes: data), on: stream)
          session.end(stream)
        case .headers(_, let headers, _, _, _):
          seen.withLockedValue { seen in
            for field in headers.fields { seen.headers.append(field.name, field.value) }
          }
        case .message(_, let message): seen.withLockedValue { $0.data += message.framed.readableBytesView }
        case .closed: channel.close(promise: nil)
        default: break
        }
      }
    }
    return seen.withLockedValue { $0 }
  }

  private static let plain: [UInt8] = Array(WireBytes(patterned: 500).framed.readableBytesView)

  @Test("an encoding that is not known is UNIMPLEMENTED, with a list of those that are", arguments: ["br", "deflate"])
  func unknownEncoding(name: String) async throws {
    let answer = try await answer(["grpc-encoding": name], Self.plain)
    #expect(answer.headers["grpc-status"] == "12")
    #expect(answer.headers["grpc-accept-encoding"] == "identity,gzip")
  }

  @Test("a compressed message without an encoding is INTERNAL", arguments: [nil, "identity"])
  func noEncoding(name: String?) async throws {
    var extra = HeaderFields()
    if let name { extra.append("grpc-encoding", name) }
    let answer = try await answer(extra, [1, 0, 0, 0, 1, 7])
    #expect(answer.headers["grpc-status"] == "13")
  }

  @Test("what says that it is gzip, and is not, is INTERNAL")
  func notGzip() async throws {
    let answer = try await answer(["grpc-encoding": "gzip"], [1, 0, 0, 0, 1, 7])
    #expect(answer.headers["grpc-status"] == "13")
  }

  @Test("plain messages pass in a stream that may compress")
  func plainInCompressed() async throws {
    let answer = try await answer(["grpc-encoding": "gzip"], Self.plain)
    #expect(answer.headers["grpc-status"] == "0")
    #expect(answer.data == Self.plain)
  }

  @Test(
    "an answer is compressed only for a client that says it reads gzip",
    arguments: [(nil, false), ("identity", false), ("deflate, gzip", true), ("gzip", true), ("xgzip,gzip2", false)])
  func acceptance(accepted: String?, isCompressed: Bool) async throws {
    var extra: HeaderFields = ["gzip": "on"]
    if let accepted { extra.append("grpc-accept-encoding", accepted) }
    let answer = try await answer(extra, Self.plain)
    #expect(answer.headers["grpc-encoding"] == (isCompressed ? "gzip" : nil))
    #expect(answer.data.first == (isCompressed ? 1 : 0))
  }
}
