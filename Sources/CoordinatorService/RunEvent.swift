/// What happened to a run. The journal keeps every event in order; replaying them gives the run's state.
public enum RunEvent: Sendable, Hashable, Codable {
  /// The teacher answered `Describe`.
  case teacherReady(ModelSummary)
  /// All teachers of a run with several answered `Describe`.
  case teachersReady([NamedSummary])
  /// A trainer is ours, for the session that asked for one.
  case trainerRegistered(session: Int)
  /// The trainer's lease ended.
  case trainerLost(session: Int)
  /// The student holds the parameters of a position.
  case loaded(session: Int, position: Int, student: ModelSummary)
  /// All completions of an item are in the journal. `session`: the student's; nil: the teacher's work.
  case itemCompleted(WorkItemKey, session: Int?)
  /// An optimizer step was made and measured.
  case stepCompleted(session: Int, step: Int)
  /// The measurements of a position are in the journal. `validationLoss`: what the share of the student's text follows, in nats
  /// a token; nil where it follows nothing.
  case evaluated(session: Int, position: Int, validationLoss: Double? = nil)
  /// A checkpoint is on disk.
  case saved(session: Int, position: Int)
  /// The final model folder is on disk.
  case exported(session: Int)
  /// The checkpoint of a position, which the student was to load, is not as it was written: it counts no more.
  case checkpointDamaged(session: Int, position: Int, message: String)
  /// Work of the student failed.
  case studentFailed(session: Int, Failure)
  /// The teacher, or the coordinator's own disk, failed for good.
  case failed(message: String)
  /// A person stopped the run.
  case cancel
  /// A person lets it go on.
  case resume
  /// The coordinator started anew: nobody works on the run any more.
  case restarted
}

/// How bad a failure is.
public enum Failure: Sendable, Hashable, Codable {
  /// The peer went away: try again for as long as it takes.
  case transient(message: String)
  /// Perhaps it went away, perhaps it will never work: try again, but not forever.
  case doubtful(message: String)
  /// Trying again gives the same.
  case permanent(message: String)
}

/// What is to be done next. Effects of a session end with it.
public enum RunEffect: Sendable, Hashable {
  /// Ask the teacher who it is, until it answers.
  case describeTeacher
  /// Wait for a trainer; `attempt` counts failures without progress, for backing off.
  case acquireTrainer(session: Int, attempt: Int)
  /// Let the trainer go; whatever the session still does is void.
  case releaseTrainer(session: Int)
  /// Load the checkpoint of a position; nil: the student to start from.
  case load(session: Int, checkpoint: Int?)
  /// Complete the prompts of an item. `session`: by the student; nil: by the teacher.
  case generate(WorkItemKey, session: Int?)
  /// Send a step's batch.
  case train(session: Int, step: Int)
  /// Measure the student.
  case evaluate(session: Int, position: Int)
  /// Write a checkpoint.
  case save(session: Int, position: Int)
  /// Delete the checkpoints of these positions.
  case prune(positions: [Int])
  /// Write the final model folder.
  case export(session: Int)
  /// The run has ended, well or not: everything it does stops.
  case end
}
