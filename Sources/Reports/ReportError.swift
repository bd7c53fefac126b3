/// Why a report could not be made. Each description is one line: what, where, what to do.
public enum ReportError: Error, Hashable, CustomStringConvertible {
  /// A file that cannot be read.
  case unreadable(file: String, reason: String)
  /// A line that is not a row.
  case malformedRow(file: String, line: Int, reason: String)
  /// A run that is not there.
  case noRun(name: String, folder: String, known: [String])
  /// A method to compare with that is not among those shown.
  case noMethod(title: String, known: [String])
  /// A file that cannot be written.
  case unwritable(file: String, reason: String)

  /// One line: what, where, what to do.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): cannot be read (\(reason)): give the folder of a run"
    case .malformedRow(let file, let line, let reason): "\(file):\(line): \(reason): repair or delete the line"
    case .noRun(let name, let folder, let known):
      "\(folder): there is no run '\(name)': name one of \(known.joined(separator: ", "))"
    case .noMethod(let title, let known):
      "--against: no method shown is called '\(title)': name one of \(known.joined(separator: ", "))"
    case .unwritable(let file, let reason):
      "\(file): cannot be written (\(reason)): free space or choose another output_dir"
    }
  }
}
