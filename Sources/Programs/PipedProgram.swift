public import Foundation
import Glibc

/// A program that is written to and read from while it runs. It is killed where nobody holds it any more.
public final class PipedProgram: Sendable {
  /// Where what it writes goes.
  public enum Output: Sendable {
    /// Where this process's goes.
    case inherited
    case discarded
    case piped
  }

  /// The program.
  public let running: RunningProgram
  /// Its standard input. It ends, at the latest, with this process: a program that reads it need not outlive this one.
  public let input: FileHandle
  /// What it prints, where that is piped.
  public let output: FileHandle
  /// What it complains of, where that is piped; with ``output`` where both go the same way.
  public let errors: FileHandle

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - environment: Variables beside this process's.
  ///   - errors: Where its standard error goes; nil: with its output.
  public init(
    _ executable: String, _ arguments: [String], environment: [String: String] = [:], output: Output = .piped,
    errors: Output? = .inherited
  ) throws(ProgramError) {
    // A program that has ended is an error of who writes to it, not the end of this process.
    Self.ignoreBrokenPipes
    let source = try ProgramStart.makePipe()
    input = FileHandle(fileDescriptor: source.write, closeOnDealloc: true)
    let theirInput = FileHandle(fileDescriptor: source.read, closeOnDealloc: true)
    let printed = try Self.open(output, STDOUT_FILENO)
    let complained = if let errors { try Self.open(errors, STDERR_FILENO) } else { printed }
    (self.output, self.errors) = (printed.ours, complained.ours)
    let start = ProgramStart(
      executable, arguments,
      environment: ProcessInfo.processInfo.environment.merging(environment) { _, new in new },
      files: [theirInput, printed.theirs, complained.theirs].map(\.fileDescriptor))
    running = try withExtendedLifetime((theirInput, printed, complained)) { () throws(ProgramError) in
      try start.run()
    }
  }

  /// Waits until the program has ended; kills it where the task is cancelled meanwhile.
  public func end() async -> ProgramExit {
    await withTaskCancellationHandler {
      await running.end()
    } onCancel: {
      running.send(SIGKILL)
    }
  }

  deinit { running.send(SIGKILL) }

  private static let ignoreBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

  /// What the program writes to, and what this process reads from.
  private static func open(
    _ output: Output, _ file: Int32
  ) throws(ProgramError) -> (theirs: FileHandle, ours: FileHandle) {
    switch output {
    case .inherited: return (FileHandle(fileDescriptor: file, closeOnDealloc: false), .nullDevice)
    case .discarded:
      let file = unsafe Glibc.open("/dev/null", O_WRONLY | O_CLOEXEC)
      guard file >= 0 else { throw ProgramError(executable: "/dev/null", code: errno) }
      return (FileHandle(fileDescriptor: file, closeOnDealloc: true), .nullDevice)
    case .piped:
      let pipe = try ProgramStart.makePipe()
      return (
        FileHandle(fileDescriptor: pipe.write, closeOnDealloc: true),
        FileHandle(fileDescriptor: pipe.read, closeOnDealloc: true)
      )
    }
  }
}
