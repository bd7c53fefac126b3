import CSpawn
import Glibc

/// What a program is started with: the one place that calls `posix_spawn`.
///
/// The program begins with default signals, none blocked, and with the files that are named here and no others, so that
/// what this process has open is nobody else's.
public struct ProgramStart: Sendable {
  /// The program's path.
  public var executable: String
  /// Its arguments, without its own name.
  public var arguments: [String]
  /// All variables that it gets.
  public var environment: [String: String]
  /// This process's files that become its files 0, 1, 2 and so on, copied in this order.
  public var files: [Int32]
  /// Whether it begins a process group, which Ctrl-C at a terminal does not reach.
  public var beginsGroup: Bool

  /// Names a program and what it gets.
  public init(
    _ executable: String, _ arguments: [String], environment: [String: String], files: [Int32],
    beginsGroup: Bool = false
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.files = files
    self.beginsGroup = beginsGroup
  }

  /// Starts the program; returns its number. Who calls this waits for its end (`waitpid`); ``run()`` does both.
  public func spawn() throws(ProgramError) -> Int32 {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for (target, file) in files.enumerated() {
      unsafe posix_spawn_file_actions_adddup2(&actions, file, Int32(target))
    }
    unsafe cspawn_close_from(&actions, Int32(files.count))
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var signals = (all: sigset_t(), none: sigset_t())
    unsafe sigfillset(&signals.all)
    unsafe sigemptyset(&signals.none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals.all)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals.none)
    let flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (beginsGroup ? POSIX_SPAWN_SETPGROUP : 0)
    unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
    var pid: Int32 = 0
    let code = unsafe Self.withCStrings([executable] + arguments) { arguments in
      unsafe Self.withCStrings(environment.map { "\($0.key)=\($0.value)" }) { variables in
        unsafe posix_spawn(&pid, executable, &actions, &attributes, arguments, variables)
      }
    }
    guard code == 0 else { throw ProgramError(executable: executable, code: code) }
    return pid
  }

  /// Makes a pipe whose ends no program gets that is not given them.
  public static func makePipe() throws(ProgramError) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    let code = unsafe cspawn_pipe(&ends)
    guard code == 0 else { throw ProgramError(executable: "a pipe", code: code) }
    return (ends[0], ends[1])
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
