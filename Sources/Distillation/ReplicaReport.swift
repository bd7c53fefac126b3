internal import Foundation

/// What a replica tells the others once its passes are made.
enum ReplicaReport: Codable {
  case found([LossSums])
  case failed(String)

  /// The sums of all parts, in order, where no replica failed.
  ///
  /// - Throws: The own failure; ``DistillationError/replicaFailed(rank:reason:)`` for that of another.
  static func gather(
    _ own: Result<[LossSums], DistillationError>, _ replicas: any ReplicaGroup
  ) throws(DistillationError) -> [LossSums] {
    let report: ReplicaReport =
      switch own {
      case .success(let sums): .found(sums)
      case .failure(let error): .failed("\(error)")
      }
    let reports = try replicas.gather(report.bytes())
    _ = try own.get()
    var sums: [LossSums] = []
    for (rank, bytes) in reports.enumerated() {
      switch try ReplicaReport(bytes, rank: rank) {
      case .found(let found): sums += found
      case .failed(let reason): throw .replicaFailed(rank: rank, reason: reason)
      }
    }
    return sums
  }

  private func bytes() throws(DistillationError) -> [UInt8] {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    do { return Array(try encoder.encode(self)) } catch { throw .replicaLost("\(error)") }
  }

  private init(_ bytes: [UInt8], rank: Int) throws(DistillationError) {
    do { self = try PropertyListDecoder().decode(ReplicaReport.self, from: Data(bytes)) } catch {
      throw .replicaLost("replica \(rank) sent no measurements: \(error)")
    }
  }
}
