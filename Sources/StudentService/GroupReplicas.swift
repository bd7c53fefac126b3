internal import Collectives
public import Distillation
public import Kernels

/// A group of processes as a trainer sees it.
public struct GroupReplicas: ReplicaGroup {
  private let group: ProcessGroup

  init(_ group: ProcessGroup) { self.group = group }

  /// This replica's number.
  public var rank: Int { group.rank }
  /// Number of replicas.
  public var size: Int { group.size }

  /// What went to the others and came from them so far, and the time that this took.
  var traffic: (bytes: UInt64, seconds: Double) {
    let traffic = group.traffic
    return (UInt64(clamping: traffic.bytesSent + traffic.bytesReceived), traffic.duration / .seconds(1))
  }

  /// Sends each replica its part and receives one from each.
  public func exchange(
    _ parts: FloatView, counts: [Int], into received: FloatView, counts receivedCounts: [Int]
  ) throws(DistillationError) {
    try Self.explaining { () throws(CollectiveError) in
      try group.exchange(parts, counts: counts, into: received, counts: receivedCounts)
    }
  }

  /// Puts the parts of all replicas one after another, everywhere.
  public func gather(_ part: FloatView, into all: FloatView, counts: [Int]) throws(DistillationError) {
    try Self.explaining { () throws(CollectiveError) in try group.gather(part, into: all, counts: counts) }
  }

  /// The bytes of all replicas, everywhere.
  public func gather(_ bytes: [UInt8]) throws(DistillationError) -> [[UInt8]] {
    try Self.explaining { () throws(CollectiveError) in try group.gather(bytes) }
  }

  /// Makes the numbers of one replica those of all.
  func broadcast(_ numbers: FloatView, from root: Int) throws(DistillationError) {
    try Self.explaining { () throws(CollectiveError) in try group.broadcast(numbers, from: root) }
  }

  /// The group for as long as somebody else has it.
  struct Reference: Sendable {
    fileprivate weak let group: ProcessGroup?

    /// How long a call has waited and nothing has come; nil: none is under way.
    var silence: Duration? { group?.silence }
  }

  var reference: Reference { Reference(group: group) }

  /// Ends calls that wait, and closes the connections.
  func abort() { group.abort() }

  private static func explaining<Result>(
    _ body: () throws(CollectiveError) -> Result
  ) throws(DistillationError) -> Result {
    do { return try body() } catch { throw .replicaLost("\(error)") }
  }
}
