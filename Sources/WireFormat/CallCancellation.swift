public import GRPCCore

extension ServerContext.RPCCancellationHandle {
  /// Runs `body` in a child task that is cancelled once the call is; gRPC itself cancels no task of a handler.
  ///
  /// - Throws: What `body` throws; `CancellationError` where the call was cancelled first.
  public func cancelling<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
      defer { group.cancelAll() }
      group.addTask { try await body() }
      group.addTask {
        try await cancelled
        throw CancellationError()
      }
      guard let result = try await group.next() else { throw CancellationError() }
      return result
    }
  }
}
