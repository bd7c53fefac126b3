import Logging
import StudentService

extension StudentNews {
  /// Writes a line: of a step where each of them is asked for (debug), of anything else always.
  func log(to logger: Logger) {
    var metadata: Logger.Metadata = ["step": "\(step)"]
    if !runID.isEmpty { metadata["run.id"] = "\(runID)" }
    switch event {
    case .loaded: logger.info("student loaded", metadata: metadata)
    case .joined(let count):
      metadata["replicas"] = "\(count)"
      logger.info("replicas share steps", metadata: metadata)
    case .stepped: logger.debug("step made", metadata: metadata)
    case .saved: logger.info("checkpoint saved", metadata: metadata)
    case .exported: logger.info("student written", metadata: metadata)
    }
  }
}
