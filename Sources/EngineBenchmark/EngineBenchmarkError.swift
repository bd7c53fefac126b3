/// Why an engine's benchmark cannot go on. Each description is one line: what, where, what to do.
public enum EngineBenchmarkError: Error, Sendable, Hashable, CustomStringConvertible {
  /// A case that there is not.
  case unknownCase(name: String, known: [String])
  /// Arguments that a worker does not take.
  case usage(String)
  /// A worker that did not do its part.
  case workerFailed(worker: String, reason: String)
  /// A file that cannot be written.
  case cannotWrite(path: String)
  /// A file that is shorter than it should be.
  case cannotRead(path: String, expected: Int, found: Int)
  /// The engine has no such arithmetic on this machine.
  case noPrecision(String, reason: String)

  /// One line: what, where, what to do.
  public var description: String {
    switch self {
    case .unknownCase(let name, let known): "no case '\(name)': expected \(known.joined(separator: ", "))"
    case .usage(let text): text
    case .workerFailed(let worker, let reason): "\(worker) failed (\(reason)): run it by hand"
    case .cannotWrite(let path): "\(path): cannot be written: free some disk, or set TMPDIR to another place"
    case .cannotRead(let path, let expected, let found):
      "\(path): has \(found) bytes where \(expected) are expected: the disk may be full, or set TMPDIR to another place"
    case .noPrecision(let name, let reason): "\(name): \(reason)"
    }
  }
}
