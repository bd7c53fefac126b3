internal import Foundation
internal import Kernels

/// Sums what replicas of a student found in their parts of a batch, in the order of a tree over the parts.
///
/// Each replica adds up its own share of the gradients' elements and passes the sums on: as much travels as in any other all-reduce,
/// while the order of additions is that of the parts and not that of the replicas.
final class ReplicaSummation {
  private var sent = FloatStorage(count: 0)
  private var received = FloatStorage(count: 0)

  /// What a replica tells the others once its passes are made.
  private enum Report: Codable {
    case found([LossSums])
    case failed(String)
  }

  /// The sums of all parts, in order, where no replica failed.
  ///
  /// - Throws: The own failure; ``DistillationError/replicaFailed(rank:reason:)`` for that of another.
  func gather(
    _ own: Result<[LossSums], DistillationError>, _ replicas: any ReplicaGroup
  ) throws(DistillationError) -> [LossSums] {
    let report: Report =
      switch own {
      case .success(let sums): .found(sums)
      case .failure(let error): .failed("\(error)")
      }
    let reports = try replicas.gather(Self.bytes(report))
    _ = try own.get()
    var sums: [LossSums] = []
    for (rank, bytes) in reports.enumerated() {
      switch try Self.report(bytes, rank: rank) {
      case .found(let found): sums += found
      case .failed(let reason): throw .replicaFailed(rank: rank, reason: reason)
      }
    }
    return sums
  }

  private static func bytes(_ report: Report) throws(DistillationError) -> [UInt8] {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    do { return Array(try encoder.encode(report)) } catch { throw .replicaLost("\(error)") }
  }

  private static func report(_ bytes: [UInt8], rank: Int) throws(DistillationError) -> Report {
    do { return try PropertyListDecoder().decode(Report.self, from: Data(bytes)) } catch {
      throw .replicaLost("replica \(rank) sent no measurements: \(error)")
    }
  }

  /// Leaves the sum over all parts in `total`.
  ///
  /// - Parameter own: Sums of ``SummationTree/nodes(within:)`` of this replica's share; they may be overwritten.
  func sum(
    _ own: [FloatView], _ tree: SummationTree, _ replicas: any ReplicaGroup, into total: FloatView
  ) throws(DistillationError) {
    let nodes = tree.shares(of: replicas.size).map(tree.nodes)
    let chunks = (0..<replicas.size).map { rank in
      total.count * rank / replicas.size..<total.count * (rank + 1) / replicas.size
    }
    let chunk = chunks[replicas.rank]
    let all = nodes.flatMap(\.self)
    grow(&received, chunk.count * all.count)
    try replicas.exchange(
      packed(own, chunks), counts: chunks.map { $0.count * own.count },
      into: received.view.window(0, chunk.count * all.count), counts: nodes.map { $0.count * chunk.count })
    let sums = all.indices.map { received.view.window($0 * chunk.count, chunk.count) }
    let place = tree.add(all) { sums[$0].addInParallel(sums[$1]) }
    try replicas.gather(sums[place], into: total, counts: chunks.map(\.count))
  }

  /// For each replica its chunk of each sum.
  private func packed(_ sums: [FloatView], _ chunks: [Range<Int>]) -> FloatView {
    if sums.count == 1 { return sums[0] }
    let count = chunks.reduce(0) { $0 + $1.count } * sums.count
    grow(&sent, count)
    var place = 0
    for chunk in chunks {
      for sum in sums {
        sent.view.window(place, chunk.count).copyInParallel(from: sum.window(chunk.lowerBound, chunk.count))
        place += chunk.count
      }
    }
    return sent.view.window(0, count)
  }

  private func grow(_ storage: inout FloatStorage, _ count: Int) {
    if storage.view.count < count { storage = FloatStorage(count: count) }
  }
}
