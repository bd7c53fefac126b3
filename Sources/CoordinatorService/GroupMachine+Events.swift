extension GroupMachine {
  /// A replica that can be called.
  package struct Member: Sendable, Hashable {
    /// Names its lease.
    package let leaseID: String
    /// Where it is.
    package let address: String

    /// Names a replica.
    package init(leaseID: String, address: String) { (self.leaseID, self.address) = (leaseID, address) }
  }

  /// A group that is being formed. Becomes the group once all have joined; is given up where one cannot, or is gone.
  package struct Formation: Sendable, Hashable {
    /// Names the group.
    package let epoch: Int
    /// By rank.
    package let asked: [Member]
    /// Steps of those that have joined, by lease.
    package internal(set) var answers: [String: UInt64] = [:]
    /// Those that have not, though they are there.
    package internal(set) var refused: Set<String> = []
    /// Steps of which somebody knows what they measured.
    package internal(set) var measured: Set<UInt64> = []

    var isAnswered: Bool { asked.allSatisfy { answers[$0.leaseID] != nil || refused.contains($0.leaseID) } }
    var isComplete: Bool { refused.isEmpty && answers.count == asked.count }
  }

  /// Why a call to a replica failed.
  package enum CallFailure: Sendable, Hashable {
    /// It is gone, as far as anybody can tell.
    case lost(String)
    /// It is there, and another one is gone; or the call was given up.
    case aborted(String)
    /// It cannot do what it is asked.
    case refused(String)
    /// Nobody knows why. It is not taken for gone.
    case odd(String)

    /// Whether whoever was called is gone.
    package var isLoss: Bool { if case .lost = self { true } else { false } }
  }

  /// How long a replica has waited for the others of its group.
  package struct Silence: Sendable, Hashable {
    /// For so long nothing has come from them, and it has done nothing else. Zero: it works.
    package let time: Duration
    /// Whether it waits within an exchange; else to be asked for something.
    package let isExchanging: Bool

    /// Says how long.
    package init(time: Duration, isExchanging: Bool) { (self.time, self.isExchanging) = (time, isExchanging) }
  }

  /// What happens.
  package enum Event: Sendable, Hashable {
    /// The student was loaded, with so many steps behind it; all replicas that come load the same.
    case loaded(step: UInt64)
    /// A student has loaded, and can be called.
    case arrived(Member)
    /// One could not be reached, or could not load; `isFirst`: the one that the run begins with.
    case notArrived(Member, reason: String, isFirst: Bool)
    /// A replica's lease ended, or it is let go.
    case gone(leaseID: String, reason: String)
    /// A replica that was let go is given back.
    case released(leaseID: String)
    /// Whether another run waits that is to get a student of this one.
    case shortage(Bool)
    /// Something is to be done: the group is to be formed, if it is not whole.
    case wanted
    /// A replica is in a group that is being formed, with so many steps behind it; it knows what some of them measured. `isIncomplete`: it is
    /// not, since all that were asked together have not all of the optimizer's state, which they share out.
    case joined(epoch: Int, leaseID: String, step: UInt64, measured: [UInt64], isIncomplete: Bool = false)
    /// It is not.
    case notJoined(epoch: Int, leaseID: String, CallFailure)
    /// The others were waited for long enough, since one did not join.
    case waited(epoch: Int)
    /// A replica of a group tells how long it has waited for the others.
    case silent(epoch: Int, leaseID: String, Silence)
    /// A replica tells what a step measured.
    case measured(leaseID: String, step: UInt64)
    /// A call to a replica of the group failed.
    case failed(leaseID: String, CallFailure)
    /// The group makes no more steps as it is; whether it made one.
    case roundOver(isMade: Bool)
  }

  /// What is to be done.
  package enum Action: Sendable, Hashable {
    /// All of these are to be asked to join a group.
    case join(epoch: Int, [Member])
    /// What is left of that is to be given up.
    case giveUp(epoch: Int)
    /// All of a group have waited so long for each other in vain: what is under way with it is to be given up.
    case breakUp(epoch: Int, Duration)
    /// In a while ``Event/waited(epoch:)`` is to happen.
    case hurry(epoch: Int)
    /// The group is formed, with so many steps behind it: what the last ones measured is known, and steps can be asked for.
    case formed(epoch: Int, [Member], step: UInt64)
    /// A replica is to be let go.
    case lose(Member, reason: String, isRefused: Bool)
    /// A replica is to be given to another run.
    case giveAway(Member)
    /// What a step measured counts.
    case take(step: UInt64)
    /// The call's failure is the run's.
    case raise(String)
    /// The student as a whole cannot go on.
    case fail(Failure)
  }

  /// Why the student as a whole cannot go on.
  package struct Failure: Sendable, Hashable {
    /// One line.
    package let reason: String
    /// Whether the only replica cannot be one; else another one may do.
    package let isRefusal: Bool

    /// Says why.
    package init(reason: String, isRefusal: Bool) { (self.reason, self.isRefusal) = (reason, isRefusal) }
  }
}
