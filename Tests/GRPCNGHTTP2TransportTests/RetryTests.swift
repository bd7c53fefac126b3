import GRPCCore
import GRPCNGHTTP2Transport
import NIOConcurrencyHelpers
import NIOCore
import Testing
import WireBytes

/// What one attempt of a call is answered with.
private enum Answer: Sendable {
  case ok
  case fail(RPCError.Code, pushback: String? = nil)
  /// Response headers, then a failure.
  case failLate(RPCError.Code)
  /// Waits for its cancellation.
  case hang
}

/// Answers the attempts of each call as planned, and notes them.
private final class PlannedService: RegistrableRPCService {
  private struct State {
    var attempts = 0
    var times: [ContinuousClock.Instant] = []
  }

  static let method = MethodDescriptor(fullyQualifiedService: "test.Planned", method: "Do", type: .unary)
  private let plan: @Sendable (Int) -> Answer
  private let state = NIOLockedValueBox(State())
  let cancelled = Tally()

  init(_ answers: [Answer]) {
    plan = { $0 < answers.count ? answers[$0] : .ok }
  }

  /// Attempts so far.
  var attempts: Int { state.withLockedValue { $0.attempts } }

  /// Time between the first two attempts.
  var pause: Duration { state.withLockedValue { $0.times.count > 1 ? $0.times[1] - $0.times[0] : .zero } }

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    router.registerHandler(forMethod: Self.method, deserializer: RawCoding(), serializer: RawCoding()) {
      _, context in
      let attempt = self.state.withLockedValue { state in
        state.attempts += 1
        state.times.append(.now)
        return state.attempts - 1
      }
      switch self.plan(attempt) {
      case .ok: return StreamingServerResponse(single: ServerResponse(message: WireBytes(text: "\(attempt)")))
      case .fail(let code, let pushback):
        let metadata: Metadata = pushback.map { ["grpc-retry-pushback-ms": .string($0)] } ?? [:]
        throw RPCError(code: code, message: "attempt \(attempt)", metadata: metadata)
      case .failLate(let code):
        return StreamingServerResponse { writer in
          try await writer.write(WireBytes([1]))
          throw RPCError(code: code, message: "late")
        }
      case .hang:
        try await context.cancellation.cancelled
        self.cancelled.add()
        throw RPCError(code: .cancelled, message: "cancelled")
      }
    }
  }
}

@Suite("Retries and hedging", .timeLimit(.minutes(1)))
struct RetryTests {
  private typealias Client = GRPCClient<NGHTTP2ClientTransport>

  private static func run(
    _ service: PlannedService, _ policy: RPCExecutionPolicy?,
    throttling: ServiceConfig.RetryThrottling? = nil, type: MethodDescriptor.RPCType = .unary,
    _ body: @Sendable @escaping (Client) async throws -> Void
  ) async throws {
    let transport = NGHTTP2ServerTransport(address: .tcp(host: "127.0.0.1", port: 0))
    let server = GRPCServer(transport: transport, services: [service])
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.serve() }
      var configuration = NGHTTP2ClientTransport.Configuration()
      configuration.serviceConfig = ServiceConfig(
        methodConfig: [MethodConfig(names: [.init(service: "test.Planned")], executionPolicy: policy)],
        retryThrottling: throttling)
      let address = try await transport.listeningAddress
      try await withRunningClient(NGHTTP2ClientTransport(target: address, configuration: configuration)) {
        client in
        try await body(client)
        client.beginGracefulShutdown()
      }
      server.beginGracefulShutdown()
      try await group.waitForAll()
    }
  }

  /// Makes a call; returns what the client's runtime says about the attempts before the one that succeeded.
  private static func call(_ client: Client) async throws -> String? {
    try await client.unary(
      request: ClientRequest(message: WireBytes([7])), descriptor: PlannedService.method, serializer: RawCoding(),
      deserializer: RawCoding(), options: .defaults
    ) { response in
      _ = try response.message
      return Array(response.metadata[stringValues: "grpc-previous-rpc-attempts"]).first
    }
  }

  private static func code(_ client: Client) async -> RPCError.Code? {
    do { _ = try await call(client) } catch { return (error as? RPCError)?.code }
    return nil
  }

  private static func policy(_ attempts: Int) -> RPCExecutionPolicy {
    .retry(
      RetryPolicy(
        maxAttempts: attempts, initialBackoff: .milliseconds(1), maxBackoff: .milliseconds(2), backoffMultiplier: 1,
        retryableStatusCodes: [.unavailable]))
  }

  private static let unavailable = Answer.fail(.unavailable)

  @Test(
    "a call is attempted until it succeeds, as often as its policy allows and never more than five times",
    arguments: [(3, 2, true), (3, 3, false), (9, 4, true), (9, 8, false)])
  func attempts(allowed: Int, failures: Int, succeeds: Bool) async throws {
    let service = PlannedService(Array(repeating: Self.unavailable, count: failures))
    try await Self.run(service, Self.policy(allowed)) { client in
      if succeeds {
        let previous = try await Self.call(client)
        #expect(previous == "\(failures)")
      } else {
        #expect(await Self.code(client) == .unavailable)
      }
    }
    #expect(service.attempts == (succeeds ? failures + 1 : min(allowed, 5)))
  }

  @Test("other codes, answers that have begun, and calls without a policy are not repeated", arguments: 0..<3)
  func notRepeated(which: Int) async throws {
    let answers: [Answer] = [.fail(.internalError), .failLate(.unavailable), Self.unavailable]
    let service = PlannedService([answers[which]])
    try await Self.run(service, which == 2 ? nil : Self.policy(5)) { client in
      #expect(await Self.code(client) == (which == 0 ? .internalError : .unavailable))
    }
    #expect(service.attempts == 1)
  }

  @Test("a server stops retries, or chooses the pause")
  func pushback() async throws {
    let stopped = PlannedService([.fail(.unavailable, pushback: "-1")])
    try await Self.run(stopped, Self.policy(5)) { #expect(await Self.code($0) == .unavailable) }
    #expect(stopped.attempts == 1)
    let delayed = PlannedService([.fail(.unavailable, pushback: "150")])
    try await Self.run(delayed, Self.policy(5)) { #expect(await Self.code($0) == nil) }
    #expect(delayed.pause >= .milliseconds(150))
  }

  @Test("half the tokens gone, nothing is retried; successes bring it back")
  func throttles() async throws {
    let service = PlannedService(Array(repeating: Self.unavailable, count: 8) + [.ok, .ok] + [Self.unavailable, .ok])
    let throttling = try ServiceConfig.RetryThrottling(maxTokens: 10, tokenRatio: 1)
    try await Self.run(service, Self.policy(2), throttling: throttling) { client in
      // Tokens 10 to 9, 8, 7, 6 with two attempts each, then 5, 4, 3, 2 with one.
      for attempts in [2, 4, 5, 6, 7, 8] {
        #expect(await Self.code(client) == .unavailable)
        #expect(service.attempts == attempts)
      }
      // Tokens 2 to 4: too few still.
      for _ in 0..<2 { #expect(await Self.code(client) == nil) }
      #expect(await Self.code(client) == .unavailable)
      #expect(service.attempts == 11)
      // From 3 to 10: enough.
      for _ in 0..<7 { #expect(await Self.code(client) == nil) }
      #expect(service.attempts == 18)
    }
  }

  @Test("a second attempt runs beside a slow first, and the loser is cancelled")
  func hedges() async throws {
    let service = PlannedService([.hang, .ok])
    let policy = HedgingPolicy(maxAttempts: 2, hedgingDelay: .milliseconds(20), nonFatalStatusCodes: [])
    try await Self.run(service, .hedge(policy)) { client in
      // Whichever comes first hangs: on a busy machine that may be the second.
      _ = try await Self.call(client)
    }
    await service.cancelled.reaches(1)
    #expect(service.attempts == 2)
  }

  @Test("a hedged call goes on after a failure that is not fatal, and ends with one that is", arguments: [true, false])
  func hedgingFailures(isFatal: Bool) async throws {
    let service = PlannedService([Self.unavailable, .ok])
    let policy = HedgingPolicy(
      maxAttempts: 3, hedgingDelay: .seconds(3600), nonFatalStatusCodes: isFatal ? [] : [.unavailable])
    try await Self.run(service, .hedge(policy)) { client in
      #expect(await Self.code(client) == (isFatal ? .unavailable : nil))
    }
    #expect(service.attempts == (isFatal ? 1 : 2))
  }
}
