public import Foundation

/// A coordinator at one moment, as its page shows it.
public struct OperatorView: Sendable {
  /// Where the coordinator listens.
  public var address: String
  /// The program's version.
  public var version: String
  /// When it was looked at.
  public var time: Date
  /// Runs, newest first.
  public var runs: [Run]
  /// Students that hold a lease.
  public var trainers: [Trainer]
  /// Students that share runs' steps, or did.
  public var replicas: [Replica]
  /// Models behind the coordinator.
  public var teachers: [Teacher]
  /// Replies of these models that came from the cache, and all that were asked for.
  public var cache: (hits: Int, asked: Int)

  /// Makes a view.
  public init(
    address: String, version: String, time: Date, runs: [Run], trainers: [Trainer], replicas: [Replica] = [],
    teachers: [Teacher], cache: (hits: Int, asked: Int)
  ) {
    (self.address, self.version, self.time) = (address, version, time)
    (self.runs, self.trainers, self.replicas) = (runs, trainers, replicas)
    (self.teachers, self.cache) = (teachers, cache)
  }

  /// A run and how far it is.
  public struct Run: Sendable {
    /// Names it.
    public var id: String
    /// Its method.
    public var method: String
    /// `waiting`, `running`, `finished`, `failed`, `cancelled`.
    public var state: String
    /// What it does, or waits for, or why it failed.
    public var message: String
    /// Optimizer steps made.
    public var step: Int
    /// Optimizer steps planned; 0: not known yet.
    public var maxSteps: Int
    /// Optimizer steps per second lately; nil: not known.
    public var stepsPerSecond: Double?
    /// Newest loss, nats; nil: none.
    public var loss: Double?
    /// Seconds by what the run stood still for.
    public var waits: [(cause: String, seconds: Double)]
    /// How often a trainer was lost or failed.
    public var restarts: Int
    /// When it was handed in.
    public var submitted: Date
    /// Folder of its results.
    public var outputDir: String

    /// Makes a run.
    public init(
      id: String, method: String, state: String, message: String, step: Int, maxSteps: Int, stepsPerSecond: Double?,
      loss: Double?, waits: [(cause: String, seconds: Double)], restarts: Int, submitted: Date, outputDir: String
    ) {
      (self.id, self.method, self.state, self.message) = (id, method, state, message)
      (self.step, self.maxSteps, self.stepsPerSecond, self.loss) = (step, maxSteps, stepsPerSecond, loss)
      (self.waits, self.restarts, self.submitted, self.outputDir) = (waits, restarts, submitted, outputDir)
    }
  }

  /// A student that holds a lease.
  public struct Trainer: Sendable {
    /// Names the process.
    public var id: String
    /// Where it listens.
    public var address: String
    /// The run that it works for; empty: none, or one that is not told.
    public var runID: String
    /// Whether a run has it.
    public var isBusy: Bool
    /// Seconds until its lease ends unless renewed.
    public var leaseSeconds: Double
    /// Seconds since it registered.
    public var ageSeconds: Double

    /// Makes a trainer.
    public init(id: String, address: String, runID: String, isBusy: Bool, leaseSeconds: Double, ageSeconds: Double) {
      (self.id, self.address, self.runID, self.isBusy) = (id, address, runID, isBusy)
      (self.leaseSeconds, self.ageSeconds) = (leaseSeconds, ageSeconds)
    }
  }
}

/// What a run's own page shows besides.
public struct RunDetail: Sendable {
  /// What was measured; of a long run not every step.
  public var log: MetricsLog
  /// Sums of some names over all steps.
  public var totals: [String: Double]
  /// Answers to held-out prompts, of the newest evaluation.
  public var samples: [SampleComparison]
  /// The recipe, YAML.
  public var recipe: String

  /// Makes the detail.
  public init(log: MetricsLog, totals: [String: Double], samples: [SampleComparison], recipe: String) {
    (self.log, self.totals, self.samples, self.recipe) = (log, totals, samples, recipe)
  }
}
