import Foundation
public import Logging

/// Keeps children running as long as a task lasts.
public struct ChildSupervisor: Sendable {
  private let policy: RestartPolicy
  private let grace: Duration
  private let logger: Logger

  /// Makes a supervisor. `grace` is the time between SIGTERM and SIGKILL at the end.
  public init(policy: RestartPolicy = RestartPolicy(), grace: Duration = .seconds(11), logger: Logger) {
    self.policy = policy
    self.grace = grace
    self.logger = logger
  }

  /// Runs `body` with the children beside it, and ends them, in the reverse of their order, when it returns.
  ///
  /// - Throws: What `body` throws, or a ``ServiceRuntimeError`` of a child that cannot go on; `body` is cancelled then.
  public func withChildren<Result: Sendable>(
    _ commands: [ChildCommand], _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    guard let command = commands.first else { return try await body() }
    let rest = Array(commands.dropFirst())
    return try await withThrowingTaskGroup(of: Result?.self) { group in
      group.addTask {
        try await supervise(command)
        return nil
      }
      group.addTask { try await withChildren(rest, body) }
      defer { group.cancelAll() }
      while let outcome = try await group.next() {
        if let outcome { return outcome }
      }
      throw CancellationError()
    }
  }

  /// Runs one child, starting it again as the policy says, until the task is cancelled.
  ///
  /// - Throws: ``ServiceRuntimeError`` when the child cannot go on.
  public func supervise(_ command: ChildCommand) async throws(ServiceRuntimeError) {
    var restarts = 0
    var logger = logger
    logger[metadataKey: "process.name"] = "\(command.name)"
    while !Task.isCancelled {
      let exit = try await ChildProcess().run(command, grace: grace) { pid in
        logger.info("child started", metadata: ["process.id": "\(pid)", "process.restarts": "\(restarts)"])
      }
      if Task.isCancelled { return }
      switch exit {
      case .status(let status) where status != 0:
        throw .childExited(
          name: command.name, status: status, lastLine: Self.lastError(in: command.logFile),
          logFile: Self.path(command.logFile))
      case .signal(let signal) where restarts >= policy.maxRestarts:
        throw .childKeepsDying(
          name: command.name, restarts: restarts, signal: signal, logFile: Self.path(command.logFile))
      case .status where restarts >= policy.maxRestarts:
        throw .childKeepsDying(name: command.name, restarts: restarts, signal: 0, logFile: Self.path(command.logFile))
      case .status, .signal:
        logger.warning("child died and is started again", metadata: ["process.exit": "\(exit)"])
        try? await Task.sleep(for: policy.delay(beforeRestart: restarts))
        restarts += 1
      }
    }
  }

  private static func path(_ file: URL) -> String { file.path(percentEncoded: false) }

  /// The last line that a child wrote as its error, without the program's name.
  private static func lastError(in file: URL) -> String {
    guard let data = try? Data(contentsOf: file) else { return "" }
    let lines = String(decoding: data.suffix(16_384), as: UTF8.self).split(separator: "\n")
    guard let line = lines.last(where: { $0.hasPrefix("retort: ") }) else { return "" }
    return String(line.dropFirst("retort: ".count))
  }
}
