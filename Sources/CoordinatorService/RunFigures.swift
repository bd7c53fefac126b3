public import Foundation

/// What a run measured lately, for whoever operates the coordinator. Sums begin with the coordinator's process.
public struct RunFigures: Sendable {
  /// Loss of the newest step that was logged, nats; nil: none yet.
  public private(set) var loss: Double?
  /// The step of that loss.
  public private(set) var lossStep = 0
  /// Speed of the student at that step, positions per second of computing.
  public private(set) var tokensPerSecond: Double?
  /// KL to the teacher on held-out prompts, nats; nil: not measured.
  public private(set) var evaluationKL: Double?
  /// Seconds that the student stood still for the teacher's log-probs.
  public private(set) var waitTeacherSeconds = 0.0
  /// Seconds that the run stood still for the student's text.
  public private(set) var waitStudentSeconds = 0.0
  /// How often a trainer was lost or failed, so that the run went on with another.
  public private(set) var restarts = 0
  /// When something was last done; nil: nothing yet.
  public private(set) var lastProgress: Date?
  private var waitedForTrainer = Duration.zero
  private var waitingSince: Duration?
  /// Steps that were logged lately, oldest first.
  private var recent: [(step: Int, time: Duration)] = []

  /// Time over which the pace is measured: replies come in bursts.
  private static let paceWindow = Duration.seconds(10)
  /// Shorter stretches tell no pace.
  private static let leastStretch = Duration.seconds(1)
  /// Steps that come closer to each other are kept as one.
  private static let resolution = Duration.milliseconds(100)

  /// Makes the figures of a run that has measured nothing.
  public init() {}

  /// Seconds that the run stood without a trainer that has loaded the student, or without a teacher that answered `Describe`.
  public func waitTrainerSeconds(at now: Duration) -> Double {
    (waitedForTrainer + (waitingSince.map { now - $0 } ?? .zero)) / .seconds(1)
  }

  /// Optimizer steps per second lately, waits included; nil: not known yet.
  public var stepsPerSecond: Double? {
    guard let first = recent.first, let last = recent.last, last.time - first.time >= Self.leastStretch else {
      return nil
    }
    return Double(last.step - first.step) / ((last.time - first.time) / .seconds(1))
  }

  /// Takes note of the run's state.
  package mutating func enter(_ state: RunStatus.State, at now: Duration) {
    if let begin = waitingSince { waitedForTrainer += now - begin }
    waitingSince = state == .waiting ? now : nil
    if state != .running { recent = [] }
  }

  /// Takes note of something done.
  package mutating func note(_ metrics: MetricsEntry?, at now: Duration, date: Date) {
    lastProgress = date
    guard let metrics, let row = try? JSONDecoder().decode(Row.self, from: Data(metrics.row.utf8)) else { return }
    evaluationKL = row.kl ?? evaluationKL
    guard let loss = row.loss else { return }
    (self.loss, lossStep, tokensPerSecond) = (loss, metrics.step, row.tokensPerSecond)
    waitTeacherSeconds += row.waitTeacher ?? 0
    waitStudentSeconds += row.waitStudent ?? 0
    // A part of a run begins to count anew, and so does a run that goes back to a checkpoint.
    if let last = recent.last, metrics.step <= last.step { recent = [] }
    if recent.count > 1, now - recent[recent.count - 2].time < Self.resolution { recent.removeLast() }
    recent.append((metrics.step, now))
    while recent.count > 2, now - recent[1].time >= Self.paceWindow { recent.removeFirst() }
  }

  /// Takes note of a trainer that was lost or failed.
  mutating func noteRestart() { restarts += 1 }

  /// What of a row of metrics is looked at.
  private struct Row: Decodable {
    let loss: Double?
    let tokensPerSecond: Double?
    let waitTeacher: Double?
    let waitStudent: Double?
    let kl: Double?

    enum CodingKeys: String, CodingKey {
      case loss
      case tokensPerSecond = "train/tokens_per_second"
      case waitTeacher = "wait/teacher"
      case waitStudent = "wait/student"
      case kl = "eval/kl"
    }
  }
}
