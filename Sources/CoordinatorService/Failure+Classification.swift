internal import GRPCCore

extension Failure {
  /// How bad an error of a call to the student is.
  init(_ error: any Error, doing what: String) {
    if let error = error as? FolderError {
      self = .permanent(message: error.description)
      return
    }
    guard let error = error as? RPCError else {
      self = .permanent(message: "\(what): \(error)")
      return
    }
    let message = "\(what): \(error.message.isEmpty ? "\(error.code)" : error.message)"
    switch error.code {
    case .unavailable, .cancelled, .aborted, .deadlineExceeded: self = .transient(message: message)
    // A student that was started anew has nothing loaded; one whose loss is not finite will never go on.
    case .failedPrecondition, .internalError, .unknown: self = .doubtful(message: message)
    default: self = .permanent(message: message)
    }
  }
}
