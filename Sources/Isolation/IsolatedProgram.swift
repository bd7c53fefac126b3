public import Foundation

/// A program that judges something: it gets bytes on its standard input, and its exit status is its answer.
///
/// With bubblewrap it has no network, sees `/usr` and the files that it names, all read-only, and works in an empty folder in
/// memory that goes with it; all of its processes end with it. A coordinator that runs as root gives it the user `nobody`.
/// Limits are those of `prlimit`, but for time and output, which are watched.
public struct IsolatedProgram: Sendable {
  private let command: [String]
  private let readable: [String]
  private let isolation: ProgramIsolation
  private let limits: ProgramLimits

  /// Names a program.
  ///
  /// - Parameters:
  ///   - command: The program and its arguments. Those that are absolute paths of what is there can be read by it.
  ///   - readable: Absolute paths that it can read besides.
  public init(
    command: [String], readable: [String] = [], isolation: ProgramIsolation = .bubblewrap,
    limits: ProgramLimits = ProgramLimits()
  ) {
    precondition(!command.isEmpty, "a command without a program")
    (self.command, self.isolation, self.limits) = (command, isolation, limits)
    let named = command.filter { $0.hasPrefix("/") && FileManager.default.fileExists(atPath: $0) }
    self.readable = (named + readable).filter { !$0.hasPrefix("/usr/") }
  }

  /// Checks that programs can be run as this one is to be.
  public func probe() async throws(IsolationError) {
    try Self.requireTool("prlimit", package: "util-linux")
    if isolation == .bubblewrap { try Self.requireTool("bwrap", package: "bubblewrap") }
    do throws(IsolationError) {
      _ = try await run(["true"], input: Data())
    } catch .notStarted(let reason) {
      throw .sandboxRefused(reason: reason)
    }
    let search = ["sh", "-c", "command -v \"$0\"", command[0]]
    guard try await run(search, input: Data()) == .status(0) else { throw .notExecutable(program: command[0]) }
  }

  /// Runs the program once.
  ///
  /// - Throws: ``IsolationError/notStarted(reason:)`` where it does not begin; that it fails is an outcome.
  public func run(input: Data) async throws(IsolationError) -> ProgramOutcome {
    try await run(command, input: input)
  }

  private func run(_ command: [String], input: Data) async throws(IsolationError) -> ProgramOutcome {
    let call = ProgramCall(
      arguments: arguments(command), environment: environment, input: input, limits: limits)
    // One thread starts the program and sees it end: bwrap ends its sandbox with the thread that started it.
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: call.run()) }
      }
    } onCancel: {
      call.cancel()
    }
    return try result.get()
  }

  private var environment: [String: String] {
    [
      "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8",
      "HOME": isolation == .bubblewrap ? "/work" : "/nonexistent",
    ]
  }

  /// The whole line: limits are set inside of the sandbox, where processes are counted apart from those outside.
  private func arguments(_ command: [String]) -> [String] {
    let seconds = Int(limits.seconds.rounded(.up)) + 1
    var limited = [
      "/usr/bin/prlimit", "--as=\(limits.memoryBytes)", "--cpu=\(seconds)", "--fsize=\(limits.fileBytes)", "--core=0",
      "--nofile=256",
    ]
    guard isolation == .bubblewrap else { return limited + ["--"] + ProgramCall.reporter + command }
    limited.append("--nproc=\(limits.processes)")
    var wall = ["/usr/bin/bwrap", "--unshare-all", "--die-with-parent", "--new-session"]
    if geteuid() == 0 { wall = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"] + wall }
    for folder in ["/usr", "/bin", "/lib", "/lib64", "/etc/alternatives", "/etc/ld.so.cache"] {
      wall += ["--ro-bind-try", folder, folder]
    }
    wall += ["--proc", "/proc", "--dev", "/dev", "--size", "\(limits.fileBytes)", "--tmpfs", "/work"]
    wall += ["--size", "\(limits.fileBytes)", "--tmpfs", "/tmp"]
    for path in readable { wall += ["--ro-bind", path, path] }
    wall += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/work", "--"]
    return wall + limited + ["--"] + ProgramCall.reporter + command
  }

  private static func requireTool(_ name: String, package: String) throws(IsolationError) {
    guard FileManager.default.isExecutableFile(atPath: "/usr/bin/\(name)") else {
      throw .toolMissing(name: name, package: package)
    }
  }
}
