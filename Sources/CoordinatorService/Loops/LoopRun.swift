internal import Logging

/// A run that trains students in runs of their own: what it is carried out with, and what people see of it.
struct LoopRun: Sendable {
  let record: RunRecord
  let dependencies: RunDependencies
  let board: RunBoard

  var folder: LoopFolder { LoopFolder(run: RunFolder(path: record.outputDir)) }

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
    // Where this process ends in between, the last files are written again.
    await dependencies.onFinished(record.outputDir, record.method)
    try folder.run.finish()
    try await dependencies.journal.keep(status, of: record.runID)
    show(status)
  }
}

/// A failure whose line is written.
struct LoopFailure: Error, CustomStringConvertible {
  let description: String
}
