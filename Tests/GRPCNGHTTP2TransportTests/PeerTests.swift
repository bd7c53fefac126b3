import GRPCCore
import GRPCNGHTTP2Transport
import NIOConcurrencyHelpers
import NIOCore
import Testing
import WireBytes

@Suite("Strange peers", .timeLimit(.minutes(1)))
struct PeerTests {
  /// A call to a server that answers its headers in some way.
  private func callError(_ answer: @escaping ScriptedPeer.Script) async throws -> RPCError? {
    try await ScriptedPeer.serve(answer) { address in
      try await callError(at: address)
    }
  }

  private func callError(at address: NetworkAddress) async throws -> RPCError? {
    try await withRunningClient(NGHTTP2ClientTransport(target: address)) { client in
      let response = try await client.unary(
        request: ClientRequest(message: WireBytes([1])), descriptor: EchoService.echo, serializer: RawCoding(),
        deserializer: RawCoding(), options: .defaults
      ) { $0 }
      client.beginGracefulShutdown()
      do {
        _ = try response.message
        return nil
      } catch {
        return error as? RPCError
      }
    }
  }

  private static let good: HeaderFields = [":status": "200", "content-type": "application/grpc"]

  @Test(
    "an answer that is not gRPC gets the status of its HTTP status",
    arguments: [
      ("503", RPCError.Code.unavailable), ("502", .unavailable), ("404", .unimplemented), ("401", .unauthenticated),
      ("403", .permissionDenied), ("500", .unknown), ("200", .unknown),
    ])
  func httpAnswers(status: String, code: RPCError.Code) async throws {
    let error = try await callError { session, event, _ in
      guard case .headers(let stream, _, _, _, _) = event else { return }
      session.submitResponse([":status": status, "content-type": "text/html"], on: stream, endStream: false)
      session.send(ByteBuffer(string: "<html>"), on: stream)
      session.end(stream)
    }
    #expect(error?.code == code)
  }

  @Test(
    "a reset gives the status of its code",
    arguments: [
      (HTTP2ErrorCode.refusedStream, RPCError.Code.unavailable), (.cancel, .cancelled),
      (.enhanceYourCalm, .resourceExhausted), (.protocolError, .internalError),
    ])
  func resets(code: HTTP2ErrorCode, status: RPCError.Code) async throws {
    let error = try await callError { session, event, _ in
      guard case .headers(let stream, _, _, _, _) = event else { return }
      session.submitResponse(Self.good, on: stream, endStream: false)
      session.reset(stream, code)
    }
    #expect(error?.code == status)
  }

  @Test(
    "an answer that is cut short, or not allowed, fails the call",
    arguments: [
      ("no trailers", [UInt8](), RPCError.Code.internalError),
      ("inside a message", [0, 0, 0, 0, 9, 1], .internalError),
      ("huge", [0, 255, 255, 255, 255], .resourceExhausted), ("compressed", [1, 0, 0, 0, 1, 7], .internalError),
    ])
  func cutAnswers(what: String, bytes: [UInt8], code: RPCError.Code) async throws {
    let error = try await callError { session, event, _ in
      guard case .headers(let stream, _, _, _, _) = event else { return }
      session.submitResponse(Self.good, on: stream, endStream: false)
      if !bytes.isEmpty { session.send(ByteBuffer(bytes: bytes), on: stream) }
      session.end(stream)
    }
    #expect(error?.code == code, "\(what)")
  }

  @Test(
    "trailers without a status are UNKNOWN, and an unknown number too", arguments: [["x": "y"], ["grpc-status": "77"]])
  func oddTrailers(trailers: HeaderFields) async throws {
    let error = try await callError { session, event, _ in
      guard case .headers(let stream, _, _, _, _) = event else { return }
      session.submitResponse(Self.good, on: stream, endStream: false)
      session.end(stream, trailers: trailers)
    }
    #expect(error?.code == .unknown)
  }

  @Test("a server that goes away in the middle of a call makes it UNAVAILABLE")
  func serverGone() async throws {
    let error = try await callError { session, event, channel in
      guard case .headers(let stream, _, _, _, _) = event else { return }
      session.submitResponse(Self.good, on: stream, endStream: false)
      channel.close(promise: nil)
    }
    #expect(error?.code == .unavailable)
    #expect(error?.message.hasSuffix("was lost") == true)
  }

  @Test("calls after a GOAWAY go to a new connection")
  func goAway() async throws {
    let connections = Tally()
    try await ScriptedPeer.serve { session, event, _ in
      if event == nil { connections.add() }
      guard case .headers(let stream, _, _, _, _) = event else { return }
      var answer = Self.good
      answer.append("grpc-status", "3")
      session.submitResponse(answer, on: stream, endStream: true)
      session.submitGoAway()
    } _: { address in
      try await withRunningClient(NGHTTP2ClientTransport(target: address)) { client in
        for _ in 0..<3 {
          let error = await #expect(throws: RPCError.self) {
            try await client.unary(
              request: ClientRequest(message: WireBytes([1])), descriptor: EchoService.echo, serializer: RawCoding(),
              deserializer: RawCoding(), options: .defaults
            ) { try $0.message }
          }
          #expect(error?.code == .invalidArgument || error?.code == .unavailable)
        }
        client.beginGracefulShutdown()
      }
    }
    #expect(connections.count >= 2)
  }

  @Test(
    "a server that does not speak HTTP/2 makes calls UNAVAILABLE",
    arguments: ["SSH-2.0-x\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n"])
  func foreignServer(greeting: String) async throws {
    try await ScriptedPeer.serve { channel in
      try channel.pipeline.syncOperations.addHandler(BytesPeer(Array(greeting.utf8)))
    } _: { address in
      let error = await #expect(throws: RPCError.self) {
        if let error = try await callError(at: address) { throw error }
      }
      #expect(error?.code == .unavailable)
    }
  }

  @Test("a client that goes away cancels its calls")
  func clientGone() async throws {
    try await Loopback.run { loopback in
      let opened = NIOLockedValueBox<(any Channel)?>(nil)
      async let gone: Void = ScriptedPeer.connect(to: loopback.address) { session, event, channel in
        guard event == nil else { return }
        opened.withLockedValue { $0 = channel }
        let headers: HeaderFields = [
          ":method": "POST", ":scheme": "http", ":path": "/test.Echo/Hang", ":authority": "x",
          "content-type": "application/grpc", "te": "trailers",
        ]
        _ = session.submitRequest(headers, maxMessageBytes: 100)
      }
      await loopback.service.hanging.reaches(1)
      opened.withLockedValue { $0 }?.close(promise: nil)
      try await gone
      await loopback.service.cancelled.reaches(1)
    }
  }

  @Test(
    "a request that is not gRPC gets an answer of HTTP",
    arguments: [("GET", "/", "404"), ("GET", "/test.Echo/Echo", "405"), ("POST", "/test.Echo/Echo", "415")])
  func notGRPC(method: String, path: String, status: String) async throws {
    try await Loopback.run { loopback in
      let seen = NIOLockedValueBox<(status: String?, text: String)>((nil, ""))
      try await ScriptedPeer.connect(to: loopback.address) { session, event, channel in
        switch event {
        case nil:
          let headers: HeaderFields = [
            ":method": method, ":scheme": "http", ":path": path, ":authority": "x", "content-type": "text/plain",
          ]
          if let stream = session.submitRequest(headers, maxMessageBytes: 100) { session.end(stream) }
        case .headers(_, let headers, _, _, _): seen.withLockedValue { $0.status = headers[":status"] }
        case .closed: channel.close(promise: nil)
        default: break
        }
      }
      #expect(seen.withLockedValue { $0.status } == status)
    }
  }

  @Test("HTTP/1 on the port gets a line that says what speaks here")
  func http1() async throws {
    try await Loopback.run { loopback in
      let answer = try await BytesPeer.exchange(Array("GET / HTTP/1.1\r\nhost: x\r\n\r\n".utf8), with: loopback.address)
      let text = String(decoding: answer, as: UTF8.self)
      #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
      #expect(text.hasSuffix("\r\n\r\nthis port speaks gRPC over HTTP/2\n"))
    }
  }

  @Test(
    "garbage gets a GOAWAY or a closed connection, and the server goes on",
    arguments: [
      [UInt8](repeating: 0xFF, count: 100), [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3],
      clientPreface + [UInt8](repeating: 0xFF, count: 100),
      clientPreface + frame(type: 0, stream: 1, [1, 2, 3]), clientPreface + frame(type: 1, flags: 5, stream: 2, [0x82]),
      clientPreface + frame(type: 8, [0, 0, 0, 0]),
    ])
  func garbage(bytes: [UInt8]) async throws {
    try await Loopback.run { loopback in
      let answer = try await BytesPeer.exchange(bytes, with: loopback.address)
      #expect(frames(in: answer).last?.type == 7)
      let response = try await loopback.unary(WireBytes([1]))
      #expect(try response.message.count == 1)
    }
  }
}
