internal import NIOConcurrencyHelpers

/// What calls have cost this process, summed up by RPC and by how they ended.
///
/// One lock and one look-up per call that ends; nothing per message.
public final class CallLedger: Sendable {
  /// What sums are kept apart by.
  public struct Key: Sendable, Hashable {
    /// The RPC: `retort.v1.TeacherService/Score`; `unknown` where the server serves no such method.
    public var rpc: String
    /// `client` or `server`: which end of the calls this process was.
    public var role: String
    /// gRPC's name of the status: `OK`, `UNAVAILABLE`.
    public var code: String
    /// Why the calls ended: `completed`, `cancelled`, `connection_lost`, …
    public var cause: String
    /// Whether the client had tried before.
    public var isRetry: Bool

    /// Makes a key.
    public init(rpc: String, role: String, code: String, cause: String, isRetry: Bool) {
      (self.rpc, self.role, self.code, self.cause, self.isRetry) = (rpc, role, code, cause, isRetry)
    }
  }

  /// What went one way.
  public struct Traffic: Sendable, Hashable {
    /// Messages.
    public var messages = 0
    /// Bytes of these messages as they are encoded.
    public var messageBytes = 0
    /// Bytes on the connection: prefixes and compression included.
    public var wireBytes = 0
    /// Time spent waiting: for the peer to take more, or for it to send something. Seconds.
    public var waitSeconds = 0.0

    /// Makes the traffic of nothing.
    public init() {}

    static func += (sum: inout Traffic, other: Traffic) {
      sum.messages += other.messages
      sum.messageBytes += other.messageBytes
      sum.wireBytes += other.wireBytes
      sum.waitSeconds += other.waitSeconds
    }
  }

  /// What calls of one key cost.
  public struct Sum: Sendable, Hashable {
    /// Calls.
    public var calls = 0
    /// What this process sent.
    public var sent = Traffic()
    /// What it received.
    public var received = Traffic()

    /// Makes the sum of nothing.
    public init() {}
  }

  private struct State {
    var sums: [Key: Sum] = [:]
    var durations: [Line: DurationHistogram] = [:]
  }

  /// What histograms of durations are kept apart by.
  struct Line: Hashable {
    let rpc: String
    let role: String
  }

  private let state = NIOLockedValueBox(State())

  /// Makes an empty ledger.
  public init() {}

  /// Adds one call that has ended.
  public func add(_ key: Key, seconds: Double, sent: Traffic, received: Traffic) {
    state.withLockedValue { state in
      state.sums[key, default: Sum()].add(sent, received)
      state.durations[Line(rpc: key.rpc, role: key.role), default: DurationHistogram()].add(seconds)
    }
  }

  /// The sums so far.
  public var sums: [Key: Sum] { state.withLockedValue { $0.sums } }

  var durations: [Line: DurationHistogram] { state.withLockedValue { $0.durations } }
}

extension CallLedger.Sum {
  fileprivate mutating func add(_ sent: CallLedger.Traffic, _ received: CallLedger.Traffic) {
    calls += 1
    self.sent += sent
    self.received += received
  }
}
