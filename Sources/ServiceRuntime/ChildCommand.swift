public import Foundation

/// A program to run as a child.
public struct ChildCommand: Sendable, Hashable {
  /// What people call it, such as `teacher`.
  public var name: String
  /// The program.
  public var executable: URL
  /// Its arguments, without the program's own name.
  public var arguments: [String]
  /// Variables added to the parent's environment.
  public var environment: [String: String]
  /// Where its standard error goes, appended.
  public var logFile: URL
  /// Where its standard output goes, appended; nil: with the errors.
  public var outputFile: URL?

  /// Names a program and where its output goes.
  public init(
    name: String, executable: URL, arguments: [String], environment: [String: String] = [:], logFile: URL,
    outputFile: URL? = nil
  ) {
    self.name = name
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.logFile = logFile
    self.outputFile = outputFile
  }
}

/// How a child ended.
public enum ChildExit: Sendable, Hashable {
  /// By itself, with a status.
  case status(Int32)
  /// By a signal.
  case signal(Int32)
}

/// When a child that died is started again.
///
/// A child killed by a signal, or ended with status 0 although nobody asked, is started again. One that ends with another
/// status has said why it cannot go on: starting it again would not help.
public struct RestartPolicy: Sendable, Hashable {
  /// Restarts before giving up.
  public var maxRestarts: Int
  /// Wait before the first restart; doubled for each further one.
  public var firstDelay: Duration
  /// Longest wait.
  public var maxDelay: Duration

  /// Makes a policy; the defaults give up after about 20 seconds of constant dying.
  public init(maxRestarts: Int = 8, firstDelay: Duration = .milliseconds(100), maxDelay: Duration = .seconds(5)) {
    self.maxRestarts = maxRestarts
    self.firstDelay = firstDelay
    self.maxDelay = maxDelay
  }

  /// Wait before a restart, `restart` counting from 0.
  public func delay(beforeRestart restart: Int) -> Duration {
    min(firstDelay * (1 << min(restart, 20)), maxDelay)
  }
}
