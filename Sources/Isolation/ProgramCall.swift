import Foundation
import Glibc
import Synchronization

/// One call of a program, from start to end, on one thread.
final class ProgramCall: Sendable {
  private let arguments: [String]
  private let environment: [String]
  private let input: Data
  private let limits: ProgramLimits
  private let onOutput: @Sendable (String) -> Void
  private let isCancelled = Mutex(false)

  init(
    arguments: [String], environment: [String], input: Data, limits: ProgramLimits,
    onOutput: @escaping @Sendable (String) -> Void
  ) {
    (self.arguments, self.environment, self.input) = (arguments, environment, input)
    (self.limits, self.onOutput) = (limits, onOutput)
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
      defer { close(started.output) }
      return .success(watch(started.pid, started.output))
    } catch let error as IsolationError {
      return .failure(error)
    } catch {
      return .failure(.notStarted(reason: "\(error)"))
    }
  }

  // MARK: Start

  /// The program's number, which is that of its process group, and the end of the pipe that it writes to.
  private func start(in folder: String) throws(IsolationError) -> (pid: pid_t, output: Int32) {
    // A file, not a pipe: a program need not read it.
    let source = try inputFile(folder)
    defer { close(source) }
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { throw Self.failure() }
    defer { close(ends[1]) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    do throws(IsolationError) {
      return (try spawn(input: source, output: ends[1], folder), ends[0])
    } catch {
      close(ends[0])
      throw error
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

  private func spawn(input: Int32, output: Int32, _ folder: String) throws(IsolationError) -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
    // Whatever else this process has open is not for the program.
    for file in 3...Self.highestFile { unsafe posix_spawn_file_actions_addclose(&actions, file) }
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
  private func watch(_ pid: pid_t, _ output: Int32) -> ProgramOutcome {
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
    onOutput(String(decoding: written.prefix(4096), as: UTF8.self))
    if let ending { return ending }
    if written.count > limits.outputBytes { return .outputLimit }
    let signal = status & 0x7f
    return signal == 0 ? .status(Int(status >> 8 & 0xff)) : .signal(Int(signal))
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
