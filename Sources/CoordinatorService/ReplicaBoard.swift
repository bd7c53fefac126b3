internal import Synchronization

/// The replicas of each run, and how long runs stood still while theirs met.
public final class ReplicaBoard: Sendable {
  private struct State {
    /// By run, in the order in which they came.
    var replicas: [String: [ReplicaFigures]] = [:]
    var waited: [String: Duration] = [:]
    var waitingSince: [String: Duration] = [:]
  }

  /// Replicas of a run that are gone, of which is told.
  static let goneLimit = 8

  private let state = Mutex(State())
  private let now: @Sendable () -> Duration

  /// Makes an empty board; `now` is time since some fixed moment, which never goes back.
  public init(now: @escaping @Sendable () -> Duration = Monotonic.now) { self.now = now }

  // MARK: What groups tell

  /// A student is to be a replica of a run.
  package func came(_ grant: TrainerRegistry.Grant, to runID: String, plannedPartCount: Int) {
    change(runID) { replicas in
      replicas.removeAll { $0.address == grant.address }
      replicas.append(ReplicaFigures(runID: runID, grant: grant, plannedPartCount: plannedPartCount))
    }
  }

  /// A replica is gone; what was said of it first stays.
  package func left(_ grant: TrainerRegistry.Grant, from runID: String, _ state: ReplicaFigures.State, _ reason: String)
  {
    change(runID) { replicas in
      guard let place = replicas.firstIndex(where: { $0.leaseID == grant.leaseID }), !replicas[place].state.isGone
      else { return }
      (replicas[place].state, replicas[place].reason, replicas[place].partCount) = (state, reason, 0)
      let gone = replicas.filter(\.state.isGone).map(\.leaseID)
      let surplus = gone.prefix(max(0, gone.count - Self.goneLimit))
      replicas.removeAll { surplus.contains($0.leaseID) }
    }
  }

  /// Replicas of a run share its steps from now on, and these alone; none: their group is to be formed anew.
  package func formed(_ leaseIDs: [String], of runID: String, step: Int = 0) {
    change(runID) { replicas in
      for place in replicas.indices where !replicas[place].state.isGone {
        guard let rank = leaseIDs.firstIndex(of: replicas[place].leaseID) else {
          (replicas[place].state, replicas[place].partCount) = (.joining, 0)
          continue
        }
        let parts = replicas[place].plannedPartCount
        replicas[place].state = .training
        replicas[place].step = step
        replicas[place].partCount = parts * (rank + 1) / leaseIDs.count - parts * rank / leaseIDs.count
      }
    }
  }

  /// A replica has made a step.
  package func made(_ step: Int, _ grant: TrainerRegistry.Grant, of runID: String, compute: Double, exchange: Double) {
    change(runID) { replicas in
      guard let place = replicas.firstIndex(where: { $0.leaseID == grant.leaseID }) else { return }
      replicas[place].step = step
      (replicas[place].computeSeconds, replicas[place].exchangeSeconds) = (compute, exchange)
    }
  }

  /// A run stands still while its replicas meet, or does no more.
  package func meet(_ runID: String, _ isMeeting: Bool) {
    let now = now()
    state.withLock { state in
      if let begin = state.waitingSince.removeValue(forKey: runID) {
        for name in Set([runID, RunRecord.owner(of: runID)]) { state.waited[name, default: .zero] += now - begin }
      }
      if isMeeting { state.waitingSince[runID] = now }
    }
  }

  /// A run has ended.
  package func forget(_ runID: String) {
    state.withLock { state in
      state.replicas = state.replicas.filter { $0.key != runID && RunRecord.owner(of: $0.key) != runID }
    }
  }

  private func change(_ runID: String, _ body: (inout [ReplicaFigures]) -> Void) {
    state.withLock { body(&$0.replicas[runID, default: []]) }
  }

  // MARK: What is told of them

  /// All replicas, by run; those that are gone last.
  ///
  /// - Parameters:
  ///   - heartbeats: Time since each lease that is in force was renewed.
  ///   - patience: A lease that was not renewed for longer is of one that has stalled.
  package func replicas(heartbeats: [String: Duration], patience: Duration) -> [ReplicaFigures] {
    let all = state.withLock { state in
      state.replicas.sorted { $0.key < $1.key }.map(\.value)
    }
    return all.flatMap { replicas in
      let present = replicas.filter { !$0.state.isGone }.map { replica in
        var replica = replica
        replica.heartbeatAge = heartbeats[replica.leaseID]
        if replica.heartbeatAge ?? .zero > patience { replica.state = .stalled }
        return replica
      }
      return present + replicas.filter(\.state.isGone)
    }
  }

  /// Seconds that a run stood still while its replicas met.
  public func waitSeconds(of runID: String) -> Double {
    let now = now()
    let waited = state.withLock { state in
      let under = state.waitingSince.filter { $0.key == runID || RunRecord.owner(of: $0.key) == runID }
      return under.values.reduce(state.waited[runID] ?? .zero) { $0 + (now - $1) }
    }
    return waited / .seconds(1)
  }
}
