import GRPCCore
import GRPCNGHTTP2Transport
import Testing
import WireBytes

@Suite("Handlers on the event loop")
struct EventLoopTests {
  @Test("calls of every kind are answered by handlers on the event loop", arguments: [0, 100, 3 << 20])
  func calls(size: Int) async throws {
    var configuration = NGHTTP2ServerTransport.Configuration()
    configuration.runsHandlersOnEventLoop = true
    try await Loopback.run(server: configuration) { loopback in
      let message = WireBytes(patterned: size)
      let answer = try await loopback.unary(message).message
      #expect(answer == message)
      let count = try await loopback.pull(count: 5, size: size) { index, message in
        #expect(message == WireBytes(patterned: size, seed: index))
      }
      #expect(count == 5)
    }
  }

  @Test("handlers that wait on the event loop leave it to others, and hear of a cancellation")
  func waiting() async throws {
    var configuration = NGHTTP2ServerTransport.Configuration()
    configuration.runsHandlersOnEventLoop = true
    try await Loopback.run(server: configuration) { loopback in
      let hanging = Task { try await loopback.unary(WireBytes([]), method: EchoService.hang) }
      await loopback.service.hanging.reaches(1)
      let beside = try await loopback.unary(WireBytes(text: "beside")).message
      #expect(beside.text == "beside")
      hanging.cancel()
      await loopback.service.cancelled.reaches(1)
      _ = await hanging.result
    }
  }
}
