internal import NIOConcurrencyHelpers

/// How long a student has waited for the group of replicas that it is in: nothing came from the others in an exchange, or nobody asked it for
/// anything.
///
/// One alone cannot tell whether another computes; where all of a group wait, what they sent each other is lost.
public final class SilenceWatch: Sendable {
  /// What is known now.
  public struct Finding: Sendable, Hashable {
    /// The newest group whose members it has met.
    public let groupID: String
    /// Zero: it works.
    public let silence: Duration
    /// Whether it waits within an exchange; else to be asked for something.
    public let isExchanging: Bool
  }

  private struct State {
    var groupID = ""
    var group: GroupReplicas.Reference?
    /// Calls in hand.
    var count = 0
    var idleSince = ContinuousClock.now
  }

  private let state = NIOLockedValueBox(State())

  /// Nobody was met yet.
  public init() {}

  /// What is known now; nil: the student was in no group yet.
  public var finding: Finding? {
    state.withLockedValue { state in
      guard !state.groupID.isEmpty else { return nil }
      if let silence = state.group?.silence {
        return Finding(groupID: state.groupID, silence: silence, isExchanging: true)
      }
      let silence = state.count > 0 ? .zero : ContinuousClock.now - state.idleSince
      return Finding(groupID: state.groupID, silence: silence, isExchanging: false)
    }
  }

  /// Replicas have met.
  func met(_ groupID: String, _ replicas: GroupReplicas) {
    state.withLockedValue { ($0.groupID, $0.group) = (groupID, replicas.reference) }
  }

  /// Something is asked of the student.
  func begin() { state.withLockedValue { $0.count += 1 } }

  /// It is answered, or given up.
  func end() { state.withLockedValue { ($0.count, $0.idleSince) = ($0.count - 1, .now) } }

  /// Something is asked for as long as the body runs.
  func during<Result>(_ body: () async throws -> Result) async rethrows -> Result {
    begin()
    defer { end() }
    return try await body()
  }
}
