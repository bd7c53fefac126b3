import Foundation
import WireFormat

extension CoordinatorStatus {
  /// One JSON object for programs: `coordinator`, `runs`, `trainers`, `replicas`, `teachers`, `cache`.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(Document(self)), as: UTF8.self)
  }

  private struct Document: Encodable {
    let coordinator: String
    let runs: [Run]
    let trainers: [Trainer]
    let replicas: [Replica]
    let teachers: [Teacher]
    let cache: Cache
    let lostLeases: UInt64
    let runsWaitingForTrainer: UInt64

    init(_ status: CoordinatorStatus) {
      coordinator = status.address
      runs = status.runs.map(Run.init)
      trainers = status.trainers.trainers.map(Trainer.init)
      replicas = status.trainers.replicas.map(Replica.init)
      teachers = status.teachers.teachers.map(Teacher.init)
      cache = Cache(hits: status.teachers.cacheHits, misses: status.teachers.cacheMisses)
      (lostLeases, runsWaitingForTrainer) = (status.trainers.lostLeases, status.trainers.waitingRuns)
    }

    enum CodingKeys: String, CodingKey {
      case coordinator, runs, trainers, replicas, teachers, cache
      case lostLeases = "lost_leases"
      case runsWaitingForTrainer = "runs_waiting_for_trainer"
    }
  }

  private struct Run: Encodable {
    let id: String
    let method: String
    let state: String
    let message: String
    let step: UInt64
    let maxSteps: UInt64
    let lossNats: Double?
    let stepsPerSecond: Double?
    let tokensPerSecond: Double?
    let waitSeconds: [String: Double]
    let restarts: UInt64
    let outputDir: String
    let submitUnixMilliseconds: UInt64
    let progressUnixMilliseconds: UInt64?

    init(_ run: WireRun) {
      (id, method, state, message) = (run.runID, run.method, run.state.word, run.message)
      (step, maxSteps, restarts, outputDir) = (run.step, run.maxSteps, run.restarts, run.outputDir)
      lossNats = run.loss
      stepsPerSecond = run.stepsPerSecond > 0 ? run.stepsPerSecond : nil
      tokensPerSecond = run.tokensPerSecond > 0 ? run.tokensPerSecond : nil
      waitSeconds = Dictionary(uniqueKeysWithValues: run.waitTimes.map { ($0.cause, $0.seconds) })
      submitUnixMilliseconds = run.submitUnixMilliseconds
      progressUnixMilliseconds = run.progressUnixMilliseconds > 0 ? run.progressUnixMilliseconds : nil
    }

    enum CodingKeys: String, CodingKey {
      case id, method, state, message, step, restarts
      case maxSteps = "max_steps"
      case lossNats = "loss_nats"
      case stepsPerSecond = "steps_per_second"
      case tokensPerSecond = "tokens_per_second"
      case waitSeconds = "wait_seconds"
      case outputDir = "output_dir"
      case submitUnixMilliseconds = "submit_unix_milliseconds"
      case progressUnixMilliseconds = "progress_unix_milliseconds"
    }
  }

  private struct Trainer: Encodable {
    let id: String
    let address: String
    /// nil: it is free.
    let run: String?
    let leaseSeconds: Double
    let ageSeconds: Double

    init(_ trainer: WireTrainer) {
      (id, address) = (trainer.trainerID, trainer.address)
      run = trainer.runID.isEmpty ? nil : trainer.runID
      leaseSeconds = Double(trainer.leaseMilliseconds) / 1000
      ageSeconds = Double(trainer.ageMilliseconds) / 1000
    }

    enum CodingKeys: String, CodingKey {
      case id, address, run
      case leaseSeconds = "lease_seconds"
      case ageSeconds = "age_seconds"
    }
  }

  private struct Replica: Encodable {
    let run: String
    let address: String
    let state: String
    /// nil: it is there.
    let reason: String?
    let step: UInt64
    /// nil: it is gone.
    let heartbeatSeconds: Double?
    let parts: UInt32
    let plannedParts: UInt32
    let computeSeconds: Double
    let exchangeSeconds: Double

    init(_ replica: WireReplica) {
      (run, address, state, step) = (replica.runID, replica.address, replica.state.word, replica.step)
      reason = replica.reason.isEmpty ? nil : replica.reason
      heartbeatSeconds = replica.heartbeatSeconds
      (parts, plannedParts) = (replica.partCount, replica.plannedPartCount)
      (computeSeconds, exchangeSeconds) = (replica.computeSeconds, replica.exchangeSeconds)
    }

    enum CodingKeys: String, CodingKey {
      case run, address, state, reason, step, parts
      case heartbeatSeconds = "heartbeat_seconds"
      case plannedParts = "planned_parts"
      case computeSeconds = "compute_seconds"
      case exchangeSeconds = "exchange_seconds"
    }
  }

  private struct Teacher: Encodable {
    let name: String
    let address: String
    /// nil: nobody waits for it.
    let waitingReason: String?
    let waitingSeconds: Double?
    /// In all, with what is over.
    let waitedSeconds: Double
    let retries: UInt64
    let replicas: [TeacherReplica]

    init(_ teacher: WireTeacherState) {
      (name, address, retries) = (teacher.name, teacher.address, teacher.retries)
      waitingReason = teacher.waitingReason.isEmpty ? nil : teacher.waitingReason
      waitingSeconds = waitingReason == nil ? nil : Double(teacher.waitingMilliseconds) / 1000
      waitedSeconds = Double(teacher.waitedMilliseconds) / 1000
      replicas = teacher.replicas.map(TeacherReplica.init)
    }

    enum CodingKeys: String, CodingKey {
      case name, address, retries, replicas
      case waitingReason = "waiting_reason"
      case waitingSeconds = "waiting_seconds"
      case waitedSeconds = "waited_seconds"
    }
  }

  private struct TeacherReplica: Encodable {
    let address: String
    let state: String
    /// nil: it is asked.
    let trouble: String?
    let answered: UInt64
    let outstanding: UInt64
    let moved: UInt64

    init(_ replica: WireTeacherReplica) {
      (address, answered, outstanding, moved) = (replica.address, replica.answered, replica.outstanding, replica.moved)
      (state, trouble) = (replica.state.word, replica.trouble.isEmpty ? nil : replica.trouble)
    }
  }

  private struct Cache: Encodable {
    let hits: UInt64
    let misses: UInt64
  }
}
