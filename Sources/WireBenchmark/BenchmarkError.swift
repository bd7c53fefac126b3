/// Why a benchmark cannot go on. Each description is one line: what, where, what to do.
public enum BenchmarkError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Arguments that a program of the benchmark does not take.
  case usage(String)
  /// A process whose figures cannot be read.
  case noProcess(Int32)
  /// A program of a stack that does not do its part.
  case peerFailed(stack: String, program: String, reason: String)
  /// A stack that no figures were asked of.
  case unknownStack(String)

  /// One line: what, where, what to do.
  public var description: String {
    switch self {
    case .usage(let text): text
    case .noProcess(let process): "/proc/\(process): cannot be read: the benchmark needs Linux, and a peer that lives"
    case .peerFailed(let stack, let program, let reason): "\(stack): \(program) failed (\(reason)): run it by hand"
    case .unknownStack(let text): "--stack \(text): expected NAME=COMMAND"
    }
  }
}
