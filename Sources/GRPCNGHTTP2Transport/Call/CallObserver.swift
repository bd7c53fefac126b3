public import GRPCCore

/// Is told of each call of a transport, once, when its stream is gone: what it cost and how it ended.
///
///     var configuration = NGHTTP2ServerTransport.Configuration()
///     configuration.observer = MyCounters()
///
/// A transport without an observer counts nothing. With one, a call keeps plain integers of its own, and reads a clock at
/// its start, at its end, and around each wait.
public protocol CallObserver: Sendable {
  /// A call has ended. Runs on any thread, often the connection's event loop: add numbers up and return.
  func callEnded(_ report: CallReport)
}

/// What one call cost one end of it, and how it ended there.
///
/// On a client each attempt of a call is a call of its own, and the report waits for its reader. A server that goes on
/// computing after its stream is gone does so after the report.
public struct CallReport: Sendable {
  /// Which end of the call this is.
  public enum Role: String, Sendable, Hashable, CaseIterable {
    /// The end that called.
    case client
    /// The end that answered.
    case server
  }

  /// What went one way.
  public struct Traffic: Sendable, Hashable {
    /// Messages: those that the writer handed over, or that the reader took.
    public var messages = 0
    /// Bytes of these messages, before compression and without the prefixes of their lengths.
    public var messageBytes = 0
    /// Bytes of DATA that went to, or came from, the connection: prefixes and compression included, frames' heads not.
    public var wireBytes = 0
    /// Time that the writer waited because the peer took no more, or that the reader waited for a part to come.
    public var waited: Duration = .zero

    /// Makes traffic of nothing.
    public init() {}
  }

  /// The method; its `type` is nil on a server that does not serve it.
  public var method: MethodDescriptor
  /// Which end this is.
  public var role: Role
  /// The other end, as gRPC writes addresses.
  public var remotePeer: String
  /// The status that was sent or received, or that stands for the end where there was none.
  public var status: Status.Code
  /// Why the call ended.
  public var end: CallEnd
  /// From the call's begin on a connection to the end of its stream.
  public var duration: Duration
  /// Attempts before this one, as the client's `grpc-previous-rpc-attempts` says.
  public var previousAttempts: Int
  /// What this end sent.
  public var sent: Traffic
  /// What this end received.
  public var received: Traffic

  /// Makes a report of a call without traffic.
  public init(method: MethodDescriptor, role: Role, remotePeer: String, status: Status.Code, end: CallEnd) {
    (self.method, self.role, self.remotePeer, self.status, self.end) = (method, role, remotePeer, status, end)
    (duration, previousAttempts, sent, received) = (.zero, 0, Traffic(), Traffic())
  }
}

/// Why a call ended.
public enum CallEnd: String, Sendable, Hashable, CaseIterable {
  /// The server's status came through, whatever it says, but for that of a deadline.
  case completed
  /// The client left the call, or its task was cancelled.
  case cancelled
  /// The call's time was over, on either end.
  case deadlineExceeded = "deadline_exceeded"
  /// A limit refused it: streams, headers, or the size of a message.
  case refused
  /// What came was not gRPC, or not what the call allows.
  case malformed
  /// The peer reset its stream with an error.
  case reset
  /// The connection was lost or closed under it.
  case connectionLost = "connection_lost"
  /// A client found no connection to make it on.
  case unreachable
}
