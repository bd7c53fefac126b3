internal import Collectives
internal import Crypto
internal import Distillation
public import Foundation
internal import Kernels
internal import Measurement
internal import Transformer

/// One member of a measurement, in a process of its own: `retort bench replica FOLDER`, the folder where groups meet.
///
/// It reads orders as lines and prints an answer to each, until its input ends.
public final class ReplicaMember {
  private let store: FolderRendezvousStore
  private var group: ProcessGroup?
  private var student: (case: ReplicaCase, trainer: StudentTrainer, steps: Int)?
  private let process = ProcessInfo.processInfo.processIdentifier

  /// Makes a member without a group.
  public init(folder: URL) { store = FolderRendezvousStore(folder: folder) }

  /// Follows orders until there are no more.
  public func run() throws {
    while let line = readLine() {
      do { try follow(try JSONDecoder().decode(MemberOrder.self, from: Data(line.utf8))) } catch {
        try print(MemberFailure(error: "\(error)"))
        throw error
      }
    }
  }

  private func follow(_ order: MemberOrder) throws {
    switch order {
    case .meet(let name, let rank, let size):
      group?.abort()
      group = try ProcessGroup(name: name, rank: rank, size: size, store: store, timeout: .seconds(300))
      try print([String: Int]())
    case .prepare(let step):
      let trainer = try step.trainer()
      if let group { try trainer.shareMoments(TimedReplicas(group)) }
      student = (step, trainer, 0)
      // What a step needs, and not what making the student took.
      ProcessUsage.resetOwnPeak()
      try print(answer())
    case .digest: try print(answer())
    case .step: try print(makeStep())
    case .link(let floats, let calls): try print(link(floats: floats, calls: calls))
    }
  }

  private func answer() throws(ReplicaBenchmarkError) -> MemberStudent {
    guard let parameters = student?.trainer.parameters else { throw .noStudent }
    let floats = parameters.view
    var digest = SHA256()
    for start in stride(from: 0, to: floats.count, by: 1 << 16) {
      let piece = floats.window(start, min(1 << 16, floats.count - start)).array
      digest.update(data: piece.flatMap { value in withBytes(of: value.bitPattern) })
    }
    return MemberStudent(
      parameterCount: parameters.count, digest: digest.finalize().map { String(format: "%02x", $0) }.joined())
  }

  private func withBytes(of value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

  /// Makes a step and says where its time went.
  private func makeStep() throws -> MemberStep {
    guard let student else { throw ReplicaBenchmarkError.noStudent }
    let batch = try student.case.batch(student.steps)
    let replicas = group.flatMap { $0.size > 1 ? TimedReplicas($0) : nil }
    let bytes = group?.traffic.bytes ?? 0
    let processor = ProcessUsage(of: process)?.cpuSeconds ?? 0
    let begin = ContinuousClock.now
    _ = try student.trainer.step(batch, replicas: replicas)
    let end = ContinuousClock.now
    self.student?.steps += 1
    var step = MemberStep(seconds: (end - begin) / .seconds(1))
    let usage = ProcessUsage(of: process)
    (step.processor, step.peakBytes) = ((usage?.cpuSeconds ?? 0) - processor, usage?.peakBytes ?? 0)
    step.bytes = (group?.traffic.bytes ?? 0) - bytes
    step.compute = step.seconds
    replicas?.tell(&step, begin: begin, end: end)
    return step
  }

  /// Measures the group's calls.
  private func link(floats: Int, calls: Int) throws -> MemberLink {
    guard let group else { throw ReplicaBenchmarkError.noGroup }
    let counts = (0..<group.size).map { floats * ($0 + 1) / group.size - floats * $0 / group.size }
    let mine = [Int](repeating: counts[group.rank], count: group.size)
    let (sent, all) = (FloatStorage(count: floats).view, FloatStorage(count: floats).view)
    let received = FloatStorage(count: mine.reduce(0, +)).view
    for view in [sent, all, received] { view.fill(1) }
    let part = all.window(counts[..<group.rank].reduce(0, +), counts[group.rank])
    var times = (call: [Duration](), exchange: [Duration](), gather: [Duration]())
    let clock = ContinuousClock()
    for _ in 0..<4 * calls { times.call.append(try clock.measure { try group.barrier() }) }
    for _ in 0..<calls {
      try group.barrier()
      times.exchange.append(
        try clock.measure { try group.exchange(sent, counts: counts, into: received, counts: mine) })
      try group.barrier()
      times.gather.append(try clock.measure { try group.gather(part, into: all, counts: counts) })
    }
    return MemberLink(
      call: Self.median(times.call), exchange: (times.exchange.min() ?? .zero) / .seconds(1),
      gather: (times.gather.min() ?? .zero) / .seconds(1))
  }

  private static func median(_ durations: [Duration]) -> Double {
    durations.sorted()[durations.count / 2] / .seconds(1)
  }

  private func print(_ answer: some Encodable) throws {
    FileHandle.standardOutput.write(try JSONEncoder().encode(answer) + Data("\n".utf8))
  }
}

extension Traffic {
  fileprivate var bytes: Int { bytesSent + bytesReceived }
}
