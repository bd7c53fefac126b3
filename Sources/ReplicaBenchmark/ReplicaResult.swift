/// What was measured.
public struct ReplicaResult: Sendable, Codable {
  /// One contestant's steps; medians over the rounds, in seconds, of the replica that was last.
  public struct Contestant: Sendable, Codable {
    /// `2 replicas`.
    public var name: String
    /// Replicas, each with one thread.
    public var count: Int
    /// Of a step.
    public var seconds: Double
    /// Of the fastest step: what a machine has that others use too.
    public var fastest: Double
    /// Of its own parts.
    public var compute: Double
    /// For the others.
    public var waiting: Double
    /// Of the sum.
    public var sum: Double
    /// Of the update.
    public var update: Double
    /// Of exchanges that ended while it computed.
    public var hidden: Double
    /// On a processor, of all replicas together.
    public var processor: Double
    /// Sent and received by a replica.
    public var bytes: Int
    /// The most memory of a replica that was resident, in bytes.
    public var peakBytes: Int
    /// Steps of one replica's time over this one's, round by round; the median.
    public var speedup: Double
    /// The same of the fastest steps.
    public var fastestSpeedup: Double
    /// Of the parameters, after all rounds.
    public var digest: String
  }

  /// The calls of a group of members on this machine; in seconds, of the slowest member.
  public struct Link: Sendable, Codable {
    /// Members.
    public var count: Int
    /// A call that carries nothing.
    public var call: Double
    /// Each sends each other its share of all gradients.
    public var exchange: Double
    /// Each sends its share to all.
    public var gather: Double
  }

  /// A step that the model says and that was measured, replicas sharing this machine.
  public struct Check: Sendable, Codable {
    /// Replicas.
    public var count: Int
    /// By the model, in seconds.
    public var modelled: ScalingModel.Step
    /// The fastest, in seconds.
    public var seconds: Double
    /// Of that one, waiting and sum.
    public var exchange: Double
  }

  /// What was computed.
  public var step: ReplicaCase
  /// Of the student.
  public var parameterCount: Int
  /// Of this machine, as far as this process may use them.
  public var cores: Int
  /// Steps of each contestant that count.
  public var rounds: Int
  /// One replica, then the others.
  public var contestants: [Contestant]
  /// By number of members.
  public var links: [Link]
  /// What follows.
  public var model: ScalingModel
  /// By number of replicas.
  public var checks: [Check]

  /// Whether all contestants ended with the same parameters to the bit.
  public var isSame: Bool { Set(contestants.map(\.digest)).count == 1 }
}
