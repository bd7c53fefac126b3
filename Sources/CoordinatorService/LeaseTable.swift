/// Who may train, until when: pure, with time passed in.
package struct LeaseTable: Sendable {
  /// A student that offered itself.
  package struct Lease: Sendable, Hashable {
    /// Names the lease.
    package let leaseID: String
    /// Names the student's process.
    package let trainerID: String
    /// Where it listens.
    package var address: String
    /// When the lease ends, on the table's clock.
    package var end: Duration
    /// When it began, on the table's clock.
    package let begin: Duration
    /// True while a run has it.
    package var isTaken = false
    /// The run that has it.
    package var runID = ""
    /// Grows from each time that a student is given to a run to the next.
    package var token: UInt64 = 0
  }

  /// How long a lease lasts from its last renewal.
  package let term: Duration
  /// Leases in force, in the order in which they began.
  package private(set) var leases: [Lease] = []
  /// Leases that ended: not renewed in time, or a new process took the address.
  package private(set) var lostCount = 0
  private var count = 0
  private var token: UInt64
  /// When leases were looked at last.
  private var lookedAt: Duration?

  /// Makes an empty table.
  ///
  /// - Parameter tokens: A number below all tokens that are to be given.
  package init(term: Duration, tokens: UInt64 = 0) { (self.term, token) = (term, tokens) }

  /// Gives a lease. The same process gets its own back; a new process at an address ends the lease of the one before.
  ///
  /// - Returns: The lease, and the names of those that ended.
  package mutating func register(trainerID: String, address: String, now: Duration) -> (lease: Lease, ended: [String]) {
    var ended = expire(now: now)
    if let place = leases.firstIndex(where: { $0.trainerID == trainerID }) {
      leases[place].end = now + term
      leases[place].address = address
      return (leases[place], ended)
    }
    ended += leases.filter { $0.address == address }.map(\.leaseID)
    lostCount += leases.count { $0.address == address }
    leases.removeAll { $0.address == address }
    count += 1
    let lease = Lease(
      leaseID: "lease-\(count)-\(trainerID)", trainerID: trainerID, address: address, end: now + term, begin: now)
    leases.append(lease)
    return (lease, ended)
  }

  /// Moves a lease's end; false where it has ended.
  package mutating func renew(_ leaseID: String, now: Duration) -> Bool {
    guard let place = leases.firstIndex(where: { $0.leaseID == leaseID && $0.end > now }) else { return false }
    leases[place].end = now + term
    return true
  }

  /// Ends what was not renewed in time; returns the names. Is to be called once an interval, and before anything else after that.
  package mutating func look(now: Duration, interval: Duration) -> [String] {
    excuse(now: now, interval: interval)
    lookedAt = now
    return expire(now: now)
  }

  /// Lets leases last longer where nobody has looked for long: the process stood still, and renewals could not be heard.
  package mutating func excuse(now: Duration, interval: Duration) {
    guard let lookedAt else { return }
    let missed = now - lookedAt - interval
    guard missed > interval else { return }
    self.lookedAt = now
    for place in leases.indices { leases[place].end += missed }
  }

  /// Ends what was not renewed in time; returns the names.
  package mutating func expire(now: Duration) -> [String] {
    let ended = leases.filter { $0.end <= now }.map(\.leaseID)
    leases.removeAll { $0.end <= now }
    lostCount += ended.count
    return ended
  }

  /// Takes the oldest free lease, for a run.
  package mutating func take(for runID: String, now: Duration) -> Lease? {
    guard let place = leases.firstIndex(where: { !$0.isTaken && $0.end > now }) else { return nil }
    leases[place].isTaken = true
    leases[place].runID = runID
    token += 1
    leases[place].token = token
    return leases[place]
  }

  /// Gives a lease back; it goes to the end of the line, so that another student is tried first.
  package mutating func release(_ leaseID: String) {
    guard let place = leases.firstIndex(where: { $0.leaseID == leaseID }) else { return }
    var lease = leases.remove(at: place)
    (lease.isTaken, lease.runID) = (false, "")
    leases.append(lease)
  }
}
