/// Why the journal cannot be used.
public enum JournalError: Error, Sendable, Hashable, CustomStringConvertible {
  /// SQLite does not write through to the disk.
  case notDurable(path: String, synchronous: Int)
  /// The file's content is not ours.
  case corrupt(path: String, reason: String)
  /// No space left.
  case diskFull(path: String)
  /// Another error of SQLite.
  case failed(path: String, reason: String)

  /// One line: what, where, what to do.
  public var description: String {
    switch self {
    case .notDurable(let path, let mode):
      "\(path): SQLite refuses synchronous=FULL (it reports \(mode)); the journal would not survive a power cut"
    case .corrupt(let path, let reason): "\(path): the journal is damaged: \(reason); move it away to start afresh"
    case .diskFull(let path): "the disk of \(path) is full: free some space, then go on with --resume"
    case .failed(let path, let reason): "\(path): the journal cannot be written: \(reason)"
    }
  }
}
