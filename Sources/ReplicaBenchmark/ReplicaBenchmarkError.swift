/// Why replicas cannot be measured. Each description is one line.
public enum ReplicaBenchmarkError: Error, Sendable, Hashable, CustomStringConvertible {
  /// A member that did not do its part.
  case memberFailed(rank: Int, reason: String)
  /// A step was asked for before a student.
  case noStudent
  /// A call was asked for before a group.
  case noGroup

  /// One line.
  public var description: String {
    switch self {
    case .memberFailed(let rank, let reason): "member \(rank) failed: \(reason)"
    case .noStudent: "the member has no student"
    case .noGroup: "the member has no group"
    }
  }
}
