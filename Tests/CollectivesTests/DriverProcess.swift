import Foundation

/// A started CollectivesDriver.
final class DriverProcess {
  /// What it printed, and how it ended: its status, or the number of a signal.
  struct Outcome {
    let output: String
    let errors: String
    let status: Int32
    let wasSignalled: Bool
  }

  private static let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "CollectivesDriver")

  private let process = Process()
  private let (input, output, errors) = (Pipe(), Pipe(), Pipe())
  private var read = Data()

  init(_ arguments: [String]) throws {
    process.executableURL = Self.executable
    process.arguments = arguments
    process.standardInput = input
    process.standardOutput = output
    process.standardError = errors
    try process.run()
  }

  deinit {
    if process.isRunning { send(SIGKILL) }
    process.waitUntilExit()
  }

  /// Waits for a line that begins so; false when the program ends without it.
  func waitForLine(_ start: String) -> Bool {
    while !(String(decoding: read, as: UTF8.self).split(separator: "\n").contains { $0.hasPrefix(start) }) {
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return false }
      read += more
    }
    return true
  }

  /// Gives it a line to read.
  func tell(_ line: String) throws { try input.fileHandleForWriting.write(contentsOf: Data("\(line)\n".utf8)) }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits for its end.
  func outcome() -> Outcome {
    read += output.fileHandleForReading.readDataToEndOfFile()
    let complaint = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(
      output: String(decoding: read, as: UTF8.self), errors: String(decoding: complaint, as: UTF8.self),
      status: process.terminationStatus, wasSignalled: process.terminationReason == .uncaughtSignal)
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
