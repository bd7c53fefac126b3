public import Foundation

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
    let process = process(["-c", "import " + modules.joined(separator: ", ")])
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return nil }
  }

  /// A process of it that has not begun.
  public func process(_ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    return process
  }

  /// A process of a script in a folder beside the file of a test.
  public func process(_ script: String, beside test: String, _ arguments: [String] = []) -> Process {
    process([URL(filePath: test).deletingLastPathComponent().appending(path: script).path] + arguments)
  }
}
