import Foundation
import GRPCNGHTTP2Transport
import Logging
import LoopbackSockets
import ModelFixtures
import ServiceRuntime

/// The built `retort`, run as its users run it.
struct Program: Sendable {
  /// What came of one start.
  struct Outcome: Sendable {
    let exit: ChildExit
    let output: String
    let errors: String

    /// Lines of standard error that say why it ended.
    var complaints: [Substring] { errors.split(separator: "\n").filter { $0.hasPrefix("retort: ") } }
  }

  /// Beside the tests, where the build puts it.
  static let executable = ExecutableLocation.current.deletingLastPathComponent().appending(path: "retort")

  /// Folder of what it writes.
  let folder: TemporaryFolder

  /// Runs it to its end, or until `during` has thrown.
  func run(
    _ arguments: [String], during: @escaping @Sendable (Int32) async throws -> Void = { _ in }
  ) async throws -> Outcome {
    try await run(Self.executable, arguments, during: during)
  }

  /// Runs another program the same way.
  func run(
    _ executable: URL, _ arguments: [String], during: @escaping @Sendable (Int32) async throws -> Void = { _ in }
  ) async throws -> Outcome {
    let name = UUID().uuidString
    let (output, errors) = (folder.url.appending(path: "\(name).out"), folder.url.appending(path: "\(name).err"))
    let command = ChildCommand(
      name: name, executable: executable, arguments: arguments, environment: ["NO_COLOR": "1"], logFile: errors,
      outputFile: output)
    let (pids, pid) = AsyncStream<Int32>.makeStream()
    let exit = try await withThrowingTaskGroup(of: ChildExit?.self) { group in
      group.addTask { try await ChildProcess().run(command, grace: .seconds(15)) { pid.yield($0) } }
      group.addTask {
        for await started in pids {
          try await during(started)
          break
        }
        return nil
      }
      defer { group.cancelAll() }
      while let ended = try await group.next() {
        if let ended { return ended }
      }
      return .status(-1)
    }
    func text(_ file: URL) -> String { (try? String(contentsOf: file, encoding: .utf8)) ?? "" }
    return Outcome(exit: exit, output: text(output), errors: text(errors))
  }

  /// Runs a service as long as the body; returns what the body returns.
  func service<Result: Sendable>(
    _ arguments: [String], _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    let command = ChildCommand(
      name: arguments[0], executable: Self.executable, arguments: arguments,
      logFile: folder.url.appending(path: "\(arguments[0]).log"))
    let quiet = LogSetup.logger(label: "test", level: .critical) { _ in }
    return try await ChildSupervisor(policy: RestartPolicy(maxRestarts: 0), logger: quiet).withChildren([command], body)
  }
}

/// Waits until a service accepts connections at an address of loopback, without ever taking its port.
func waitForListener(at address: String) async throws {
  guard case .tcp(_, let port) = try NetworkAddress(parsing: address) else { return }
  try await wait { LoopbackSocket().connect(port: UInt16(port)) }
}

/// Waits until a condition holds. The tests' time limit bounds it.
func wait(until condition: @Sendable () -> Bool) async throws {
  while !condition() { try await Task.sleep(for: .milliseconds(5)) }
}

/// Number of the child of a process whose arguments begin with a word; nil: there is none now.
func child(of parent: Int32, named name: String) -> Int32? { children(of: parent, named: name).first }

/// Numbers of the children of a process whose arguments begin with a word, ascending.
func children(of parent: Int32, named name: String) -> [Int32] {
  let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
  return processes.compactMap(Int32.init).sorted().filter { pid in
    guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let fields = status.split(separator: ")").last?.split(separator: " "), fields.count > 1, fields[1] == "\(parent)",
      let line = try? Data(contentsOf: URL(filePath: "/proc/\(pid)/cmdline"))
    else { return false }
    let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    return words.count > 1 && words[1] == name
  }
}

/// Number of rows of a run's metrics that are whole.
func rowCount(_ folder: URL) -> Int {
  guard let data = try? Data(contentsOf: folder.appending(path: "metrics.jsonl")) else { return 0 }
  return data.count { $0 == UInt8(ascii: "\n") }
}

extension TemporaryFolder {
  /// Whether a file whose name ends so contains a text.
  func text(inFilesEnding suffix: String, contains text: String) -> Bool {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    return names.contains { name in
      name.hasSuffix(suffix)
        && (try? String(contentsOf: url.appending(path: name), encoding: .utf8))?.contains(text) == true
    }
  }
}
