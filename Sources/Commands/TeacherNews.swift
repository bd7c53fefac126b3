package import WireFormat

/// What of the services behind teachers' names is new since the last look, in lines for people.
package struct TeacherNews {
  private var told: [String: WireTeacherReplicaState] = [:]

  /// Has told nothing yet.
  package init() {}

  /// Tells of those, behind names that stand for several, whose state changed.
  package mutating func lines(_ teachers: [WireTeacherState]) -> [String] {
    var lines: [String] = []
    for teacher in teachers where teacher.replicas.count > 1 {
      for replica in teacher.replicas {
        let before = told.updateValue(replica.state, forKey: "\(teacher.name) \(replica.address)")
        // Who answers, and did before anybody looked, is no news.
        let isUsual = replica.state == .new || replica.state == .answering
        guard before != replica.state, !isUsual || before != nil && before != .new else { continue }
        lines.append("\(teacher.name) \(replica.address) \(Self.words(replica))")
      }
    }
    return lines
  }

  private static func words(_ replica: WireTeacherReplica) -> String {
    switch replica.state {
    case .answering: "answers again"
    case .slow: "is slow: \(replica.moved) question\(replica.moved == 1 ? " was" : "s were") taken from it"
    case .away: "is away: \(replica.trouble)"
    case .leftOut: "is \(replica.trouble)"
    default: "is new"
    }
  }
}

extension WireTeacherReplica {
  /// How it stands, and why it is not asked.
  var words: String {
    switch state {
    case .away: "away: \(trouble)"
    case .leftOut: trouble
    case .unspecified: trouble.isEmpty ? "there" : trouble
    default: state.word
    }
  }
}

extension WireTeacherReplicaState {
  /// The state's name.
  var word: String {
    switch self {
    case .new: "new"
    case .answering: "answering"
    case .slow: "slow"
    case .away: "away"
    case .leftOut: "left out"
    default: "unknown"
    }
  }
}
