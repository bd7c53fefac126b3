/// What keeps a program from the rest of the machine, by its name in a recipe.
public enum ProgramIsolation: String, Sendable, Hashable, Codable, CaseIterable {
  /// Bubblewrap: namespaces of its own without a network, a read-only system, an empty working folder.
  case bubblewrap
  /// Limits alone: the program sees files and network as whoever runs it does.
  case none
}

/// What a program may use.
public struct ProgramLimits: Sendable, Hashable {
  /// Time until it is ended, and of the processor.
  public var seconds: Double
  /// Address space of each process.
  public var memoryBytes: Int
  /// What it may write to standard output and error together before it is ended.
  public var outputBytes: Int
  /// Processes and threads at a time; of an isolated program alone.
  public var processes: Int
  /// What it may keep in its working folder, and the longest file.
  public var fileBytes: Int

  /// Names the limits.
  public init(
    seconds: Double = 5, memoryBytes: Int = 512 << 20, outputBytes: Int = 64 << 10, processes: Int = 64,
    fileBytes: Int = 64 << 20
  ) {
    (self.seconds, self.memoryBytes, self.outputBytes) = (seconds, memoryBytes, outputBytes)
    (self.processes, self.fileBytes) = (processes, fileBytes)
  }
}

/// How a program ended.
public enum ProgramOutcome: Sendable, Hashable {
  /// By itself, with a status.
  case status(Int)
  /// By a signal: of its own, or since it used more processor time or wrote longer files than it may.
  case signal(Int)
  /// It was ended since its time was over.
  case timeLimit
  /// It was ended since it wrote more than it may.
  case outputLimit
}

/// Why a program cannot be run at all.
public enum IsolationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// A program that isolation needs is not installed.
  case toolMissing(name: String, package: String)
  /// Bubblewrap is there and makes no sandbox.
  case sandboxRefused(reason: String)
  /// The program itself was not found or is not executable.
  case notExecutable(program: String)
  /// The program did not begin: the system starts no process, or the sandbox could not be made.
  case notStarted(reason: String)

  /// One line: what, where, what to do.
  public var description: String {
    switch self {
    case .toolMissing(let name, let package):
      "'\(name)' is not installed, without which no program is run in isolation: install \(package), or write isolation: none"
    case .sandboxRefused(let reason):
      "bwrap makes no sandbox here (\(reason)): allow user namespaces and let everybody read the files that the command names, or write isolation: none"
    case .notExecutable(let program):
      "the program '\(program)' is not found or not executable where it is to run: give its whole path"
    case .notStarted(let reason): "the program was not started: \(reason)"
    }
  }
}
