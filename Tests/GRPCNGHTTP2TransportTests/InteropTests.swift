import ForeignPython
import Foundation
import GRPCCore
import GRPCNGHTTP2Transport
import Programs
import Testing
import TiedPrograms
import WireBytes

private let python = ForeignPython(importing: "grpc")

/// Starts a script of `Interop/`.
private func start(_ script: String, _ arguments: String..., output: PipedProgram.Output = .piped) throws
  -> PipedProgram
{
  try #require(python).start("Interop/\(script)", beside: #filePath, arguments, output: output)
}

@Suite(
  "Python grpcio as the peer",
  .enabled(if: python != nil, "\(ForeignPython.missing)"),
  .timeLimit(.minutes(2)))
struct InteropTests {
  @Test(
    "its client calls our server",
    arguments: [
      "unary", "metadata", "server_stream", "client_stream", "both_stream", "status", "deadline", "cancel", "many",
      "compressed", "stalled",
    ])
  func foreignClient(name: String) async throws {
    try await Loopback.run { loopback in
      let program = try start("client.py", "\(loopback.address)", name, output: .inherited)
      let exit = await program.end()
      #expect(exit == .status(0))
    }
  }

  /// Runs `body` with a client of ours to a server of grpcio.
  private func withForeignServer(
    _ body: @Sendable @escaping (Loopback) async throws -> Void
  ) async throws {
    let program = try start("server.py")
    let port = try #require(Int(await program.nextPrinted()))
    try await Loopback.run(at: .tcp(host: "127.0.0.1", port: port), body)
    try program.input.close()
  }

  @Test("our client makes calls of every kind to its server")
  func foreignServer() async throws {
    try await withForeignServer { loopback in
      for size in [0, 1, 65_536, 3 << 20] {
        let response = try await loopback.unary(WireBytes(patterned: size))
        #expect(try response.message == WireBytes(patterned: size))
      }
      let received = try await loopback.pull(count: 20, size: 2 << 20) { index, message in
        #expect(message == WireBytes(repeating: UInt8(index), count: 2 << 20))
      }
      #expect(received == 20)
      let sum = try await loopback.collect(count: 20, size: 2 << 20)
      #expect(sum == 40 << 20)
      let messages = (0..<100).map { WireBytes(patterned: 10_000, seed: $0) }
      let replies = try await loopback.chat(messages)
      #expect(replies == messages)
    }
  }

  @Test("our client and its server read what the other has compressed")
  func foreignCompression() async throws {
    try await withForeignServer { loopback in
      var options = CallOptions.defaults
      options.compression = .gzip
      let message = WireBytes(patterned: 100_000)
      let response = try await loopback.unary(message, metadata: ["gzip": "on"], options: options)
      #expect(try response.message == message)
      #expect(try response.message.wasCompressed)
    }
  }

  @Test("our client understands its metadata, errors, deadlines and limits")
  func foreignErrors() async throws {
    try await withForeignServer { loopback in
      let response = try await loopback.unary(WireBytes([1]), metadata: ["say-bin": .binary([0, 255])])
      #expect(Array(response.metadata[binaryValues: "said-bin"]) == [[0, 255]])
      #expect(Array(response.trailingMetadata[stringValues: "end"]) == ["1"])
      let text = "50 % – «größer»"
      let failed = try await loopback.unary(WireBytes(text: text), method: EchoService.fail)
      let error = #expect(throws: RPCError.self) { try failed.message }
      #expect(error?.code == .failedPrecondition)
      #expect(error?.message == text)
      var options = CallOptions.defaults
      options.timeout = .milliseconds(100)
      let late = await #expect(throws: RPCError.self) {
        try await loopback.unary(WireBytes([1]), method: EchoService.hang, options: options).message
      }
      #expect(late?.code == .deadlineExceeded)
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for index in 0..<500 {
          group.addTask { try await loopback.unary(WireBytes(text: "\(index)")).message.text == "\(index)" }
        }
        for try await isSame in group { #expect(isSame) }
      }
    }
  }
}
