import CoordinatorService

/// What a session of the coordinator knows of its group beside the machine: whom it has, what is asked, what is under way.
struct GroupShell {
  /// Calls to replicas that belong together.
  struct Round {
    let number: Int
    let epoch: Int
    /// Leases of those that are called.
    let leases: [String]
    let task: GroupWorld.Task
    /// Steps that were asked of each.
    var fed: [UInt64] = []
    /// Answers that are still to come.
    var outstanding: Set<GroupWorld.Call> = []
    /// Whether no more steps are asked for as it is.
    var isStopping = false
    var isMade = false
  }

  let session: Int
  var machine = GroupMachine()
  /// By lease, the student and its process: those that are here, come, or are being given back.
  var attending: [String: (student: Int, process: Int, token: UInt64)] = [:]
  var isLoaded = false
  /// What is still to be done, in order.
  var tasks: [GroupWorld.Task]
  /// What replicas that joined know of steps.
  var recents: [UInt64: UInt64] = [:]
  var round: Round?
  var roundCount = 0
  /// Folders that were begun in this task.
  var isRetry = false

  /// Begins after a checkpoint.
  init(session: Int, after step: UInt64) {
    self.session = session
    tasks = []
    for next in 1...GroupWorld.lastStep where next > step {
      tasks.append(.step(next))
      if next % 5 == 0 { tasks.append(.evaluate(next)) }
      if next % 8 == 0 { tasks.append(.save(next)) }
    }
    tasks.append(.export)
  }

  /// Steps that are asked for now: two ahead.
  var asked: [UInt64] {
    var asked: [UInt64] = []
    for case .step(let step) in tasks.prefix(2) where asked.last.map({ $0 + 1 == step }) ?? true { asked.append(step) }
    if let first = tasks.first, case .step = first { return asked }
    return []
  }
}
