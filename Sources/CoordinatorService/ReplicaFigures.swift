/// A replica of a run's student as operators see it.
public struct ReplicaFigures: Sendable, Hashable {
  /// What a replica does.
  public enum State: String, Sendable, CaseIterable {
    /// It loads, or waits for the others to take it into their group. Becomes training, left or refused.
    case joining
    /// It shares the run's steps. Becomes joining, stalled or left.
    case training
    /// It has missed renewals of its lease. Becomes what it was where one comes, else left.
    case stalled
    /// It is gone, or works for another run. Becomes joining where it comes again.
    case left
    /// It cannot be a replica. Becomes joining when it is tried again.
    case refused

    /// Whether it is not there.
    public var isGone: Bool { self == .left || self == .refused }
  }

  /// The run.
  public let runID: String
  /// Where its service listens.
  public let address: String
  /// The lease under which it came last.
  var leaseID: String
  /// What it does.
  public internal(set) var state = State.joining
  /// Why it is gone; empty while it is there.
  public internal(set) var reason = ""
  /// Optimizer steps that its parameters have behind them, as far as it has told.
  public internal(set) var step = 0
  /// Time since it registered or renewed its lease last; nil: it is gone.
  public internal(set) var heartbeatAge: Duration?
  /// Parts of a batch that it computes.
  public internal(set) var partCount = 0
  /// Parts that a batch is cut into at most.
  public let plannedPartCount: Int
  /// Seconds of its newest step.
  public internal(set) var computeSeconds = 0.0
  /// Seconds of these in which an exchange with the others was under way; the replica may have computed meanwhile.
  public internal(set) var exchangeSeconds = 0.0

  init(runID: String, grant: TrainerRegistry.Grant, plannedPartCount: Int) {
    (self.runID, address, leaseID, self.plannedPartCount) = (runID, grant.address, grant.leaseID, plannedPartCount)
  }
}
