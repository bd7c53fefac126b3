public import Authentication
public import GRPCCore
public import GRPCNGHTTP2Transport

/// A client of a service at an address.
public enum ServiceConnection {
  /// The transport.
  public typealias Transport = NGHTTP2ClientTransport
  /// The transport's client.
  public typealias Client = GRPCClient<Transport>

  /// Runs `body` with a client that connects as needed, and closes it at the end.
  public static func with<Result: Sendable>(
    _ address: ServiceTarget, _ access: ClientAccess, _ body: (Client) async throws -> Result
  ) async throws -> Result {
    try await access.withClient(to: address, body)
  }

  /// Runs `body` with a new client again and again until the service answers.
  ///
  /// A new client each time, since one that failed waits for long before it connects again.
  /// - Throws: What the last attempt threw where the service is still away after `limit`, and any other error at once.
  static func untilAnswered<Result: Sendable>(
    _ address: ServiceTarget, _ access: ClientAccess, limit: Duration, _ body: (Client) async throws -> Result
  ) async throws -> Result {
    let end = ContinuousClock.now + limit
    var wait = Duration.milliseconds(20)
    while true {
      do { return try await with(address, access, body) } catch let error as RPCError where error.isPassing {
        guard ContinuousClock.now < end else { throw error }
      }
      try await Task.sleep(for: wait)
      wait = min(wait * 2, .seconds(1))
    }
  }

  /// Options of a call that takes at most so long, and fails at once where nothing listens.
  static func answering(within limit: Duration) -> CallOptions {
    var options = CallOptions.defaults
    options.waitForReady = false
    options.timeout = limit
    return options
  }
}

extension RPCError {
  /// True where the service may be there in a moment: it restarts, or the connection broke.
  var isPassing: Bool {
    guard !(cause is ConnectionSecurityError) else { return false }
    return code == .unavailable || code == .deadlineExceeded || code == .aborted
  }
}
