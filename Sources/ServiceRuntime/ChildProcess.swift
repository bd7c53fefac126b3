import Dispatch
import Foundation
import Glibc
import Programs

/// One start of a child, from start to end.
///
/// The child's standard input is a pipe that only this process holds open: when this process dies, however it dies, the
/// child sees the end of its input and stops. It gets a process group of its own, so that Ctrl-C at the terminal reaches
/// this process alone, which then ends its children in order.
public struct ChildProcess: Sendable {
  /// A child that is not started yet.
  public init() {}

  /// Starts the child and waits for its end, whether or not its own children live on.
  ///
  /// Cancellation sends SIGTERM, after a second once more, which makes our services leave calls in hand, and SIGKILL after
  /// `grace`.
  ///
  /// - Parameter started: Called with the process's number.
  public func run(
    _ command: ChildCommand, grace: Duration, started: (Int32) -> Void = { _ in }
  ) async throws(ServiceRuntimeError)
    -> ChildExit
  {
    let (program, input) = try Self.start(command)
    defer { close(input) }
    started(program.processID)
    let exit = await withTaskCancellationHandler {
      await program.end()
    } onCancel: {
      program.send(SIGTERM)
      DispatchQueue.global().asyncAfter(deadline: .now() + 1) { program.send(SIGTERM) }
      DispatchQueue.global().asyncAfter(deadline: .now() + grace / .seconds(1)) { program.send(SIGKILL) }
    }
    return switch exit {
    case .status(let status): .status(status)
    case .signal(let signal): .signal(signal)
    }
  }

  /// Starts the program; returns it and this process's end of its standard input.
  private static func start(_ command: ChildCommand) throws(ServiceRuntimeError) -> (RunningProgram, Int32) {
    let log = try open(command.logFile, command)
    defer { close(log) }
    let output = try open(command.outputFile ?? command.logFile, command)
    defer { close(output) }
    do throws(ProgramError) {
      let input = try ProgramStart.makePipe()
      defer { close(input.read) }
      do throws(ProgramError) {
        let environment = ProcessInfo.processInfo.environment
          .merging([StopSignals.parentPipeVariable: "1"]) { _, new in new }
          .merging(command.environment) { _, new in new }
        let start = ProgramStart(
          command.executable.path(percentEncoded: false), command.arguments, environment: environment,
          files: [input.read, output, log], beginsGroup: true)
        return (try start.run(), input.write)
      } catch {
        close(input.write)
        throw error
      }
    } catch {
      throw failure(command, error.reason)
    }
  }

  private static func open(_ file: URL, _ command: ChildCommand) throws(ServiceRuntimeError) -> Int32 {
    let descriptor = unsafe Glibc.open(
      file.path(percentEncoded: false), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(command, unsafe String(cString: strerror(errno))) }
    return descriptor
  }

  private static func failure(_ command: ChildCommand, _ reason: String) -> ServiceRuntimeError {
    .childNotStarted(
      name: command.name, executable: command.executable.path(percentEncoded: false), reason: reason)
  }
}
