/// Why a command cannot do what it was asked. Each description is one line: what, where, what to do.
public enum CommandError: Error, Hashable, CustomStringConvertible {
  /// A file that cannot be read.
  case unreadable(file: String, reason: String)
  /// A data file from which a figure cannot be computed.
  case nothingToMeasure(file: String, metric: String, needed: String)
  /// A row that is wrong, with its line.
  case badRow(file: String, line: Int, reason: String)
  /// An option with a value that it does not take.
  case badOption(name: String, value: String, expected: String)
  /// A model folder without a tokenizer, where text has to be read or written.
  case noTokenizer(folder: String)
  /// A folder that cannot be made or written.
  case unwritable(folder: String, reason: String)
  /// A machine without the library of matrix products.
  case noArithmetic(reason: String)
  /// A precision that this machine does not compute in.
  case noPrecision(setting: String, reason: String)
  /// A service that does not answer.
  case unreachable(service: String, address: String, reason: String)
  /// A service that answered with an error.
  case refused(service: String, reason: String)
  /// A run that failed; the reason is the coordinator's.
  case runFailed(run: String, reason: String)
  /// A run that somebody cancelled.
  case runCancelled(run: String, remedy: String)
  /// A run that a coordinator does not know, and those that it does.
  case noSuchRun(String, known: [String])
  /// No run, or several, where one is to be chosen.
  case chooseRun([String])
  /// A folder of results that is there already.
  case outputExists(folder: String)
  /// A recipe that is not that of the run to go on with.
  case recipeChanged(key: String, was: String, now: String)
  /// Nothing to resume.
  case nothingToResume(folder: String)
  /// An endpoint where a teacher service is wanted.
  case teacherNotSupported(String)
  /// A folder that is not that of the examples.
  case noExamples(folder: String)
  /// Checks that did not pass.
  case checksFailed(count: Int)
  /// The user stopped the command.
  case interrupted(remedy: String)

  /// One line: what, where, what to do.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): cannot be read (\(reason)): check the path"
    case .nothingToMeasure(let file, let metric, let needed): "\(file): \(metric) needs \(needed), and no row has them"
    case .badRow(let file, let line, let reason): "\(file):\(line): \(reason)"
    case .badOption(let name, let value, let expected): "\(name) \(value): expected \(expected)"
    case .noTokenizer(let folder): "\(folder): there is no tokenizer, and text needs one: give rows with token_ids"
    case .unwritable(let folder, let reason): "\(folder): cannot be written (\(reason)): choose another folder"
    case .noArithmetic(let reason): reason
    case .noPrecision(let setting, let reason): "\(setting) cannot be had here: \(reason)"
    case .unreachable(let service, let address, let reason):
      "no \(service) at \(address) (\(reason)): start it, or correct the address"
    case .refused(let service, let reason): "\(service): \(reason)"
    case .runFailed(let run, let reason): "run \(run) failed: \(reason)"
    case .runCancelled(let run, let remedy): "run \(run) was cancelled: go on with \(remedy)"
    case .noSuchRun(let run, let known):
      known.isEmpty
        ? "there is no run \(run): the coordinator has none" : "there is no run \(run): see retort status"
    case .chooseRun(let runs):
      runs.isEmpty
        ? "no run is worked on: name one that has ended (retort status)"
        : "several runs are worked on: name one of \(runs.joined(separator: ", "))"
    case .outputExists(let folder):
      "\(folder) holds a run already: go on with --resume, or choose another output_dir"
    case .recipeChanged(let key, let was, let now):
      "the recipe differs from the run's in \(key) (\(was), now \(now)): choose another output_dir, or leave the key as it was"
    case .nothingToResume(let folder): "\(folder) holds no run to resume: leave out --resume"
    case .teacherNotSupported(let url):
      "teacher \(url): only retort run without --coordinator serves an endpoint itself: start retort teacher --upstream "
        + "\(url) --upstream-model NAME --tokenizer DIR, and give its HOST:PORT"
    case .noExamples(let folder):
      "\(folder) has no recipes of the demo: start it in the project's folder, or name theirs with --examples"
    case .checksFailed(let count): "\(count) of the checks above failed: change teacher, student or recipe as they say"
    case .interrupted(let remedy): "stopped: \(remedy)"
    }
  }

  /// The process's exit status: 130 where the user stopped it, as shells have it, else 1.
  public var exitStatus: Int32 {
    if case .interrupted = self { 130 } else { 1 }
  }
}
