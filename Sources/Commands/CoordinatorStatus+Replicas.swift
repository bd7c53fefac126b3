import Reports
import WireFormat

extension CoordinatorStatus {
  static func table(of replicas: [WireReplica]) -> TextTable {
    var table = TextTable(
      ["replica", "of run", "state", "step", "parts", "computing", "exchange", "last heard", "why"],
      alignments: [.left, .left, .left, .right, .right, .right, .right, .right, .left])
    for replica in replicas {
      let isMeasured = replica.computeSeconds > 0
      table.add([
        replica.address, replica.runID, replica.state.word, "\(replica.step)", replica.share,
        isMeasured ? FigureFormat.stepTime(seconds: max(0, replica.computeSeconds - replica.exchangeSeconds)) : "",
        isMeasured ? FigureFormat.stepTime(seconds: replica.exchangeSeconds) : "",
        replica.heartbeatSeconds.map { FigureFormat.stepTime(seconds: $0) } ?? "", replica.reason,
      ])
    }
    return table
  }
}

extension WireReplica {
  /// Seconds since it was heard of; nil: it is gone.
  var heartbeatSeconds: Double? { state.isGone ? nil : Double(heartbeatMilliseconds) / 1000 }

  /// Its parts of a batch, of all: `2 of 4`.
  var share: String { partCount > 0 ? "\(partCount) of \(plannedPartCount)" : "" }
}

extension WireReplicaState {
  /// True where the replica is not there.
  var isGone: Bool { self == .left || self == .refused }

  /// The state's name.
  var word: String {
    switch self {
    case .joining: "joining"
    case .training: "training"
    case .stalled: "stalled"
    case .left: "left"
    case .refused: "refused"
    default: "unknown"
    }
  }
}
