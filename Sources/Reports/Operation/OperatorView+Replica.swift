extension OperatorView {
  /// A student that shares a run's steps, or did.
  public struct Replica: Sendable {
    /// The run.
    public var runID: String
    /// Where it listens.
    public var address: String
    /// `joining`, `training`, `stalled`, `left`, `refused`.
    public var state: String
    /// Why it is gone; empty while it is there.
    public var reason: String
    /// Whether it is gone.
    public var isGone: Bool
    /// Optimizer steps that it has behind it.
    public var step: Int
    /// Seconds since it was heard of; nil: it is gone.
    public var heartbeatSeconds: Double?
    /// Parts of a step's batch that it computes.
    public var partCount: Int
    /// Parts that a batch is cut into at most.
    public var plannedPartCount: Int
    /// Seconds of its newest step.
    public var computeSeconds: Double
    /// Seconds of these in which an exchange with the others was under way; the replica may have computed meanwhile.
    public var exchangeSeconds: Double

    /// Makes a replica.
    public init(
      runID: String, address: String, state: String, reason: String = "", isGone: Bool = false, step: Int,
      heartbeatSeconds: Double? = nil, partCount: Int, plannedPartCount: Int, computeSeconds: Double,
      exchangeSeconds: Double
    ) {
      (self.runID, self.address, self.state, self.reason, self.isGone) = (runID, address, state, reason, isGone)
      (self.step, self.heartbeatSeconds) = (step, heartbeatSeconds)
      (self.partCount, self.plannedPartCount) = (partCount, plannedPartCount)
      (self.computeSeconds, self.exchangeSeconds) = (computeSeconds, exchangeSeconds)
    }
  }
}
