internal import Collectives
internal import Distillation
internal import Kernels
internal import Synchronization

/// A group that notes when it was called.
final class TimedReplicas: ReplicaGroup {
  private struct Call {
    let isReport: Bool
    let begin: ContinuousClock.Instant
    let end: ContinuousClock.Instant
  }

  private let group: ProcessGroup
  private let calls = Mutex<[Call]>([])

  init(_ group: ProcessGroup) { self.group = group }

  var rank: Int { group.rank }
  var size: Int { group.size }

  func exchange(
    _ parts: FloatView, counts: [Int], into received: FloatView, counts receivedCounts: [Int]
  ) throws(DistillationError) {
    try note(false) { () throws(CollectiveError) in
      try group.exchange(parts, counts: counts, into: received, counts: receivedCounts)
    }
  }

  func gather(_ part: FloatView, into all: FloatView, counts: [Int]) throws(DistillationError) {
    try note(false) { () throws(CollectiveError) in try group.gather(part, into: all, counts: counts) }
  }

  func gather(_ bytes: [UInt8]) throws(DistillationError) -> [[UInt8]] {
    try note(true) { () throws(CollectiveError) in try group.gather(bytes) }
  }

  private func note<Result>(
    _ isReport: Bool, _ body: () throws(CollectiveError) -> Result
  ) throws(DistillationError) -> Result {
    let begin = ContinuousClock.now
    defer { calls.withLock { $0.append(Call(isReport: isReport, begin: begin, end: .now)) } }
    do { return try body() } catch { throw .replicaLost("\(error)") }
  }

  /// Says where the time of a step went: the report is what a replica makes once its parts are computed, and it waits for all.
  func tell(_ step: inout MemberStep, begin: ContinuousClock.Instant, end: ContinuousClock.Instant) {
    let calls = calls.withLock { $0 }
    guard let report = calls.first(where: \.isReport) else { return }
    let last = calls.map(\.end).max() ?? report.end
    step.compute = (report.begin - begin) / .seconds(1)
    step.waiting = (report.end - report.begin) / .seconds(1)
    step.sum = (last - report.end) / .seconds(1)
    step.update = (end - last) / .seconds(1)
    step.hidden = calls.filter { $0.end <= report.begin }.reduce(0) { $0 + ($1.end - $1.begin) / .seconds(1) }
  }
}
