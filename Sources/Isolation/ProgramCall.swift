import Foundation
import Glibc
import Synchronization

/// One call of a program, from start to end, on one thread.
final class ProgramCall: Sendable {
  private let arguments: [String]
  private let environment: [String]
  private let input: Data
  private let limits: ProgramLimits
  private let isCancelled = Mutex(false)

  init(arguments: [String], environment: [String], input: Data, limits: ProgramLimits) {
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
    let output = try Self.makePipe()
    defer { close(output.write) }
    do throws(IsolationError) {
      let report = try Self.makePipe()
      defer { close(report.write) }
      do throws(IsolationError) {
        let pid = try spawn(input: source, output: output.write, report: report.write, folder)
        return Started(pid: pid, output: output.read, report: report.read)
      } catch {
        close(report.read)
        throw error
      }
    } catch {
      close(output.read)
      throw error
    }
  }

  private static func makePipe() throws(IsolationError) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { throw failure() }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private func inputFile(_ folder: String) throws(IsolationError) -> Int32 {
    let path = "\(folder)/input"
    guard FileManager.default.createFile(atPath: path, contents: input) else { throw Self.failure() }
    defer { unsafe unlink(path) }
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw Self.failure() }
    return file
  }

  private func spawn(input: Int32, output: Int32, report: Int32, _ folder: String) throws(IsolationError) -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
    // Descriptors that this process has open are above 3, which standard input took at the latest.
    unsafe posix_spawn_file_actions_adddup2(&actions, report, 3)
    // Whatever else this process has open is not for the program.
    for file in 4...Self.highestFile { unsafe posix_spawn_file_actions_addclose(&actions, file) }
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var signals = (all: sigset_t(), none: sigset_t())
    unsafe sigfillset(&signals.all)
    unsafe sigemptyset(&signals.none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals.all)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals.none)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var pid: pid_t = 0
    let line = ["/usr/bin/env", "-C", folder] + arguments
    let code = unsafe Self.withCStrings(line) { arguments in
      unsafe Self.withCStrings(environment) { variables in
        unsafe posix_spawn(&pid, line[0], &actions, &attributes, arguments, variables)
      }
    }
    guard code == 0 else { throw Self.failure(code) }
    return pid
  }

  /// The highest number of a file that this process has open, or more.
  private static var highestFile: Int32 {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    return (names.compactMap { Int32($0) }.max() ?? 256) + 16
  }

  private static func failure(_ code: Int32 = errno) -> IsolationError {
    .notStarted(reason: unsafe String(cString: strerror(code)))
  }

  /// Lends strings to C as an array of pointers that ends with null.
  private static func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    var pointers = unsafe strings.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
    return unsafe body(&pointers)
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
