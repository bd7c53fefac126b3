internal import GRPCCore
internal import Logging

/// What people see of a run that trains students in runs of their own.
struct LoopStatus: Sendable {
  let record: RunRecord
  let dependencies: RunDependencies
  let board: RunBoard

  /// Shows a status for now.
  func show(_ status: RunStatus) { board.show(status, of: record.runID) }

  /// Shows a status that stays, although the run has not finished: it failed, or was cancelled.
  func stop(_ status: RunStatus) async {
    if status.state == .failed {
      dependencies.logger.error("run failed", metadata: ["run.id": "\(record.runID)", "reason": "\(status.message)"])
    }
    try? await dependencies.journal.keep(status, of: record.runID)
    show(status)
  }

  /// Shows that the run has finished, whose files are all there.
  func finish(_ status: RunStatus) async throws {
    try await dependencies.journal.keep(status, of: record.runID)
    await dependencies.onFinished(record.outputDir, record.method)
    show(status)
  }

  /// One line about work that failed; nil where it was only ended with its run.
  static func failure(_ who: String, _ error: any Error) -> String? {
    if error is CancellationError || Task.isCancelled { return nil }
    return "\(who): \((error as? RPCError).map { $0.message.isEmpty ? "\($0.code)" : $0.message } ?? "\(error)")"
  }
}

/// A failure whose line is written.
struct LoopFailure: Error, CustomStringConvertible {
  let description: String
}
