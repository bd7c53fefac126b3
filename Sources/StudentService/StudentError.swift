/// Why the student does not do what it is asked.
public enum StudentError: Error, Hashable {
  /// No model is loaded.
  case notLoaded
  /// Another Load replaced the model during a Train call.
  case replaced
  /// Load named no objective, or no optimizer.
  case notGiven(field: String)
  /// A path leaves the root.
  case pathOutsideRoot(path: String, root: String)
  /// A checkpoint's folder must be named after its step.
  case checkpointName(path: String, expected: String)
  /// A step comes out of order.
  case wrongStep(given: UInt64, expected: Int)
  /// A name that no schedule has.
  case unknownSchedule(name: String)
  /// This machine cannot compute in the precision that Load asks for.
  case noPrecision(name: String, reason: String)
  /// A checkpoint's adapters, or those of its module, are not those that Load asks for.
  case otherAdapters(saved: String, asked: String)
  /// The objective needs a teacher, and Load named none.
  case noTeacher
  /// A step is to be made with a group of replicas that the student is not in.
  case otherGroup(asked: String)
  /// A checkpoint of a run whose batches are cut into another number of parts.
  case otherParts(saved: Int, asked: Int)
  /// Numbers of replicas that make no group.
  case noGroup(rank: UInt32, size: UInt32)
  /// A caller that does not have the student: another one was given it later, or has not loaded.
  case fenced(given: UInt64, newest: UInt64)
  /// A group of another run.
  case otherRun(asked: String, loaded: String)
  /// A replica whose last bits would be others.
  case otherArithmetic(rank: Int, theirs: String, ours: String)
  /// Another replica is gone, or did not come.
  case replicaLost(String)
  /// The teacher answered with an error that waiting does not mend.
  case teacherRefused(address: String, reason: String)
}

extension StudentError: CustomStringConvertible {
  /// One line: what, where, what to do.
  public var description: String {
    switch self {
    case .notLoaded: "no model is loaded: call Load first"
    case .replaced: "another Load replaced the model that was training: begin again from its step"
    case .notGiven(let field): "Load gave no \(field): load again with one"
    case .pathOutsideRoot(let path, let root):
      "the path \(path.debugDescription) is not inside \(root): give one relative to the student's --root"
    case .checkpointName(let path, let expected):
      "\(path) would hold a checkpoint: its folder must be named \(expected)"
    case .wrongStep(let given, let expected):
      "step \(given) came where step \(expected) is due: ask Describe for the step"
    case .unknownSchedule(let name):
      "lr_scheduler_type is \(name.debugDescription): give linear, cosine or constant"
    case .noPrecision(let name, let reason): "training.precision \(name) cannot be had here: \(reason)"
    case .otherAdapters(let saved, let asked):
      "the checkpoint has \(saved) where the run asks for \(asked): go on with the recipe that it was made with"
    case .noTeacher: "the objective needs a teacher's log-probs, and Load gave neither teacher_address nor module"
    case .otherGroup(let asked): "the student is not in the group \(asked.debugDescription): call Join first"
    case .otherParts(let saved, let asked):
      "the checkpoint is of a run with training.replicas \(saved), this one has \(asked): their bits differ; go on with the recipe "
        + "that it was made with"
    case .noGroup(let rank, let size): "replica \(rank) of \(size) is none: ranks count from 0"
    case .otherArithmetic(let rank, let theirs, let ours):
      "replica \(rank) computes with \(theirs), this one with \(ours): their bits differ, so they cannot share a step"
    case .fenced(let given, let newest):
      "this call has fencing token \(given), and the student serves the caller with \(newest): "
        + (given < newest ? "another one was given it since; register it anew" : "call Load first")
    case .otherRun(let asked, let loaded):
      "the group is of run \(asked.debugDescription), the student of \(loaded.debugDescription): call Load first"
    case .replicaLost(let reason): "another replica is gone: \(reason)"
    case .teacherRefused(let address, let reason): "the teacher at \(address) refused: \(reason)"
    }
  }
}
