import Foundation
import Programs
import TiedPrograms

/// A started CollectivesDriver.
final class DriverProcess {
  /// What it printed, and how it ended.
  struct Outcome {
    let output: String
    let errors: String
    let exit: ProgramExit
  }

  private static let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "CollectivesDriver")

  private let program: PipedProgram
  private var read = Data()

  init(_ arguments: [String]) throws {
    program = try PipedProgram.tied(Self.executable, arguments, errors: .piped)
  }

  /// Waits for a line that begins so; false when the program ends without it.
  func waitForLine(_ start: String) -> Bool {
    while !(String(decoding: read, as: UTF8.self).split(separator: "\n").contains { $0.hasPrefix(start) }) {
      let more = program.output.availableData
      if more.isEmpty { return false }
      read += more
    }
    return true
  }

  /// Gives it a line to read.
  func tell(_ line: String) throws { try program.input.write(contentsOf: Data("\(line)\n".utf8)) }

  func send(_ signal: Int32) { program.running.send(signal) }

  /// Waits for its end.
  func outcome() -> Outcome {
    read += program.output.readDataToEndOfFile()
    let complaint = program.errors.readDataToEndOfFile()
    return Outcome(
      output: String(decoding: read, as: UTF8.self), errors: String(decoding: complaint, as: UTF8.self),
      exit: program.running.wait())
  }
}

/// Starts the members of a group that meets in a folder of its own.
func startMembers(_ ranks: Range<Int>, of size: Int, in folder: URL, floats: Int, calls: Int, timeout: Double) throws
  -> [DriverProcess]
{
  try ranks.map {
    try DriverProcess(
      ["member", folder.path(percentEncoded: false)] + [$0, size, floats, calls].map(String.init) + ["\(timeout)"])
  }
}

/// Gives `body` an empty folder, on a thread of its own, since it waits for processes.
func inFolder(_ body: @escaping @Sendable (URL) throws -> Void) async throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "retort-group-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  try await withCheckedThrowingContinuation { (end: CheckedContinuation<Void, any Error>) in
    Thread { end.resume(with: Result { try body(folder) }) }.start()
  }
}
