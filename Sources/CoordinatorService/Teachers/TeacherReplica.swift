internal import WireFormat

/// One of the services behind a teacher's name, as operators see it.
public struct TeacherReplica: Sendable, Hashable {
  /// Where it is.
  public var address: String
  /// Why it is not asked; nil: it is.
  public var trouble: String?
  /// Questions that it answered since the coordinator started.
  public var answered: Int
  /// Questions that it has now.
  public var outstanding: Int
  /// Questions that were taken from it and asked elsewhere, since it was slow.
  public var moved: Int

  /// Makes a replica.
  public init(address: String, trouble: String? = nil, answered: Int = 0, outstanding: Int = 0, moved: Int = 0) {
    (self.address, self.trouble) = (address, trouble)
    (self.answered, self.outstanding, self.moved) = (answered, outstanding, moved)
  }
}

extension TeacherReplica {
  init(_ member: TeacherRoster.Member) {
    let trouble: String? =
      switch member.standing {
      case .unknown, .present: nil
      case .away(let reason): reason
      case .refused(let difference): "left out: it has \(difference)"
      }
    self.init(
      address: member.address, trouble: trouble, answered: member.answered, outstanding: member.questions.count,
      moved: member.moved)
  }
}

extension WireTeacherReplica {
  init(_ replica: TeacherReplica) {
    self.init(
      address: replica.address, trouble: replica.trouble ?? "", answered: UInt64(replica.answered),
      outstanding: UInt64(replica.outstanding), moved: UInt64(replica.moved))
  }
}
