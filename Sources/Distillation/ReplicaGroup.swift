public import Kernels

/// The replicas of a student that make a step together, as one of them reaches the others.
///
/// Every replica makes the same calls in the same order; each blocks until the others have come as far. They throw
/// ``DistillationError/replicaLost(_:)`` where another one is gone.
public protocol ReplicaGroup: Sendable {
  /// This replica's number, from 0.
  var rank: Int { get }
  /// Number of replicas.
  var size: Int { get }
  /// Sends each replica its part and receives one from each.
  ///
  /// - Parameters:
  ///   - counts: Elements for each replica, which stand in `parts` one after another.
  ///   - received: Room for what each sends, in order of rank.
  ///   - receivedCounts: Elements from each.
  func exchange(
    _ parts: FloatView, counts: [Int], into received: FloatView, counts receivedCounts: [Int]
  ) throws(DistillationError)
  /// Puts the parts of all replicas one after another into `all`, everywhere.
  ///
  /// - Parameter counts: Elements of each.
  func gather(_ part: FloatView, into all: FloatView, counts: [Int]) throws(DistillationError)
  /// The bytes of all replicas, everywhere, in order of rank.
  func gather(_ bytes: [UInt8]) throws(DistillationError) -> [[UInt8]]
}
