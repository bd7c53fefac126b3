internal import Distillation
internal import Kernels
internal import StudentService
internal import Synchronization

/// A group that notes when it was called.
final class TimedReplicas: ReplicaGroup {
  private struct Call {
    let isReport: Bool
    let begin: ContinuousClock.Instant
    let end: ContinuousClock.Instant
  }

  private let replicas: GroupReplicas
  private let calls = Mutex<[Call]>([])

  init(_ replicas: GroupReplicas) { self.replicas = replicas }

  var rank: Int { replicas.rank }
  var size: Int { replicas.size }

  func exchange(
    _ parts: FloatView, counts: [Int], into received: FloatView, counts receivedCounts: [Int]
  ) throws(DistillationError) {
    try note(false) { () throws(DistillationError) in
      try replicas.exchange(parts, counts: counts, into: received, counts: receivedCounts)
    }
  }

  func gather(_ part: FloatView, into all: FloatView, counts: [Int]) throws(DistillationError) {
    try note(false) { () throws(DistillationError) in try replicas.gather(part, into: all, counts: counts) }
  }

  func gather(_ bytes: [UInt8]) throws(DistillationError) -> [[UInt8]] {
    try note(true) { () throws(DistillationError) in try replicas.gather(bytes) }
  }

  private func note<Result>(
    _ isReport: Bool, _ body: () throws(DistillationError) -> Result
  ) throws(DistillationError) -> Result {
    let begin = ContinuousClock.now
    defer { calls.withLock { $0.append(Call(isReport: isReport, begin: begin, end: .now)) } }
    return try body()
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
