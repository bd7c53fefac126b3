internal import Synchronization

extension TrainerRegistry {
  /// A student that holds a lease.
  public struct Trainer: Sendable, Hashable {
    /// Names the process.
    public let trainerID: String
    /// Where its service listens.
    public let address: String
    /// The run that has it; empty: it is free.
    public let runID: String
    /// True while a run has it.
    public let isTaken: Bool
    /// Time until its lease ends unless renewed.
    public let remaining: Duration
    /// Time since it registered.
    public let age: Duration
  }

  /// Who is there, and who is wanted.
  public struct Census: Sendable, Hashable {
    /// Students that hold a lease, in the order in which runs get them.
    public var trainers: [Trainer]
    /// Leases that have ended so far: not renewed in time, or a new process took the address.
    public var lostLeases: Int
    /// Runs that wait for a student.
    public var waitingRuns: Int
  }

  /// Time since each lease that is in force was renewed, by its name.
  var heartbeats: [String: Duration] {
    let now = now()
    return state.withLock { state in
      Dictionary(uniqueKeysWithValues: state.table.leases.map { ($0.leaseID, now - ($0.end - term)) })
    }
  }

  /// Who is there now.
  public var census: Census {
    let now = now()
    return state.withLock { state in
      let trainers = state.table.leases.filter { $0.end > now }.map { lease in
        Trainer(
          trainerID: lease.trainerID, address: lease.address, runID: lease.runID, isTaken: lease.isTaken,
          remaining: lease.end - now, age: now - lease.begin)
      }
      return Census(
        trainers: trainers, lostLeases: state.table.lostCount, waitingRuns: state.waiting.count { !$0.isExtra })
    }
  }
}
