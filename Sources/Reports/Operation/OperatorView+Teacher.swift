extension OperatorView {
  /// A model behind the coordinator.
  public struct Teacher: Sendable {
    /// What it is called.
    public var name: String
    /// Where it is.
    public var address: String
    /// Why calls that wait for it cannot reach it; nil: none waits.
    public var waitingReason: String?
    /// Seconds that calls have waited for it in all, as it could not be reached.
    public var waitedSeconds: Double
    /// Calls that were made again.
    public var retries: Int
    /// The services behind its name.
    public var replicas: [TeacherReplica]

    /// Makes a teacher.
    public init(
      name: String, address: String, waitingReason: String?, waitedSeconds: Double = 0, retries: Int,
      replicas: [TeacherReplica] = []
    ) {
      (self.name, self.address, self.waitingReason) = (name, address, waitingReason)
      (self.waitedSeconds, self.retries, self.replicas) = (waitedSeconds, retries, replicas)
    }
  }

  /// One of the services behind a teacher's name.
  public struct TeacherReplica: Sendable {
    /// Where it is.
    public var address: String
    /// `new`, `answering`, `slow`, `away`, `left out`.
    public var state: String
    /// Why it is not asked; empty: it is.
    public var trouble: String
    /// Questions that it answered.
    public var answered: Int
    /// Questions that it has now.
    public var outstanding: Int
    /// Questions that were taken from it, since it was slow.
    public var moved: Int

    /// Makes a replica.
    public init(
      address: String, state: String, trouble: String = "", answered: Int, outstanding: Int = 0, moved: Int = 0
    ) {
      (self.address, self.state, self.trouble) = (address, state, trouble)
      (self.answered, self.outstanding, self.moved) = (answered, outstanding, moved)
    }
  }
}
