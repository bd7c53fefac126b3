/// What a student has done that operators want to read in its log.
public struct StudentNews: Sendable, Hashable {
  /// What it was.
  public enum Event: Sendable, Hashable {
    /// A model or a checkpoint was loaded.
    case loaded
    /// It is in a group of so many replicas that share steps.
    case joined(count: Int)
    /// A step was made.
    case stepped
    /// A checkpoint was written.
    case saved
    /// The model was exported.
    case exported
  }

  /// What was done.
  public let event: Event
  /// The run that it was done for; empty where Load named none.
  public let runID: String
  /// Optimizer steps that the student has behind it.
  public let step: Int

  /// - Parameter step: Nil: what the student has now; then nobody else may compute.
  init(_ event: Event, _ student: LoadedStudent, step: Int? = nil) {
    (self.event, runID, self.step) = (event, student.runID, step ?? student.step)
  }
}
