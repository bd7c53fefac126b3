import CoordinatorService

/// News for a run's machine, with what it announces.
struct Post {
  var event: RunEvent
  /// An item's completions.
  var text: UInt64?
  /// A row of measurements.
  var row: (key: RowKey, value: UInt64)?
}

/// Names a row of measurements.
struct RowKey: Hashable {
  let step: Int
  let isEvaluation: Bool
}

/// A call of a student, from one session.
struct Call {
  let id: Int
  let driver: Int
  let run: Int
  let session: Int
  let student: Int
  let effect: RunEffect
  /// A step's batch.
  var batch: UInt64 = 0
}

/// What a student answers.
enum Answer {
  case loaded(Int)
  case text(UInt64)
  case trained(UInt64)
  case evaluated(UInt64)
  case done
  case damaged(Int)
  case failed(Failure)
}

/// What can happen in a world.
enum Happening {
  /// News reaches a run's driver.
  case post(driver: Int, run: Int, Post)
  /// A session's pause is over; it waits for a student.
  case queueUp(driver: Int, run: Int, session: Int)
  /// A call reaches a student's address.
  case arrival(Call)
  /// A student has done what it was called for.
  case computed(process: Int, Call)
  /// A student's answer reaches the coordinator.
  case answer(Call, Answer)
  /// A student renews its lease.
  case heartbeat(student: Int)
  /// The coordinator ends leases; in calm weather somebody resumes what has stopped.
  case sweep
  /// A process begins anew.
  case startCoordinator
  case startStudent(Int, process: Int)
  /// Space returns.
  case space

  /// Happens by the clock alone.
  var isTick: Bool {
    switch self {
    case .heartbeat, .sweep: true
    default: false
    }
  }
}

/// An invariant that does not hold.
struct Violation: Error, CustomStringConvertible {
  let rule: String
  var description: String { rule }
}
