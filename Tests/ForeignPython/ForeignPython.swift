public import Foundation
public import Programs
import TiedPrograms

/// A python that tests set beside this project: RETORT_PYTHON names it, else it is the one that `make venv` made.
public struct ForeignPython: Sendable {
  /// Said where a test is skipped for want of it.
  public static let missing = "no python with the peers' modules: run make venv, or set RETORT_PYTHON"

  /// The program.
  public let program: URL

  /// Finds a python that can import all of these modules; nil: there is none.
  public init?(importing modules: String...) {
    let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let named = ProcessInfo.processInfo.environment["RETORT_PYTHON"].map { URL(filePath: $0) }
    program = named ?? project.appending(path: ".venv/bin/python")
    guard FileManager.default.isExecutableFile(atPath: program.path) else { return nil }
    let imports = try? start(["-c", "import " + modules.joined(separator: ", ")], output: .discarded, errors: nil)
    guard imports?.running.wait() == .status(0) else { return nil }
  }

  /// Starts it; it ends with this process.
  public func start(
    _ arguments: [String], output: PipedProgram.Output = .piped, errors: PipedProgram.Output? = .inherited
  ) throws -> PipedProgram {
    try PipedProgram.tied(program, arguments, output: output, errors: errors)
  }

  /// Starts a script in a folder beside the file of a test.
  public func start(
    _ script: String, beside test: String, _ arguments: [String] = [], output: PipedProgram.Output = .piped,
    errors: PipedProgram.Output? = .inherited
  ) throws -> PipedProgram {
    try start(
      [URL(filePath: test).deletingLastPathComponent().appending(path: script).path] + arguments, output: output,
      errors: errors)
  }
}
