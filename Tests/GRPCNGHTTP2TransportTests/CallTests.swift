import GRPCCore
import GRPCNGHTTP2Transport
import Testing
import WireBytes

@Suite("Calls over loopback")
struct CallTests {
  static let sizes = [0, 1, 5, 100, 16_379, 16_384, 65_535, 65_536, 1 << 20, 3 << 20]

  @Test("a unary call returns what was sent", arguments: sizes)
  func unaryEchoes(size: Int) async throws {
    try await Loopback.run { loopback in
      let message = WireBytes(patterned: size)
      let response = try await loopback.unary(message)
      #expect(try response.message == message)
    }
  }

  @Test("metadata travels both ways, binary values too, and trailers follow the message")
  func metadataTravels() async throws {
    try await Loopback.run { loopback in
      let metadata: Metadata = ["say": "one", "say": "two words", "say-bin": .binary([0, 255, 10])]
      let response = try await loopback.unary(WireBytes([1]), metadata: metadata)
      #expect(Array(response.metadata[stringValues: "said"]) == ["one", "two words"])
      #expect(Array(response.metadata[binaryValues: "said-bin"]) == [[0, 255, 10]])
      #expect(Array(response.trailingMetadata[stringValues: "end"]) == ["1"])
      let peer = try #require(Array(response.metadata[stringValues: "peer"]).first)
      #expect(peer.hasPrefix("ipv4:127.0.0.1:"))
    }
  }

  @Test("a server streams messages in order", arguments: [(0, 0), (1, 0), (1000, 10), (20, 2 << 20)])
  func serverStreams(count: Int, size: Int) async throws {
    try await Loopback.run { loopback in
      let received = try await loopback.pull(count: count, size: size) { index, message in
        #expect(message == WireBytes(patterned: size, seed: index))
      }
      #expect(received == count)
    }
  }

  @Test("a client streams messages", arguments: [(0, 0), (1, 0), (1000, 10), (20, 2 << 20)])
  func clientStreams(count: Int, size: Int) async throws {
    try await Loopback.run { loopback in
      let sum = try await loopback.collect(count: count, size: size)
      #expect(sum == count * size)
    }
  }

  @Test("both sides stream at once", arguments: [0, 10, 100_000])
  func bothStream(size: Int) async throws {
    try await Loopback.run { loopback in
      let messages = (0..<50).map { WireBytes(patterned: size, seed: $0) }
      let replies = try await loopback.chat(messages)
      #expect(replies == messages)
    }
  }

  @Test("an error arrives with its code, message and metadata", arguments: ["", "plain", "50 % – «größer»\n\u{0}"])
  func errorsArrive(message: String) async throws {
    try await Loopback.run { loopback in
      let error = await #expect(throws: RPCError.self) {
        try await loopback.unary(WireBytes(text: message), method: EchoService.fail).message
      }
      #expect(error?.code == .failedPrecondition)
      #expect(error?.message == message)
      #expect(error.map { Array($0.metadata[stringValues: "why"]) } == ["asked for"])
    }
  }

  @Test("a method that nobody serves is unimplemented")
  func unknownMethod() async throws {
    try await Loopback.run { loopback in
      let error = await #expect(throws: RPCError.self) {
        try await loopback.unary(WireBytes([1]), method: EchoService.method("Nothing", .unary)).message
      }
      #expect(error?.code == .unimplemented)
    }
  }

  @Test("a thousand calls at once all succeed")
  func thousandCalls() async throws {
    try await Loopback.run { loopback in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for index in 0..<1000 {
          group.addTask {
            let message = WireBytes(text: "call \(index)")
            return try await loopback.unary(message).message == message
          }
        }
        for try await isSame in group { #expect(isSame) }
      }
    }
  }

  @Test("calls beyond the server's limit of streams wait for their turn")
  func callsQueue() async throws {
    var server = Loopback.ServerConfiguration()
    server.connection.maxConcurrentStreams = 4
    try await Loopback.run(server: server) { loopback in
      // The limit is known once a call has been answered.
      _ = try await loopback.unary(WireBytes([0]))
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for index in 0..<100 {
          group.addTask { try await loopback.unary(WireBytes(patterned: 2000, seed: index)).message.count == 2000 }
        }
        for try await isSame in group { #expect(isSame) }
      }
    }
  }
}
