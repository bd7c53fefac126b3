internal import Synchronization
internal import WireFormat

/// What a student tells of its group of replicas when it renews its lease.
public struct ReplicaSilence: Sendable, Hashable {
  /// The newest group whose members it has met.
  public let groupID: String
  /// For how long nothing has come from the others in an exchange, or nobody has asked it for anything. Zero: it works.
  public let time: Duration
  /// Whether it waits within an exchange; else to be asked for something.
  public let isExchanging: Bool

  /// Names a group and what is known of it.
  public init(groupID: String, time: Duration, isExchanging: Bool) {
    (self.groupID, self.time, self.isExchanging) = (groupID, time, isExchanging)
  }

  /// Nil where the student was in no group.
  init?(_ request: RenewLeaseRequest) {
    guard !request.groupID.isEmpty else { return nil }
    self.init(
      groupID: request.groupID, time: .milliseconds(Int64(clamping: request.silentMilliseconds)),
      isExchanging: request.exchanging)
  }
}

extension TrainerRegistry {
  /// What a student tells whenever it renews its lease, the newest where several wait; of one listener for a lease, the last.
  func silences(of leaseID: String) -> AsyncStream<ReplicaSilence> {
    let (stream, continuation) = AsyncStream<ReplicaSilence>.makeStream(bufferingPolicy: .bufferingNewest(1))
    state.withLock { $0.silenceWatchers[leaseID] = continuation }
    continuation.onTermination = { [weak self] _ in
      _ = self?.state.withLock { $0.silenceWatchers.removeValue(forKey: leaseID) }
    }
    return stream
  }
}
