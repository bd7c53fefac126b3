internal import Logging

/// Writes what happens to a run into the log: names and numbers, no text of prompts or completions.
struct RunStory {
  let logger: Logger
  let runID: String

  /// Tells an event.
  ///
  /// - Parameter step: Optimizer steps made.
  func tell(_ event: RunEvent, step: Int) {
    var data: Logger.Metadata = ["run.id": "\(runID)", "step": "\(step)"]
    switch event {
    case .trainerRegistered: logger.info("trainer taken", metadata: data)
    case .trainerLost: logger.warning("trainer lost", metadata: data)
    case .studentFailed(_, let failure):
      data["reason"] = "\(failure.message)"
      logger.warning("student failed", metadata: data)
    case .loaded: logger.info("student loaded", metadata: data)
    case .stepCompleted: logger.debug("step trained", metadata: data)
    case .evaluated: logger.info("student evaluated", metadata: data)
    case .saved: logger.info("checkpoint saved", metadata: data)
    case .failed(let message):
      data["reason"] = "\(message)"
      logger.error("run failed", metadata: data)
    case .exported: logger.info("student written", metadata: data)
    // Told where it is found.
    case .checkpointDamaged: break
    case .teacherReady, .teachersReady, .itemCompleted, .cancel, .resume, .restarted: break
    }
  }
}

extension Failure {
  /// Why, in a line.
  fileprivate var message: String {
    switch self {
    case .transient(let message), .doubtful(let message), .permanent(let message): message
    }
  }
}
