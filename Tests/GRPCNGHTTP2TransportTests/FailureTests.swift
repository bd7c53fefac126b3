import GRPCCore
import GRPCNGHTTP2Transport
import Testing
import WireBytes

@Suite("Calls that go wrong", .timeLimit(.minutes(1)))
struct FailureTests {
  @Test("a deadline ends the call, and the handler sees it")
  func deadline() async throws {
    try await Loopback.run { loopback in
      var options = CallOptions.defaults
      options.timeout = .milliseconds(100)
      // On a busy machine a deadline may pass before the handler runs: then once more.
      repeat {
        let error = await #expect(throws: RPCError.self) {
          try await loopback.unary(WireBytes([1]), method: EchoService.hang, options: options).message
        }
        #expect(error?.code == .deadlineExceeded)
      } while loopback.service.hanging.count == 0
      await loopback.service.cancelled.reaches(1)
    }
  }

  @Test("a handler that its client's deadline cancels answers with the deadline")
  func deadlineOfServer() async throws {
    try await Loopback.run { loopback in
      // The header alone: the client itself waits for as long as it takes.
      let error = await #expect(throws: RPCError.self) {
        try await loopback.unary(WireBytes([1]), method: EchoService.hang, metadata: ["grpc-timeout": "100m"]).message
      }
      #expect(error?.code == .deadlineExceeded)
    }
  }

  @Test("a request that is written after its call was left opens no stream", arguments: [true, false])
  func lateWriter(isUnary: Bool) async throws {
    try await Loopback.run { loopback in
      let method = EchoService.method("Hang", isUnary ? .unary : .clientStreaming)
      let late = try await loopback.clientTransport.withStream(descriptor: method, options: .defaults) { stream, _ in
        stream.outbound
      }
      await #expect(throws: RPCError.self) {
        try await late.write(.metadata([:]))
        try await late.write(.message(WireBytes([1])))
      }
      await late.finish()
      // What was opened before this call would have begun before it ends.
      _ = try await loopback.unary(WireBytes([2])).message
      #expect(loopback.service.hanging.count == 0)
    }
  }

  @Test("a call whose writer was cancelled is cancelled, however that is told", arguments: [true, false])
  func cancelledWriter(isWrapped: Bool) async throws {
    try await Loopback.run { loopback in
      let method = EchoService.method("Hang", .clientStreaming)
      let error = try await loopback.clientTransport.withStream(descriptor: method, options: .defaults) { stream, _ in
        try await stream.outbound.write(.metadata([:]))
        let cause = CancellationError()
        let error: any Error = isWrapped ? RPCError(code: .unknown, message: "Write failed.", cause: cause) : cause
        await stream.outbound.finish(throwing: error)
        return await #expect(throws: RPCError.self) { for try await _ in stream.inbound {} }
      }
      #expect(error?.code == .cancelled)
    }
  }

  @Test("a hundred calls cancelled at once reach their handlers, and the connection goes on")
  func cancelStorm() async throws {
    try await Loopback.run { loopback in
      _ = try await loopback.unary(WireBytes([1]))
      await withTaskGroup(of: RPCError.Code?.self) { group in
        for _ in 0..<100 {
          group.addTask {
            let result = try? await loopback.unary(WireBytes([1]), method: EchoService.hang)
            if case .failure(let error) = result?.accepted { return error.code }
            return nil
          }
        }
        await loopback.service.hanging.reaches(100)
        group.cancelAll()
        for await code in group { #expect(code == .cancelled) }
      }
      await loopback.service.cancelled.reaches(100)
      let response = try await loopback.unary(WireBytes([2]))
      #expect(try response.message == WireBytes([2]))
    }
  }

  @Test("a client that resets too often loses its connection, and may come again")
  func resetFlood() async throws {
    var server = Loopback.ServerConfiguration()
    server.connection.maxResetsPerWindow = 20
    try await Loopback.run(server: server) { loopback in
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<50 {
          group.addTask { _ = try? await loopback.unary(WireBytes([1]), method: EchoService.hang) }
        }
        await loopback.service.hanging.reaches(50)
        let lasting = Task { try await loopback.unary(WireBytes([1]), method: EchoService.hang).message }
        await loopback.service.hanging.reaches(51)
        group.cancelAll()
        let result = await lasting.result
        #expect(throws: RPCError.self) { try result.get() }
      }
      await loopback.service.cancelled.reaches(51)
      let response = try await loopback.unary(WireBytes([2]))
      #expect(try response.message == WireBytes([2]))
    }
  }

  @Test("a client may leave a stream early")
  func leavesEarly() async throws {
    try await Loopback.run { loopback in
      for _ in 0..<3 {
        await #expect(throws: CancellationError.self) {
          try await loopback.pull(count: 10_000, size: 1 << 16) { _, _ in throw CancellationError() }
        }
      }
      let sum = try await loopback.collect(count: 3, size: 10)
      #expect(sum == 30)
    }
  }

  @Test("a message at the limit passes, one more byte is RESOURCE_EXHAUSTED", arguments: [(0, true), (1, false)])
  func oversize(excess: Int, passes: Bool) async throws {
    var server = Loopback.ServerConfiguration()
    server.connection.maxReceiveMessageBytes = 1 << 20
    try await Loopback.run(server: server) { loopback in
      let response = try await loopback.unary(WireBytes(patterned: (1 << 20) + excess))
      if passes {
        #expect(try response.message.count == 1 << 20)
      } else {
        let error = #expect(throws: RPCError.self) { try response.message }
        #expect(error?.code == .resourceExhausted)
        #expect(error?.message == "a message of 1048577 bytes exceeds the limit of 1048576")
      }
      // The connection lives on.
      let next = try await loopback.unary(WireBytes([1]))
      #expect(try next.message.count == 1)
    }
  }

  @Test("limits of a call hold on the client, for requests and for responses")
  func callLimits() async throws {
    try await Loopback.run { loopback in
      var options = CallOptions.defaults
      options.maxRequestMessageBytes = 10
      let tooLong = try await loopback.unary(WireBytes(patterned: 11), options: options)
      #expect(throws: RPCError(code: .resourceExhausted, message: "a message of 11 bytes exceeds the limit of 10")) {
        try tooLong.message
      }
      options = .defaults
      options.maxResponseMessageBytes = 10
      let error = await #expect(throws: RPCError.self) {
        try await loopback.pull(count: 1, size: 11, options: options) { _, _ in }
      }
      #expect(error?.code == .resourceExhausted)
    }
  }

  @Test("a slow reader stops the writer; memory stays within window, queue and gate")
  func slowReader() async throws {
    var server = Loopback.ServerConfiguration()
    server.connection.outboundHighWaterBytes = 128 << 10
    var client = Loopback.ClientConfiguration()
    client.connection.streamWindowBytes = 256 << 10
    client.connection.inboundHighWaterBytes = 128 << 10
    let size = 64 << 10
    let framed = size + WireBytes.prefixLength
    let peaks = try await Loopback.run(server: server, client: client) { loopback in
      let received = try await loopback.pull(count: 200, size: size) { index, message in
        guard index == 0 else { return }
        // Meanwhile the other side would send all it can.
        for _ in 0..<100 { _ = try await loopback.unary(WireBytes([1])) }
      }
      #expect(received == 200)
      return (loopback.serverTransport, loopback.clientTransport)
    }
    #expect(peaks.0.peaks.outboundBytes <= (128 << 10) + framed)
    #expect(peaks.1.peaks.inboundBytes <= (256 << 10) + (128 << 10) + framed)
    #expect(peaks.1.peaks.inboundBytes >= 128 << 10)
  }

  @Test("many slow readers together leave a server one message each; others go on")
  func manySlowReaders() async throws {
    var server = Loopback.ServerConfiguration()
    server.connection.maxUnsentBytes = 1 << 20
    var client = Loopback.ClientConfiguration()
    client.connection.streamWindowBytes = 65_535
    client.connection.inboundHighWaterBytes = 1
    let size = 16 << 10
    let framed = size + WireBytes.prefixLength
    let most = try await Loopback.run(server: server, client: client) { loopback in
      let stalled = Tally()
      let goOn = Tally()
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<20 {
          group.addTask {
            try await loopback.pull(count: 200, size: size) { index, _ in
              guard index == 0 else { return }
              stalled.add()
              await goOn.reaches(1)
            }
          }
        }
        await stalled.reaches(20)
        // Meanwhile the server writes all that it may, and serves a reader that keeps up.
        let received = try await loopback.pull(count: 200, size: size) { _, _ in }
        #expect(received == 200)
        goOn.add()
        for try await received in group { #expect(received == 200) }
      }
      return loopback.serverTransport.peaks.unsentBytes
    }
    // The one that passes the limit is the last beside one message of each.
    #expect(most <= (1 << 20) + 21 * framed)
    #expect(most >= 1 << 20)
  }

  @Test("messages larger than the window pass both ways")
  func largerThanWindow() async throws {
    var server = Loopback.ServerConfiguration()
    server.connection.streamWindowBytes = 65_535
    server.connection.connectionWindowBytes = 65_535
    server.connection.inboundHighWaterBytes = 1000
    server.connection.outboundHighWaterBytes = 1000
    var client = Loopback.ClientConfiguration()
    client.connection = server.connection
    try await Loopback.run(server: server, client: client) { loopback in
      let messages = (0..<5).map { WireBytes(patterned: 1 << 20, seed: $0) }
      let replies = try await loopback.chat(messages)
      #expect(replies == messages)
    }
  }

  @Test("metadata that HTTP/2 cannot carry fails the call with a line that names it")
  func badMetadata() async throws {
    try await Loopback.run { loopback in
      let response = try await loopback.unary(WireBytes([1]), metadata: ["note": "größer"])
      let error = #expect(throws: RPCError.self) { try response.message }
      #expect(error?.code == .invalidArgument)
      #expect(error?.message.contains("'note'") == true)
    }
  }

  @Test("headers beyond the limit are RESOURCE_EXHAUSTED, by bytes or by count", arguments: [(1, 20_000), (120, 1)])
  func headerLimits(count: Int, size: Int) async throws {
    try await Loopback.run { loopback in
      var metadata = Metadata()
      for index in 0..<count { metadata.addString(String(repeating: "v", count: size), forKey: "k\(index)") }
      let response = try await loopback.unary(WireBytes([1]), metadata: metadata)
      let error = #expect(throws: RPCError.self) { try response.message }
      #expect(error?.code == .resourceExhausted)
    }
  }
}
