import Foundation
import WireFormat

extension CoordinatorStatus {
  /// One JSON object for programs: `coordinator`, `runs`, `trainers`, `teachers`, `cache`.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(Document(self)), as: UTF8.self)
  }

  private struct Document: Encodable {
    let coordinator: String
    let runs: [Run]
    let trainers: [Trainer]
    let teachers: [Teacher]
    let cache: Cache
    let lostLeases: UInt64
    let runsWaitingForTrainer: UInt64

    init(_ status: CoordinatorStatus) {
      coordinator = status.address
      runs = status.runs.map(Run.init)
      trainers = status.trainers.trainers.map(Trainer.init)
      teachers = status.teachers.teachers.map(Teacher.init)
      cache = Cache(hits: status.teachers.cacheHits, misses: status.teachers.cacheMisses)
      (lostLeases, runsWaitingForTrainer) = (status.trainers.lostLeases, status.trainers.waitingRuns)
    }

    enum CodingKeys: String, CodingKey {
      case coordinator, runs, trainers, teachers, cache
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

  private struct Teacher: Encodable {
    let name: String
    let address: String
    /// nil: nobody waits for it.
    let waitingReason: String?
    let waitingSeconds: Double?
    let retries: UInt64
    let replicas: [Replica]

    init(_ teacher: WireTeacherState) {
      (name, address, retries) = (teacher.name, teacher.address, teacher.retries)
      waitingReason = teacher.waitingReason.isEmpty ? nil : teacher.waitingReason
      waitingSeconds = waitingReason == nil ? nil : Double(teacher.waitingMilliseconds) / 1000
      replicas = teacher.replicas.map(Replica.init)
    }

    enum CodingKeys: String, CodingKey {
      case name, address, retries, replicas
      case waitingReason = "waiting_reason"
      case waitingSeconds = "waiting_seconds"
    }
  }

  private struct Replica: Encodable {
    let address: String
    /// nil: it is asked.
    let trouble: String?
    let answered: UInt64
    let outstanding: UInt64
    let moved: UInt64

    init(_ replica: WireTeacherReplica) {
      (address, answered, outstanding, moved) = (replica.address, replica.answered, replica.outstanding, replica.moved)
      trouble = replica.trouble.isEmpty ? nil : replica.trouble
    }
  }

  private struct Cache: Encodable {
    let hits: UInt64
    let misses: UInt64
  }
}
