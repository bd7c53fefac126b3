import Dispatch
import Foundation
import Glibc
import Synchronization

/// One start of a child, from start to end.
///
/// The child's standard input is a pipe that only this process holds open: when this process dies, however it dies, the
/// child sees the end of its input and stops. It gets a process group of its own, so that Ctrl-C at the terminal reaches
/// this process alone, which then ends its children in order.
///
/// Foundation's `Process` is not used: it notices the end of a child only when all of the child's own children are gone.
public final class ChildProcess: Sendable {
  /// One start at a time: between `pipe` and `fcntl` another child would inherit the pipe and keep this one alive.
  private static let starting = Mutex(())
  private let identifier = Mutex<pid_t?>(nil)

  /// A child that is not started yet.
  public init() {}

  /// Starts the child and waits for its end.
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
    let (pid, input) = try Self.starting.withLock { _ throws(ServiceRuntimeError) in try Self.start(command) }
    defer { close(input) }
    identifier.withLock { $0 = pid }
    started(pid)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        Thread.detachNewThread { [self] in continuation.resume(returning: wait(pid)) }
      }
    } onCancel: {
      send(SIGTERM)
      DispatchQueue.global().asyncAfter(deadline: .now() + 1) { [self] in send(SIGTERM) }
      DispatchQueue.global().asyncAfter(deadline: .now() + grace / .seconds(1)) { [self] in send(SIGKILL) }
    }
  }

  /// Sends a signal if the child still runs.
  private func send(_ signal: Int32) {
    identifier.withLock { pid in
      if let pid { _ = kill(pid, signal) }
    }
  }

  /// Blocks until the child ends. The child is reaped under the lock: a signal never reaches another process of the same number.
  private func wait(_ pid: pid_t) -> ChildExit {
    var info = unsafe siginfo_t()
    while unsafe waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    var status: Int32 = 0
    identifier.withLock {
      _ = unsafe waitpid(pid, &status, 0)
      $0 = nil
    }
    let signal = status & 0x7f
    return signal == 0 ? .status((status >> 8) & 0xff) : .signal(signal)
  }

  private static func failure(_ command: ChildCommand, _ code: Int32) -> ServiceRuntimeError {
    .childNotStarted(
      name: command.name, executable: command.executable.path(percentEncoded: false),
      reason: unsafe String(cString: strerror(code)))
  }

  /// Starts the program; returns its number and this process's end of its standard input.
  private static func start(_ command: ChildCommand) throws(ServiceRuntimeError) -> (pid_t, Int32) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { throw failure(command, errno) }
    defer { close(ends[0]) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    do {
      return (try spawn(command, input: ends[0]), ends[1])
    } catch {
      close(ends[1])
      throw error
    }
  }

  /// Starts the program with default signals, in a process group of its own.
  private static func spawn(_ command: ChildCommand, input: Int32) throws(ServiceRuntimeError) -> pid_t {
    let log = try open(command.logFile, command)
    defer { close(log) }
    let output = try open(command.outputFile ?? command.logFile, command)
    defer { close(output) }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, log, STDERR_FILENO)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var all = sigset_t()
    unsafe sigfillset(&all)
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    let path = command.executable.path(percentEncoded: false)
    let environment = ProcessInfo.processInfo.environment
      .merging([StopSignals.parentPipeVariable: "1"]) { _, new in new }
      .merging(command.environment) { _, new in new }
      .map { "\($0.key)=\($0.value)" }
    var pid: pid_t = 0
    let code = unsafe withCStrings([path] + command.arguments) { arguments in
      unsafe withCStrings(environment) { variables in
        unsafe posix_spawn(&pid, path, &actions, &attributes, arguments, variables)
      }
    }
    guard code == 0 else { throw failure(command, code) }
    return pid
  }

  private static func open(_ file: URL, _ command: ChildCommand) throws(ServiceRuntimeError) -> Int32 {
    let descriptor = unsafe Glibc.open(
      file.path(percentEncoded: false), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(command, errno) }
    return descriptor
  }

  /// Lends strings to C as an array of pointers that ends with null.
  private static func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    var pointers = unsafe strings.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
    return unsafe body(&pointers)
  }
}
