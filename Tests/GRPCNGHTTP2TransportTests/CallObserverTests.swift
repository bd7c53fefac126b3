import GRPCCore
import GRPCNGHTTP2Transport
import NIOConcurrencyHelpers
import Testing
import WireBytes

@Suite("What observers are told of calls", .timeLimit(.minutes(1)))
struct CallObserverTests {
  @Test("both ends report a call once, with its messages and bytes")
  func unary() async throws {
    let (client, server) = try await observe { _ = try await $0.unary(WireBytes(patterned: 1000)) }
    let (made, taken) = (try #require(client.only), try #require(server.only))
    #expect(made.role == .client && taken.role == .server)
    #expect(made.method == EchoService.echo && taken.method == EchoService.echo)
    #expect(made.remotePeer.hasPrefix("ipv4:127.0.0.1:") && taken.remotePeer.hasPrefix("ipv4:127.0.0.1:"))
    for report in [made, taken] {
      #expect(report.end == .completed && report.status == .ok && report.previousAttempts == 0)
      #expect(report.duration > .zero)
      for traffic in [report.sent, report.received] {
        #expect(traffic.messages == 1 && traffic.messageBytes == 1000 && traffic.wireBytes == 1005)
      }
    }
    #expect(made.received.waited > .zero)
  }

  @Test("a stream counts each message")
  func stream() async throws {
    let (client, server) = try await observe { _ = try await $0.pull(count: 7, size: 300) { _, _ in } }
    let sent = try #require(server.only).sent
    #expect(sent.messages == 7 && sent.messageBytes == 2100 && sent.wireBytes == 2135)
    let received = try #require(client.only).received
    #expect(received.messages == 7 && received.messageBytes == 2100 && received.wireBytes == 2135)
  }

  @Test("a status that is not OK completes a call as well")
  func status() async throws {
    let (client, server) = try await observe { _ = try await $0.unary(WireBytes([1]), method: EchoService.fail) }
    #expect(client.only?.end == .completed && client.only?.status == .failedPrecondition)
    #expect(server.only?.end == .completed && server.only?.status == .failedPrecondition)
  }

  @Test("a cancelled call says so on both ends")
  func cancelled() async throws {
    let (client, server) = try await observe { loopback in
      let call = Task { try await loopback.unary(WireBytes([1]), method: EchoService.hang).message }
      await loopback.service.hanging.reaches(1)
      call.cancel()
      _ = await call.result
    }
    #expect(client.only?.end == .cancelled && client.only?.status == .cancelled)
    #expect(server.only?.end == .cancelled && server.only?.status == .cancelled)
  }

  @Test("a call whose time is over says so")
  func deadline() async throws {
    // An end that hears of a call a fifth of its time later than the other, or half a second, takes its end for a cancellation:
    // that happens on a busy machine, so longer calls follow.
    var seen: [String] = []
    for seconds in [1, 3, 3, 3] {
      let (client, server) = try await observe { loopback in
        var options = CallOptions.defaults
        options.timeout = .seconds(seconds)
        // The time that a call waits for its connection is not the report's: here it waits for none.
        _ = try await loopback.unary(WireBytes([1]))
        _ = try? await loopback.unary(WireBytes([1]), method: EchoService.hang, options: options).message
      }
      let isTold = [client, server].allSatisfy { reports in
        reports.contains { $0.end == .deadlineExceeded && $0.status == .deadlineExceeded }
      }
      if isTold { return }
      seen += (client + server).map { "\($0.role) \($0.end) \($0.status) after \($0.duration) of \(seconds) s" }
    }
    Issue.record("an end took a call whose time was over for something else, four times: \(seen)")
  }

  @Test("a message over the limit is refused, and its bytes are told apart from those that were read")
  func oversize() async throws {
    var configuration = Loopback.ServerConfiguration()
    configuration.connection.maxReceiveMessageBytes = 100
    let (client, server) = try await observe(server: configuration) {
      _ = try await $0.unary(WireBytes(patterned: 101))
    }
    #expect(server.only?.end == .refused && server.only?.status == .resourceExhausted)
    #expect(server.only?.received.messages == 0)
    #expect(client.only?.end == .completed && client.only?.status == .resourceExhausted)
  }

  @Test("a call that finds nobody is told as well")
  func unreachable() async throws {
    let reports = Reports()
    var configuration = NGHTTP2ClientTransport.Configuration()
    configuration.observer = reports
    let nobody = NetworkAddress.unixSocket(path: "/nothing/listens/here")
    let transport = NGHTTP2ClientTransport(target: nobody, configuration: configuration)
    let error = await #expect(throws: RPCError.self) {
      try await transport.withStream(descriptor: EchoService.echo, options: .defaults) { _, _ in }
    }
    #expect(error?.code == .unavailable)
    transport.beginGracefulShutdown()
    let report = try #require(reports.all.only)
    #expect(report.end == .unreachable && report.status == .unavailable && report.sent.messages == 0)
  }

  @Test("a connection that goes under a call is told as lost")
  func lost() async throws {
    var configuration = Loopback.ServerConfiguration()
    configuration.shutdownGracePeriod = .zero
    let (client, _) = try await observe(server: configuration) { loopback in
      let call = Task { try await loopback.unary(WireBytes([1]), method: EchoService.hang).message }
      await loopback.service.hanging.reaches(1)
      loopback.server.beginGracefulShutdown()
      _ = await call.result
    }
    #expect(client.only?.end == .connectionLost && client.only?.status == .unavailable)
  }

  @Test("compressed messages count in full, and their wire bytes as they went")
  func gzip() async throws {
    var configuration = Loopback.ClientConfiguration()
    configuration.compression = .gzip
    let (client, server) = try await observe(client: configuration) {
      _ = try await $0.unary(WireBytes(repeating: 7, count: 50_000))
    }
    let (sent, received) = (try #require(client.only).sent, try #require(server.only).received)
    #expect(sent.messageBytes == 50_000 && received.messageBytes == 50_000 && received.messages == 1)
    #expect(sent.wireBytes < 5000 && received.wireBytes == sent.wireBytes)
  }

  @Test("a writer whose peer reads nothing waits, and that is counted")
  func writerWaits() async throws {
    var configuration = Loopback.ClientConfiguration()
    configuration.connection.inboundHighWaterBytes = 1 << 16
    configuration.connection.streamWindowBytes = 1 << 16
    let (_, server) = try await observe(client: configuration) { loopback in
      _ = try await loopback.pull(count: 100, size: 1 << 16) { index, _ in
        guard index == 0 else { return }
        // Nothing is read until the writer stands, however slow the machine makes it.
        var begun = 0
        while loopback.service.pulled.count > begun {
          begun = loopback.service.pulled.count
          try await Task.sleep(for: .milliseconds(50))
        }
        #expect(begun < 100)
      }
    }
    #expect(try #require(server.only).sent.waited > .zero)
  }

  @Test("attempts that came before are told")
  func attempts() async throws {
    let (client, server) = try await observe {
      _ = try await $0.unary(WireBytes([1]), metadata: ["grpc-previous-rpc-attempts": "2"])
    }
    #expect(client.only?.previousAttempts == 2 && server.only?.previousAttempts == 2)
  }

  private func observe(
    server: Loopback.ServerConfiguration = Loopback.ServerConfiguration(),
    client: Loopback.ClientConfiguration = Loopback.ClientConfiguration(),
    _ body: @Sendable @escaping (Loopback) async throws -> Void
  ) async throws -> (client: [CallReport], server: [CallReport]) {
    let (made, taken) = (Reports(), Reports())
    var (server, client) = (server, client)
    (server.observer, client.observer) = (taken, made)
    // All is told when both ends are gone.
    try await Loopback.run(server: server, client: client, body)
    return (made.all, taken.all)
  }
}

/// Keeps reports.
private final class Reports: CallObserver {
  private let reports = NIOLockedValueBox<[CallReport]>([])
  var all: [CallReport] { reports.withLockedValue { $0 } }
  func callEnded(_ report: CallReport) { reports.withLockedValue { $0.append(report) } }
}

extension [CallReport] {
  /// The one report, or nil where there are none or several.
  fileprivate var only: CallReport? { count == 1 ? self[0] : nil }
}
