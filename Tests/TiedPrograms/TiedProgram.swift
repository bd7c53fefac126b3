public import Foundation
import Glibc
public import Programs

extension PipedProgram {
  /// Starts a program that Linux kills when this process ends, however it ends: tests leave nothing behind, even where
  /// the program reads no input, hangs or is stopped.
  ///
  /// `setpriv` asks for that (`PR_SET_PDEATHSIG`) and becomes a shell, which becomes the program unless this process has ended by then. What
  /// the program starts itself is not tied.
  public static func tied(
    _ executable: URL, _ arguments: [String] = [], environment: [String: String] = [:], output: Output = .piped,
    errors: Output? = .inherited
  ) throws -> PipedProgram {
    try PipedProgram(
      "/usr/bin/setpriv",
      ["--pdeathsig", "KILL", "--", "/bin/sh", "-c", "[ $PPID = $0 ] && exec \"$@\"", "\(getpid())"]
        + [executable.path(percentEncoded: false)] + arguments,
      environment: environment, output: output, errors: errors)
  }

  /// Starts this test program again, for the tests whose names fit a pattern.
  public static func testsAgain(_ filter: String, environment: [String: String], output: Output) throws -> PipedProgram
  {
    try tied(
      URL(filePath: "/proc/self/exe").resolvingSymlinksInPath(),
      ["--testing-library", "swift-testing", "--filter", filter], environment: environment, output: output,
      errors: nil)
  }

  /// All that it prints from now on, read on a thread of its own: nothing of Swift's waits for it.
  public func printed() async -> String {
    await withCheckedContinuation { waiter in
      Thread.detachNewThread { [self] in
        waiter.resume(returning: String(decoding: output.readDataToEndOfFile(), as: UTF8.self))
      }
    }
  }

  /// What it prints next, without spaces and ends of lines around it; empty: it prints nothing more.
  public func nextPrinted() async -> String {
    await withCheckedContinuation { waiter in
      Thread.detachNewThread { [self] in
        let text = String(decoding: output.availableData, as: UTF8.self)
        waiter.resume(returning: text.trimmingCharacters(in: .whitespacesAndNewlines))
      }
    }
  }
}
