internal import NIOConcurrencyHelpers

/// The group of replicas that a student is in, if it is in one.
final class Membership: Sendable {
  private struct State {
    var groupID = ""
    var replicas: GroupReplicas?
    /// Times that a group was left: who enters must not have been overtaken.
    var ticket = 0
  }

  private let state = NIOLockedValueBox(State())

  /// Leaves the group: what waits within it ends, and the others hear of it.
  ///
  /// - Returns: What ``enter(_:_:ticket:)`` takes, and is void once somebody else has left.
  @discardableResult
  func leave() -> Int {
    let (replicas, ticket) = state.withLockedValue { state in
      defer { (state.groupID, state.replicas) = ("", nil) }
      state.ticket += 1
      return (state.replicas, state.ticket)
    }
    replicas?.abort()
    return ticket
  }

  /// Leaves a group; nothing where the student is in another by now.
  func leave(ifIn groupID: String) {
    let replicas = state.withLockedValue { state -> GroupReplicas? in
      guard state.groupID == groupID else { return nil }
      defer { (state.groupID, state.replicas) = ("", nil) }
      return state.replicas
    }
    replicas?.abort()
  }

  /// Enters a group.
  ///
  /// - Throws: ``StudentError/replicaLost(_:)`` where another group was asked for meanwhile.
  func enter(_ groupID: String, _ replicas: GroupReplicas, ticket: Int) throws(StudentError) {
    let entered = state.withLockedValue { state in
      guard state.ticket == ticket else { return false }
      (state.groupID, state.replicas) = (groupID, replicas)
      return true
    }
    if !entered { throw .replicaLost("this one was asked to join another group, or to load, meanwhile") }
  }

  /// The replicas of a group; nil for none.
  ///
  /// - Throws: ``StudentError/otherGroup(asked:)``.
  func replicas(_ groupID: String) throws(StudentError) -> GroupReplicas? {
    if groupID.isEmpty { return nil }
    let found = state.withLockedValue { $0.groupID == groupID ? $0.replicas : nil }
    guard let found else { throw .otherGroup(asked: groupID) }
    return found
  }
}
