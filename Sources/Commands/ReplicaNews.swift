package import WireFormat

/// What of a run's replicas is new since the last look, in lines for people.
package struct ReplicaNews {
  private let runID: String
  private var told: [String: WireReplicaState] = [:]

  /// Has told nothing of a run yet.
  package init(runID: String) { self.runID = runID }

  /// Replicas that were told of.
  package var addresses: Set<String> { Set(told.keys) }

  /// Tells of those whose state changed.
  package mutating func lines(_ replicas: [WireReplica]) -> [String] {
    var lines: [String] = []
    for replica in replicas where replica.runID == runID || replica.runID.hasPrefix("\(runID)/") {
      let before = told.updateValue(replica.state, forKey: replica.address)
      // Whoever was gone before anybody looked is no news.
      guard before != replica.state, before != nil || !replica.state.isGone else { continue }
      lines.append(Self.line(replica))
    }
    return lines
  }

  private static func line(_ replica: WireReplica) -> String {
    let name = "replica \(replica.address)"
    switch replica.state {
    case .training: return "\(name) shares steps: \(replica.share) parts, from step \(replica.step) on"
    case .stalled: return "\(name) has not been heard of for \(replica.heartbeatMilliseconds / 1000) s"
    case .left: return "\(name) left: \(replica.reason)"
    case .refused: return "\(name) is refused: \(replica.reason)"
    default: return "\(name) joins"
    }
  }
}
