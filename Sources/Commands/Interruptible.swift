public import ServiceRuntime

/// Runs work that Ctrl-C, SIGTERM or the parent's end cancels.
public enum Interruptible {
  /// Runs `work` to its end.
  ///
  /// - Parameters:
  ///   - remedy: What the user can do after stopping it.
  ///   - stops: Requests to stop.
  /// - Throws: What `work` throws; ``CommandError/interrupted(remedy:)`` once it has been stopped and has ended.
  public static func run<Result: Sendable>(
    remedy: String, stops: AsyncStream<StopReason> = StopSignals.stream(),
    _ work: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
      group.addTask { try await work() }
      group.addTask {
        for await _ in stops { throw CommandError.interrupted(remedy: remedy) }
        return nil
      }
      defer { group.cancelAll() }
      while let result = try await group.next() {
        if let result { return result }
      }
      throw CancellationError()
    }
  }
}
