internal import WireFormat

/// One of the services behind a teacher's name, as operators see it.
public struct TeacherReplica: Sendable, Hashable {
  /// How it stands.
  public enum State: String, Sendable, CaseIterable {
    /// It was not asked yet who it is. Becomes answering, away or left out.
    case new
    /// It is asked, and answers. Becomes slow or away.
    case answering
    /// It is asked little: a question was taken from it, since it was slow. Becomes answering with its next answer, or away.
    case slow
    /// It cannot be reached. Becomes answering or left out.
    case away
    /// It is another model than the others. Becomes answering once it is the same, or away.
    case leftOut = "left out"
  }

  /// Where it is.
  public var address: String
  /// How it stands.
  public var state: State
  /// Why it is not asked; nil: it is.
  public var trouble: String?
  /// Questions that it answered since the coordinator started.
  public var answered: Int
  /// Questions that it has now.
  public var outstanding: Int
  /// Questions that were taken from it and asked elsewhere, since it was slow.
  public var moved: Int

  /// Makes a replica.
  public init(
    address: String, state: State = .new, trouble: String? = nil, answered: Int = 0, outstanding: Int = 0,
    moved: Int = 0
  ) {
    (self.address, self.state, self.trouble) = (address, state, trouble)
    (self.answered, self.outstanding, self.moved) = (answered, outstanding, moved)
  }
}

extension TeacherReplica {
  package init(_ member: TeacherRoster.Member) {
    let (state, trouble): (State, String?) =
      switch member.standing {
      case .unknown: (.new, nil)
      case .present: (member.isSlow ? .slow : .answering, nil)
      case .twin: (.answering, nil)
      case .away(let reason): (.away, reason)
      case .refused(let difference): (.leftOut, "left out: it has \(difference)")
      }
    self.init(
      address: member.address, state: state, trouble: trouble, answered: member.answered,
      outstanding: member.questions.count,
      moved: member.moved)
  }
}

extension WireTeacherReplica {
  init(_ replica: TeacherReplica) {
    let state: WireTeacherReplicaState =
      switch replica.state {
      case .new: .new
      case .answering: .answering
      case .slow: .slow
      case .away: .away
      case .leftOut: .leftOut
      }
    self.init(
      address: replica.address, trouble: replica.trouble ?? "", answered: UInt64(replica.answered),
      outstanding: UInt64(replica.outstanding), moved: UInt64(replica.moved), state: state)
  }
}
