import Foundation
import GRPCNGHTTP2Transport
import Logging
import LoopbackSockets
import ServiceMetrics
import ServiceRuntime
import Testing

@Suite("Metrics over HTTP", .timeLimit(.minutes(1)))
struct MetricsServerTests {
  @Test(
    "answers a scrape, and says where metrics are",
    arguments: [
      ("GET /metrics HTTP/1.1", "200 OK", "a_total 1"), ("GET /metrics?x=1 HTTP/1.1", "200 OK", "a_total 1"),
      ("GET / HTTP/1.1", "404 Not Found", "/metrics"), ("POST /metrics HTTP/1.1", "405 Method Not Allowed", "GET"),
      ("nonsense", "400 Bad Request", "400"),
    ] as [(String, String, String)])
  func scrape(_ request: String, _ status: String, _ content: String) async throws {
    try await withServer { port in
      let answer = try await Self.exchange("\(request)\r\nhost: here\r\nconnection: close\r\n\r\n", port: port)
      #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n"))
      #expect(answer.contains(content))
      if status == "200 OK" { #expect(answer.contains("text/plain; version=0.0.4")) }
    }
  }

  @Test("refuses to listen where other machines reach it, unless told to")
  func exposed() throws {
    let everywhere = NetworkAddress.tcp(host: "0.0.0.0", port: 0)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    #expect(throws: ServiceRuntimeError.exposedAddress(everywhere)) {
      try MetricsServer(address: everywhere, insecure: false, logger: logger) { "" }
    }
    _ = try MetricsServer(address: everywhere, insecure: true, logger: logger) { "" }
  }

  private func withServer(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
    let server = try MetricsServer(
      address: NetworkAddress.tcp(host: "127.0.0.1", port: 0), insecure: false,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) { "a_total 1\n" }
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run { port.yield($0) } }
      for await port in ports {
        try await body(port)
        break
      }
      group.cancelAll()
    }
  }

  /// Sends a request and reads until the server closes.
  private static func exchange(_ request: String, port: Int) async throws -> String {
    try await withCheckedThrowingContinuation { done in
      DispatchQueue.global().async {
        done.resume(with: Result { try Self.blockingExchange(request, port: port) })
      }
    }
  }

  private static func blockingExchange(_ request: String, port: Int) throws -> String {
    let connection = LoopbackSocket()
    try #require(connection.connect(port: UInt16(port)) && connection.send(Array(request.utf8)))
    return String(decoding: connection.receiveAll(), as: UTF8.self)
  }
}
