import Glibc

/// How a program ended.
public enum ProgramExit: Sendable, Hashable {
  /// By itself, with a status.
  case status(Int32)
  /// By a signal.
  case signal(Int32)

  /// Reads what `waitpid` gives.
  init(waitStatus status: Int32) {
    let signal = status & 0x7f
    self = signal == 0 ? .status((status >> 8) & 0xff) : .signal(signal)
  }
}

/// A program that could not be started.
public struct ProgramError: Error, Hashable, CustomStringConvertible {
  /// The program.
  public let executable: String
  /// What the system says.
  public let reason: String

  init(executable: String, code: Int32) {
    self.executable = executable
    reason = unsafe String(cString: strerror(code))
  }

  /// One line for people.
  public var description: String { "cannot start \(executable): \(reason)" }
}
