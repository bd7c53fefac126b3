/// How far a run is, and how fast it goes: numbers only, with time passed in.
public struct ProgressState: Sendable {
  /// Optimizer steps made.
  public private(set) var step = 0
  /// Optimizer steps planned; 0 while unknown.
  public private(set) var maxSteps = 0
  /// What happens beside training, such as `teacher answers`; empty while training.
  public private(set) var phase = ""
  /// Loss of the last step, in nats.
  public private(set) var loss: Double?
  /// Tokens per second, an average that forgets over about ten updates.
  public private(set) var tokensPerSecond: Double?
  /// Shares of the time in which the run stood still, by what it waited for; averages as of the speed.
  public private(set) var waits: [(cause: String, share: Double)] = []
  private var firstStep: (step: Int, time: Double)?
  private var lastTime: Double?
  private var secondsPerStep: Double?

  /// Begins at nothing.
  public init() {}

  /// Takes note of the run's state.
  ///
  /// - Parameters:
  ///   - step: Optimizer steps made.
  ///   - maxSteps: Optimizer steps planned.
  ///   - phase: What happens beside training.
  ///   - time: Seconds on any clock that does not jump.
  public mutating func update(step: Int, maxSteps: Int, phase: String, time: Double) {
    (self.maxSteps, self.phase) = (max(maxSteps, step), phase)
    guard step > self.step || firstStep == nil else { return }
    if firstStep == nil { firstStep = (step, time) }
    if let firstStep, step > firstStep.step {
      secondsPerStep = (time - firstStep.time) / Double(step - firstStep.step)
    }
    self.step = step
  }

  /// Takes note of a row of metrics.
  ///
  /// - Parameters:
  ///   - row: The row; `loss` and `train/tokens_per_second` are read, or `train/tokens` where the speed is not given.
  ///   - time: Seconds on the same clock.
  public mutating func update(row: MetricsRow, time: Double) {
    if let value = row.values["loss"] { loss = value }
    let elapsed = lastTime.map { time - $0 } ?? 0
    let counted = row.values["train/tokens"].flatMap { elapsed > 0 ? $0 / elapsed : nil }
    if let speed = row.values["train/tokens_per_second"] ?? counted {
      tokensPerSecond = tokensPerSecond.map { $0 + 0.2 * (speed - $0) } ?? speed
    }
    guard row.values["loss"] != nil else { return }
    lastTime = time
    noteWaits(row)
  }

  private mutating func noteWaits(_ row: MetricsRow) {
    let causes = ["teacher", "student"]
    let seconds = causes.map { row.values["wait/\($0)"] ?? 0 }
    let total = seconds.reduce(row.values["train/compute_seconds"] ?? 0, +)
    guard total > 0 else { return }
    let before = waits
    waits = zip(causes, seconds).map { cause, seconds in
      let share = seconds / total
      return (cause, before.first { $0.cause == cause }.map { $0.share + 0.2 * (share - $0.share) } ?? share)
    }
  }

  /// Share done, in [0, 1].
  public var share: Double { maxSteps > 0 ? Double(step) / Double(maxSteps) : 0 }

  /// Seconds until the last step, at the average speed so far; nil while unknown.
  public var remainingSeconds: Double? {
    secondsPerStep.map { $0 * Double(maxSteps - step) }
  }
}
