import Foundation
import Glibc
import Programs
import Synchronization

/// One call of a program, from start to end, on one thread.
final class ProgramCall: Sendable {
  private let arguments: [String]
  private let environment: [String: String]
  private let input: Data
  private let limits: ProgramLimits
  private let isCancelled = Mutex(false)

  init(arguments: [String], environment: [String: String], input: Data, limits: ProgramLimits) {
    (self.arguments, self.environment, self.input, self.limits) = (arguments, environment, input, limits)
  }

  /// Has the program ended soon.
  func cancel() { isCancelled.withLock { $0 = true } }

  /// Blocks until the program has ended and nothing of it is left.
  func run() -> Result<ProgramOutcome, IsolationError> {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("retort-program-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let started = try start(in: folder.path)
      defer {
        close(started.output)
        close(started.report)
      }
      return .success(try watch(started))
    } catch let error as IsolationError {
      return .failure(error)
    } catch {
      return .failure(.notStarted(reason: "\(error)"))
    }
  }

  // MARK: Start

  /// A program that runs.
  private struct Started {
    /// Its number, which is that of its process group.
    let pid: pid_t
    /// Where what it writes can be read.
    let output: Int32
    /// Where what ``Self/reporter`` writes can be read.
    let report: Int32
  }

  /// Runs its arguments, and says on descriptor 3, which they do not have, that they begin and with what status they end.
  /// The statuses of whatever makes the sandbox cannot be told from those of the program.
  static let reporter = ["/bin/sh", "-c", "echo >&3; \"$@\" 3>&-; echo $? >&3", "sh"]

  private func start(in folder: String) throws(IsolationError) -> Started {
    // A file, not a pipe: a program need not read it.
    let source = try inputFile(folder)
    defer { close(source) }
    do throws(ProgramError) {
      let output = try ProgramStart.makePipe()
      defer { close(output.write) }
      do throws(ProgramError) {
        let report = try ProgramStart.makePipe()
        defer { close(report.write) }
        do throws(ProgramError) {
          let start = ProgramStart(
            "/usr/bin/env", ["-C", folder] + arguments, environment: environment,
            files: [source, output.write, output.write, report.write], beginsGroup: true)
          return Started(pid: try start.spawn(), output: output.read, report: report.read)
        } catch {
          close(report.read)
          throw error
        }
      } catch {
        close(output.read)
        throw error
      }
    } catch {
      throw .notStarted(reason: error.reason)
    }
  }

  private func inputFile(_ folder: String) throws(IsolationError) -> Int32 {
    let path = "\(folder)/input"
    guard FileManager.default.createFile(atPath: path, contents: input) else { throw Self.failure() }
    defer { unsafe unlink(path) }
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw Self.failure() }
    return file
  }

  private static func failure() -> IsolationError {
    .notStarted(reason: unsafe String(cString: strerror(errno)))
  }

  // MARK: End

  /// Reads what the program writes until it ends or is ended; then kills what it left behind.
  private func watch(_ started: Started) throws(IsolationError) -> ProgramOutcome {
    let (pid, output) = (started.pid, started.output)
    let deadline = ContinuousClock.now + .seconds(limits.seconds)
    var written = Data()
    var isOpen = true
    var ending: ProgramOutcome?
    var status: Int32 = 0
    while unsafe waitpid(pid, &status, WNOHANG) == 0 {
      if ending == nil {
        if written.count > limits.outputBytes { ending = .outputLimit }
        if ContinuousClock.now >= deadline || isCancelled.withLock({ $0 }) { ending = .timeLimit }
        if ending != nil { kill(-pid, SIGKILL) }
      }
      isOpen = isOpen && ending == nil
      Self.read(isOpen ? output : -1, into: &written)
        .map { isOpen = $0 }
    }
    kill(-pid, SIGKILL)
    if isOpen { while Self.read(output, into: &written, wait: 0) == true, written.count <= limits.outputBytes {} }
    let text = String(decoding: written.prefix(4096), as: UTF8.self)
    if let ending { return ending }
    if written.count > limits.outputBytes { return .outputLimit }
    var report = Data()
    while Self.read(started.report, into: &report, wait: 0) == true {}
    return try Self.outcome(report, text)
  }

  /// What a report says: a line when the program began, and its status when it ended.
  private static func outcome(_ report: Data, _ text: String) throws(IsolationError) -> ProgramOutcome {
    guard !report.isEmpty else {
      throw .notStarted(reason: text.split(whereSeparator: \.isNewline).first.map(String.init) ?? "no reason was given")
    }
    // It may have ended who reports as well.
    guard let status = Int(String(decoding: report, as: UTF8.self).filter(\.isNumber)) else {
      return .signal(Int(SIGKILL))
    }
    return status > 128 ? .signal(status - 128) : .status(status)
  }

  /// Waits a moment for something to read; nil: nothing came, false: nothing will come any more.
  private static func read(_ file: Int32, into written: inout Data, wait: Int32 = 5) -> Bool? {
    var poll = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
    guard unsafe Glibc.poll(&poll, 1, wait) > 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe Glibc.read(file, &bytes, bytes.count)
    guard count > 0 else { return count < 0 && errno == EINTR }
    written.append(contentsOf: bytes[..<count])
    return true
  }
}
