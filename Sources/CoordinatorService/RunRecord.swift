/// A run as people see it.
public struct RunRecord: Sendable, Hashable {
  /// Names the run.
  public var runID: String
  /// The recipe, resolved.
  public var recipeYAML: String
  /// Folder of the results.
  public var outputDir: String
  /// Name of the method.
  public var method: String
  /// When it was submitted, milliseconds since 1970.
  public var submittedMilliseconds: Int
  /// Where it stands.
  public var status: RunStatus

  /// Makes a record.
  public init(
    runID: String, recipeYAML: String, outputDir: String, method: String, submittedMilliseconds: Int, status: RunStatus
  ) {
    self.runID = runID
    self.recipeYAML = recipeYAML
    self.outputDir = outputDir
    self.method = method
    self.submittedMilliseconds = submittedMilliseconds
    self.status = status
  }
}

extension RunRecord {
  /// Between the name of a run and the number of its part.
  static let partSeparator = "/round-"
  /// Whether another run works on it.
  var isPart: Bool { runID.contains(Self.partSeparator) }
  /// The run that a run is a part of; itself where it is none.
  static func owner(of runID: String) -> String {
    runID.firstRange(of: partSeparator).map { String(runID[..<$0.lowerBound]) } ?? runID
  }
}

/// How far a run is.
public struct RunStatus: Sendable, Hashable {
  /// The states of `retort.v1.RunState`.
  public enum State: String, Sendable, Codable, CaseIterable {
    /// Waits for the teacher or a trainer. Becomes running, failed or cancelled.
    case waiting
    /// Works. Becomes waiting, finished, failed or cancelled.
    case running
    /// Done. Final.
    case finished
    /// Stopped by an error. Becomes waiting.
    case failed
    /// Stopped by request. Becomes waiting.
    case cancelled

    /// True where nobody works on the run until a person says so.
    public var hasEnded: Bool { self == .finished || self == .failed || self == .cancelled }
  }

  /// Where it stands.
  public var state: State
  /// What it does, waits for, or why it failed: one line.
  public var message: String
  /// Optimizer steps made.
  public var step: Int
  /// Optimizer steps planned; 0 until the data was read.
  public var maxSteps: Int

  /// Makes a status.
  public init(state: State, message: String, step: Int, maxSteps: Int) {
    (self.state, self.message, self.step, self.maxSteps) = (state, message, step, maxSteps)
  }

  /// Reads a machine's state.
  init(_ machine: RunMachine, teacherAddress: String) {
    let state: State =
      switch machine.phase {
      case .waiting: .waiting
      case .running: .running
      case .finished: .finished
      case .failed: .failed
      case .cancelled: .cancelled
      }
    self.init(
      state: state, message: machine.statusLine(teacherAddress: teacherAddress), step: machine.trainedSteps,
      maxSteps: machine.plan.maxSteps)
  }
}

/// A row of `metrics.jsonl`, as the journal keeps it: a repeated step replaces its row.
public struct MetricsEntry: Sendable, Hashable {
  /// What was measured.
  public enum Kind: String, Sendable { case step, evaluation }

  /// Optimizer steps made.
  public var step: Int
  /// What was measured.
  public var kind: Kind
  /// The row, a JSON object.
  public var row: String

  /// Makes an entry.
  public init(step: Int, kind: Kind, row: String) { (self.step, self.kind, self.row) = (step, kind, row) }
}

/// Completions of a work item, by sample. Of a reference item: each pair's two numbers as ``PairReferenceLogprobs/words``.
public struct ItemResult: Sendable, Hashable {
  /// The item.
  public var key: WorkItemKey
  /// SHA-256 of what the completions depend on: the model's digest and the request.
  public var name: String
  /// The new ids of each sample, in the item's order.
  public var completions: [[UInt32]]

  /// Makes a result.
  public init(key: WorkItemKey, name: String, completions: [[UInt32]]) {
    (self.key, self.name, self.completions) = (key, name, completions)
  }
}
